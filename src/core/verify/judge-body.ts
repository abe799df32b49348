import type { Bundle, TlogEntry } from "../bundle/bundle.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { hashBytes } from "../digest.ts";
import { decodeEntryBody } from "../entry/decode-entry.ts";
import type { EntryDigest, EntrySigner } from "../entry/decoded-entry.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { fitsKeyDetails } from "../trust/import-key.ts";
import type { MeasuredArtifact } from "./artifact.ts";
import type { Signer } from "./judge-signer.ts";
import type { VerifyReason } from "./reason.ts";

/** What a log entry must agree with. */
export type EntryContext = {
  readonly content: Bundle["content"];
  /** Of an envelope: what was signed. Not looked at for a message. */
  readonly pae: Uint8Array;
  readonly artifact: MeasuredArtifact;
  readonly signer: Signer;
};

/**
 * Step 17: the log entry is about this signature, by this signer, over this content. Without it a valid entry of any
 * other signature would do (GHSA-whqx-f9j3-ch6m).
 */
export function judgeBody(entry: TlogEntry, context: EntryContext): Parsed<undefined, VerifyReason> {
  const body = decodeEntryBody(entry.canonicalizedBody);
  // A body that cannot be read names no kind; then its own problem says more than a mismatch.
  if (body.kind !== "" && (body.kind !== entry.kind || body.apiVersion !== entry.apiVersion)) {
    return malformed(
      "entry-kind-mismatch",
      `${entry.kind}/${entry.apiVersion} outside, ${body.kind}/${body.apiVersion} inside`,
    );
  }
  if (!body.parsed) return malformed(body.problem.code, `the entry's body: ${body.problem.detail}`);
  const name = `${body.kind}/${body.apiVersion}`;
  if (!body.signers.some((signer) => isSigner(signer, name, context))) {
    return malformed("entry-body-mismatch", "the log holds another signature, or another signer");
  }
  return judgeDigests(name, body.digests, context);
}

/** `intoto/0.0.1` holds no signature; the hash of the stored envelope, in which the signature is, stands for it. */
function isSigner({ signature, verifier }: EntrySigner, name: string, { content, signer }: EntryContext): boolean {
  if (signature ? !sameBytes(signature, content.signature) : name !== "intoto/0.0.1") return false;
  if (verifier.keyDetails !== undefined && !fitsKeyDetails(signer.key, verifier.keyDetails)) return false;
  if (signer.kind === "certificate") return verifier.kind === "certificate" && sameBytes(verifier.der, signer.leaf.der);
  return verifier.kind === "public-key" && sameBytes(verifier.der, signer.key.spki);
}

/** Kinds whose entries can be about a message, or about an envelope; the role is that of the digest to compare. */
const ABOUT: Readonly<Record<string, { readonly message?: EntryDigest["role"]; readonly dsse?: EntryDigest["role"] }>> =
  {
    "hashedrekord/0.0.1": { message: "data" },
    "hashedrekord/0.0.2": { message: "data", dsse: "data" },
    "dsse/0.0.1": { dsse: "payload" },
    "dsse/0.0.2": { dsse: "payload" },
    "intoto/0.0.2": { dsse: "payload" },
    "intoto/0.0.1": { dsse: "envelope" },
  };

function judgeDigests(
  name: string,
  digests: readonly EntryDigest[],
  context: EntryContext,
): Parsed<undefined, VerifyReason> {
  const role = ABOUT[name]?.[context.content.kind];
  const digest = digests.find((candidate) => candidate.role === role);
  if (!digest) return malformed("entry-body-mismatch", `an entry of kind ${name} does not stand for this content`);
  const expected = expectedDigest(digest, context);
  if (!expected) return malformed("artifact-required", `the entry holds a ${digest.algorithm} digest, to compare with`);
  return sameBytes(expected, digest.bytes)
    ? parsed(undefined)
    : malformed("entry-body-mismatch", "the log holds the digest of another content");
}

function expectedDigest({ role, algorithm }: EntryDigest, context: EntryContext): Uint8Array | undefined {
  const { content, pae, artifact } = context;
  if (content.kind === "message") return artifact.digest(algorithm);
  const hashed = role === "data" ? pae : role === "payload" ? content.payload : content.envelope;
  return hashed && hashBytes(algorithm, hashed);
}
