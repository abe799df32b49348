import { toHex } from "../../bytes/hex.ts";
import type { Authority } from "../trust-policy.ts";
import type { ImportBook, ImportLoss } from "./imported.ts";

/** More than this and the rest is noise. */
const LOSSES_MAX = 2000;

/** Opens the book of one import. */
export function openBook(): ImportBook {
  const authorities = new Map<string, Authority>();
  const names = new Map<string, string>();
  const losses = new Map<string, ImportLoss>();
  return {
    authority: (wish, authority) => {
      const key = authorityKey(authority);
      const known = names.get(key);
      if (known !== undefined) return known;
      const name = freeName(wish, (taken) => authorities.has(taken));
      names.set(key, name);
      authorities.set(name, authority);
      return name;
    },
    loss: (where, draft) => {
      const id = `${where.replaceAll(/[^A-Za-z0-9.-]+/g, "-")}/${draft.field}`;
      const key = `${id} ${draft.effect}`;
      if (losses.size < LOSSES_MAX) losses.set(key, { ...draft, id, where });
    },
    authorities: () => Object.fromEntries(authorities),
    losses: () => [...losses.values()],
  };
}

/** A name that policies allow, made of one that somebody chose. */
export function freeName(wish: string, isTaken: (name: string) => boolean): string {
  const plain = wish
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replaceAll(/^-+|-+$/g, "");
  const base = plain === "" ? "unnamed" : plain;
  let name = base;
  for (let i = 2; isTaken(name); i++) name = `${base}-${i}`;
  return name;
}

function authorityKey(authority: Authority): string {
  return JSON.stringify(authority, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}
