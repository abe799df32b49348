import { authoritiesOf } from "../read/judge-signers.ts";
import type { ImageFamily } from "../trust-policy.ts";
import type { ImportBook, Imported } from "./imported.ts";

/** Closes an import: families with the authorities they name; what no family has is denied. */
export function toPolicy(families: readonly ImageFamily[], book: ImportBook): Imported {
  const used = new Set(families.flatMap(({ require }) => authoritiesOf(require)));
  const authorities = Object.entries(book.authorities()).filter(([name]) => used.has(name));
  return {
    policy: {
      name: "imported",
      unmatched: { kind: "deny" },
      pin: "mutate",
      enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
      families,
      authorities: Object.fromEntries(authorities),
      limits: {},
    },
    losses: book.losses(),
  };
}
