import { controllerOf, type ObjectMeta } from "../pipelines/object-meta.ts";
import type { OwnerRef } from "./running-container.ts";

/** Any object that may stand in a chain of owners. */
export type Owned = { readonly kind: string; readonly meta: ObjectMeta };

/** Deployments stand at two, pipelines at three; a chain longer than this is made to be long. */
const CHAIN_MAX = 16;
/** Ends a chain whose next owner is not known, or is in it already. */
const ORPHANED = "orphaned";

/** The controllers above an object, by uid, from its own up to the last one that is known. */
export function ownerChain(byUid: ReadonlyMap<string, Owned>, start: ObjectMeta): readonly OwnerRef[] {
  const chain: OwnerRef[] = [];
  let meta: ObjectMeta | undefined = start;
  while (meta && chain.length < CHAIN_MAX) {
    const owner = controllerOf(meta);
    if (!owner) return chain;
    if (chain.some(({ uid }) => uid === owner.uid)) break;
    chain.push({ kind: owner.kind, name: owner.name, uid: owner.uid });
    meta = byUid.get(owner.uid)?.meta;
  }
  return [...chain, { kind: ORPHANED, name: "", uid: "" }];
}

/** Whether the chain breaks off before its end. */
export function isOrphaned(owners: readonly OwnerRef[]): boolean {
  return owners.at(-1)?.kind === ORPHANED;
}

/** The last known owner: what a person deploys. */
export function topOwner(owners: readonly OwnerRef[]): OwnerRef | undefined {
  return owners.findLast(({ kind }) => kind !== ORPHANED);
}
