import type { Parsed } from "../parsed.ts";
import type { NotationAuthority } from "../policy/trust-policy.ts";
import { readRules, type NotationRules, type RulesCode } from "./rules.ts";

/**
 * The rules of a Notation authority of our own trust policy (trust-policy chapter §1.3). Stores may be named without
 * their kind: `acme` is `ca:acme`, and of `tsaStores` `tsa:acme`. `revocation` is one of the overrides.
 */
export function rulesOfAuthority(name: string, authority: NotationAuthority): Parsed<NotationRules, RulesCode> {
  const { level, overrides, trustStores, tsaStores, identities, verifyTimestamp, revocation } = authority;
  return readRules({
    name,
    level,
    overrides: level === "skip" ? overrides : { revocation, ...overrides },
    stores: [...trustStores.map((store) => named(store, "ca")), ...tsaStores.map((store) => named(store, "tsa"))],
    identities,
    verifyTimestamp,
  });
}

function named(store: string, type: "ca" | "tsa"): string {
  return store.includes(":") ? store : `${type}:${store}`;
}
