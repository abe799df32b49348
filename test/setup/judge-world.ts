import { bug } from "../../src/core/bug.ts";
import type { Bundle, TlogEntry } from "../../src/core/bundle/bundle.ts";
import { importPublicKey, type PublicKey } from "../../src/core/crypto/public-key.ts";
import { hashBytes, sha256 } from "../../src/core/digest.ts";
import type { CompiledTrust } from "../../src/core/trust/compiled-trust.ts";
import type { Artifact } from "../../src/core/verify/artifact.ts";
import { judgeEvidence, type Judgement } from "../../src/core/verify/judge-evidence.ts";
import type { VerifyPolicy } from "../../src/core/verify/policy.ts";
import {
  ARTIFACT,
  bodies,
  IDENTITY,
  keys,
  leaf,
  makeLeaf,
  makeNote,
  makeProof,
  messageBundle,
  REKOR2,
  rekor2Entry,
  stamp,
  statementBundle,
  trusting,
} from "./bundle-world.ts";
import { basicConstraints, keyUsage, makeCertificate, newPair } from "./make-certificate.ts";

/** One change to what passes. */
export type Change = {
  readonly bundle?: Bundle;
  readonly artifact?: Artifact;
  readonly trust?: CompiledTrust;
  readonly policy?: VerifyPolicy;
};

export const TRUST = trusting();
export const POLICY: VerifyPolicy = { identity: IDENTITY };
export const BYTES: Artifact = { kind: "bytes", bytes: ARTIFACT };
export const KEY = imported(keys.leaf.spki);
export const BY_KEY: VerifyPolicy = { key: KEY };
export const m1 = messageBundle("rekor1");
export const m2 = messageBundle("rekor2");
export const s1 = statementBundle("rekor1");
export const s2 = statementBundle("rekor2");
export const entryOf = (bundle: Bundle): TlogEntry => bundle.entries[0] ?? bug("no entry");
export const proofOf = (bundle: Bundle): NonNullable<TlogEntry["inclusionProof"]> =>
  entryOf(bundle).inclusionProof ?? bug("no proof");
export const withEntry = (bundle: Bundle, change: Partial<TlogEntry>): Bundle => ({
  ...bundle,
  entries: [{ ...entryOf(bundle), ...change }],
});
export const withProof = (bundle: Bundle, change: Partial<NonNullable<TlogEntry["inclusionProof"]>>): Bundle =>
  withEntry(bundle, { inclusionProof: { ...proofOf(bundle), ...change } });
export const withoutSet = (bundle: Bundle): Bundle => {
  const { signedEntryTimestamp: _, ...entry } = entryOf(bundle);
  return { ...bundle, entries: [entry] };
};
/** The same evidence for another certificate. */
export const signedBy = (certificate: typeof leaf, version: Bundle["version"] = "0.3"): Bundle => ({
  ...messageBundle("rekor1", certificate),
  version,
});
export const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte));
export const digest = (algorithm: "sha256" | "sha384", of: Uint8Array = ARTIFACT): Artifact => ({
  kind: "digest",
  digest: { algorithm, bytes: hashBytes(algorithm, of) },
});

export function imported(spki: Uint8Array): PublicKey {
  const key = importPublicKey(spki);
  return key.ok ? key.value : bug(key.detail);
}

export function judge({ bundle = m1, artifact = BYTES, trust = TRUST, policy = POLICY }: Change): Judgement {
  return judgeEvidence(bundle, artifact, trust, policy);
}

export function reasonOf(change: Change): string {
  const { verdict } = judge(change);
  return verdict.kind === "fail" ? verdict.reasons[0].reason : verdict.kind;
}

export function withoutProof(entry: TlogEntry): TlogEntry {
  const { inclusionProof: _, ...rest } = entry;
  return rest;
}

export function withChain(chain: readonly Uint8Array[]): Bundle {
  return { ...m1, version: "0.1", key: { kind: "certificate", leaf: leaf.der, chain } };
}

/** The checkpoint of a bundle's proof, its text signed by one key in one name. */
export function resigned(bundle: Bundle, key: typeof keys.other, id: Uint8Array, name: string): string {
  const [text = ""] = (proofOf(bundle).checkpoint ?? "").split("\n\n");
  return makeNote(`${text}\n`, [{ name, id, key }]);
}

export function cosigned(): string {
  const [text = ""] = (proofOf(m2).checkpoint ?? "").split("\n\n");
  return makeNote(`${text}\n`, [
    { name: "witness.example", id: sha256(keys.other.spki), key: keys.other },
    { name: "rekor2.example", id: REKOR2.logId, key: keys.rekor2 },
  ]);
}

export function proofOfOther(): NonNullable<TlogEntry["inclusionProof"]> {
  const line = { name: "rekor2.example", id: REKOR2.logId, key: keys.rekor2 };
  const proof = makeProof(entryOf(m1).canonicalizedBody, "rekor2.example", [line]);
  return { ...proof, logIndex: 1 };
}

export function bothLogs(): Bundle {
  return {
    ...m1,
    entries: [entryOf(m1), rekor2Entry(bodies.hashedrekord2(m1.content.signature))],
    timestamps: [stamp(m1.content.signature)],
  };
}

/** A private CA below the one that is trusted, which only the bundle brings. */
export function viaIntermediate(signer = keys.ca, extensions = [basicConstraints(0), keyUsage(32)]): Bundle {
  const key = newPair();
  const intermediate = makeCertificate({
    key,
    subject: "below",
    issuer: { key: signer, subject: "ca" },
    extensions,
    notBefore: "2025-12-01T00:00:00Z",
    notAfter: "2026-02-01T00:00:00Z",
  });
  const below = makeLeaf({ request: { issuer: { key, subject: "below" } } });
  return { ...signedBy(below, "0.1"), key: { kind: "certificate", leaf: below.der, chain: [intermediate.der] } };
}

export function withoutCheckpoint(entry: TlogEntry): TlogEntry {
  const { checkpoint: _, ...inclusionProof } = entry.inclusionProof ?? bug("no proof");
  return { ...entry, inclusionProof };
}
