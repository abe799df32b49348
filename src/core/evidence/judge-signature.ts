import { readBundle } from "../bundle/read.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parseHex } from "../bytes/hex.ts";
import { ecPoint, importPublicKey, type PublicKey } from "../crypto/public-key.ts";
import { readStatement } from "../dsse/statement.ts";
import { decodeEntry } from "../entry/decode-entry.ts";
import type { DecodedEntry, EntrySigner } from "../entry/decoded-entry.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import type { Artifact, PrehashCheck } from "../verify/artifact.ts";
import type { ProvenTime } from "../verify/facts.ts";
import { judgeEvidence } from "../verify/judge-evidence.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { failed, passed, undecided, type EvidenceCheck } from "./evidence-report.ts";

/** Who signed, how well that is shown, and the times that others vouch for. */
export type JudgedSignature = {
  readonly check: EvidenceCheck;
  readonly leaf?: Certificate;
  readonly times: readonly ProvenTime[];
};

/**
 * Judges the signature of an event: with its bundle by the whole verification procedure, else over the digest in the entry.
 * An envelope's signature is over what the log has only a hash of, so without the bundle it stays undecided.
 */
export function judgeSignature(
  body: Uint8Array,
  bundle: Uint8Array | undefined,
  trust: CompiledTrust,
  verifyPrehashed: PrehashCheck,
): JudgedSignature {
  const entry = decodeEntry(body);
  const [signer] = entry.parsed ? entry.signers : [];
  if (!entry.parsed || !signer) {
    return { check: undecided("signature", "entry-unparsed", "the entry cannot be read"), times: [] };
  }
  const certificate = signer.verifier.kind === "certificate" ? parseCertificate(signer.verifier.der) : undefined;
  const leaf = certificate?.ok ? certificate.value : undefined;
  const judged = bundle
    ? judgeBundle(bundle, body, trust, verifyPrehashed)
    : { check: judgeEntry(entry, verifyPrehashed), times: [] };
  return { ...judged, ...(leaf && { leaf }) };
}

function judgeEntry(
  { kind, signers, digests }: Extract<DecodedEntry, { parsed: true }>,
  verifyPrehashed: PrehashCheck,
): EvidenceCheck {
  const data = digests.find(({ role, algorithm }) => role === "data" && algorithm === "sha256");
  const [signer] = signers;
  return data && signer?.signature && signers.length === 1
    ? judgeDigest(signer, data.bytes, verifyPrehashed)
    : undecided("signature", "bundle-missing", `the log has only a hash of what the ${kind} entry's signature is over`);
}

function judgeDigest(
  { signature, verifier }: EntrySigner,
  digest: Uint8Array,
  verifyPrehashed: PrehashCheck,
): EvidenceCheck {
  const key = keyOf(verifier);
  const point = key && ecPoint(key);
  if (!point || !signature) {
    return undecided("signature", "key-form", "a signature by such a key cannot be verified with the digest alone");
  }
  return verifyPrehashed({ ...point, digest, signature })
    ? passed("signature", "the key in the entry signed the digest in the entry")
    : failed("signature", "signature", "the key in the entry did not sign the digest in the entry");
}

function keyOf(verifier: EntrySigner["verifier"]): PublicKey | undefined {
  if (verifier.kind === "public-key") {
    const key = importPublicKey(verifier.der);
    return key.ok ? key.value : undefined;
  }
  const certificate = parseCertificate(verifier.der);
  const key = certificate.ok ? certificate.value.key() : certificate;
  return key.ok ? key.value : undefined;
}

/** The whole procedure, of anybody's identity: whose it is, is told, not judged. */
function judgeBundle(
  bytes: Uint8Array,
  body: Uint8Array,
  trust: CompiledTrust,
  verifyPrehashed: PrehashCheck,
): JudgedSignature {
  const bundle = readBundle(bytes);
  if (!bundle.ok) return { check: failed("signature", bundle.code, bundle.detail), times: [] };
  if (!bundle.value.entries.some(({ canonicalizedBody }) => sameBytes(canonicalizedBody, body))) {
    return { check: failed("signature", "entry-mismatch", "the bundle is of another log entry"), times: [] };
  }
  const artifact = artifactOf(bundle.value, body, verifyPrehashed);
  if (!artifact.ok) return { check: undecided("signature", artifact.code, artifact.detail), times: [] };
  const { verdict, facts } = judgeEvidence(bundle.value, artifact.value, trust, { identity: () => true });
  const { times } = facts;
  if (verdict.kind === "pass") {
    return { check: passed("signature", "the bundle verifies, with the proofs that are in it"), times };
  }
  const [finding] = verdict.kind === "fail" ? verdict.reasons : [];
  return { check: failed("signature", finding?.reason ?? "unknown", finding?.detail ?? "not decided"), times };
}

/** What the bundle says it is about: the question here is whether it is signed, not what for. */
function artifactOf(bundle: Bundle, body: Uint8Array, verifyPrehashed: PrehashCheck): Parsed<Artifact> {
  const { content } = bundle;
  if (content.kind === "message") {
    const entry = decodeEntry(body);
    const data = entry.parsed ? entry.digests.find(({ role }) => role === "data") : undefined;
    return data
      ? parsed({ kind: "digest", digest: { algorithm: data.algorithm, bytes: data.bytes }, verifyPrehashed })
      : malformed("entry-unparsed", "the entry names no digest");
  }
  const statement = readStatement(content.payload);
  const hex = statement.ok ? statement.value.subjects.map(({ digests }) => digests["sha256"])[0] : undefined;
  const bytes = hex === undefined ? undefined : parseHex(hex);
  return bytes
    ? parsed({ kind: "digest", digest: { algorithm: "sha256", bytes } })
    : malformed("statement-subject", "the statement names no subject by SHA-256");
}
