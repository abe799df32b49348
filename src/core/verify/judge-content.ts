import type { BundleContent } from "../bundle/bundle.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { ecPoint, hashOf, verifySignature, type PublicKey } from "../crypto/public-key.ts";
import type { HashName } from "../digest.ts";
import { STATEMENT_PAYLOAD_TYPE } from "../dsse/statement.ts";
import { quote } from "../json/fields.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { MeasuredArtifact } from "./artifact.ts";
import type { ContentReason } from "./reason.ts";

type Message = Extract<BundleContent, { kind: "message" }>;

/** Steps 15 and 16 for an envelope: its payload is a statement, and the signature is over its PAE. */
export function judgeEnvelope(
  { payloadType, signature }: Extract<BundleContent, { kind: "dsse" }>,
  pae: Uint8Array,
  key: PublicKey,
): Parsed<undefined, ContentReason> {
  if (payloadType !== STATEMENT_PAYLOAD_TYPE) {
    return malformed("dsse-payload-type", `the payload is of type ${quote(payloadType)}`);
  }
  return verifySignature(key, pae, signature, { allowSha256Compat: true })
    ? parsed(undefined)
    : malformed("signature", "the envelope is not signed with the signer's key");
}

/** Step 15 for a message: the digest beside the signature is no other than the artifact's, and the signature is good. */
export function judgeMessage(
  message: Message,
  artifact: MeasuredArtifact,
  key: PublicKey,
): Parsed<undefined, ContentReason> {
  const { digest, signature } = message;
  const measured = digest && artifact.digest(digest.algorithm);
  if (digest && measured && !sameBytes(measured, digest.bytes)) {
    return malformed("message-digest-mismatch", "the bundle is about another artifact");
  }
  const given = artifact.artifact;
  if (given.kind === "digest") return judgePrehashed(signature, artifact, key);
  return verifySignature(key, given.bytes, signature, { allowSha256Compat: true })
    ? parsed(undefined)
    : malformed("signature", "the artifact is not signed with the signer's key");
}

/** With a digest alone: ECDSA can be verified over it, when it is the digest that was signed. */
function judgePrehashed(
  signature: Uint8Array,
  { artifact, digest }: MeasuredArtifact,
  key: PublicKey,
): Parsed<undefined, ContentReason> {
  const verifyPrehashed = artifact.kind === "digest" ? artifact.verifyPrehashed : undefined;
  const point = ecPoint(key);
  const digests = signableDigests(key).flatMap((algorithm) => digest(algorithm) ?? []);
  if (!verifyPrehashed || !point || digests.length === 0) {
    return malformed(
      "artifact-required",
      `a signature by a key of kind ${key.alg} cannot be verified with this digest`,
    );
  }
  return digests.some((bytes) => verifyPrehashed({ ...point, digest: bytes, signature }))
    ? parsed(undefined)
    : malformed("signature", "the artifact is not signed with the signer's key");
}

/** The hash that goes with the key, then SHA-256, with which larger curves were used too. */
function signableDigests(key: PublicKey): readonly HashName[] {
  if (key.alg === "ed25519" || key.alg === "rsa") return [];
  const own = hashOf(key.alg);
  return own === "sha256" ? [own] : [own, "sha256"];
}
