import { readStore } from "../../adapters/notation/trust-files.ts";
import type { StoresInForce } from "../../capabilities/admit/policy-in-force.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { rulesOfAuthority } from "../../core/notation/authority-rules.ts";
import { compileNotationTrust, type StoredCertificate } from "../../core/notation/trust.ts";
import type { Authority, NotationAuthority } from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config } from "../config/config.ts";
import { keepGood } from "./keep-good.ts";

type Authorities = Readonly<Record<string, Authority>>;

/** Reads the trust stores of a policy's Notation authorities; those that cannot be had are left out. */
export type ReadStores = (authorities: Authorities, now: UnixMs) => Promise<ReadonlyMap<string, StoresInForce>>;

/** How long a store is good for without another look at its folder. */
const FRESH_MS = 10_000;

/**
 * Reads trust stores by the names of the configuration, and keeps the last good one of each. One that is empty or gone
 * is not kept: who takes the anchors out of a store no longer trusts them. `onFault` hears of each failure, once.
 */
export function storeReader(
  { notation }: Pick<Config, "notation">,
  onFault: (store: string, fault: Fault) => void,
): ReadStores {
  const readStores = keepGood<readonly StoredCertificate[]>({
    read: async (name) => {
      const store = notation.trustStores.find((known) => known.name === name);
      if (!store) return undefined;
      const { certificates } = await readStore(store, "within");
      const trust = compileNotationTrust(certificates);
      if (!trust.ok) throw new Fault("notation.store-invalid", trust.detail);
      return certificates;
    },
    freshMs: FRESH_MS,
    onFault,
    isEnd: ({ id }) => id === "notation.store-missing",
  });
  return async (authorities, now) => {
    const notations = Object.entries(authorities).flatMap(([name, authority]) =>
      authority.kind === "notation" ? [{ name, authority }] : [],
    );
    const stores = await readStores([...new Set(notations.flatMap(({ authority }) => storesOf(authority)))], now);
    return new Map(
      notations.flatMap(({ name, authority }) => {
        const trust = trustOf(name, authority, stores);
        return trust ? [[name, trust]] : [];
      }),
    );
  };
}

function storesOf({ trustStores, tsaStores }: NotationAuthority): readonly string[] {
  return [...trustStores, ...tsaStores];
}

/** All of its stores, or nothing: with less trust than the policy names nothing is judged. */
function trustOf(
  name: string,
  authority: NotationAuthority,
  stores: ReadonlyMap<string, readonly StoredCertificate[]>,
): StoresInForce | undefined {
  const certificates = storesOf(authority).flatMap((store) => stores.get(store) ?? []);
  const isWhole =
    authority.trustStores.every((store) => isOf(stores.get(store), ["ca", "signingAuthority"])) &&
    authority.tsaStores.every((store) => isOf(stores.get(store), ["tsa"]));
  const rules = rulesOfAuthority(name, authority);
  const anchors = compileNotationTrust(certificates);
  if (!isWhole || !rules.ok || !anchors.ok) return undefined;
  const named = certificates.map(({ store, der }) => `${store.type}:${store.name}:${toHex(sha256(der))}`);
  return { rules: rules.value, anchors: anchors.value, hash: toHex(sha256(toUtf8(named.toSorted().join(" ")))) };
}

function isOf(certificates: readonly StoredCertificate[] | undefined, types: readonly string[]): boolean {
  return certificates?.every(({ store }) => types.includes(store.type)) === true;
}
