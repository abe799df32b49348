import { parseUtf8 } from "../../bytes/utf8.ts";
import type { JsonValue } from "../../json/json.ts";
import { toHexDigest, toMembers, toPemVerifier, toSignature, toSignatures, type BodyReading } from "../body.ts";
import type { EntryDigest } from "../decoded-entry.ts";
import type { EntryKind } from "../entry-kind.ts";

/** Rekor v1 (rekor `pkg/types/intoto/v0.0.2`): the envelope without its payload, perhaps with fewer signatures than were sent. */
export const intoto2: EntryKind = {
  kind: "intoto",
  apiVersion: "0.0.2",
  decode: (reading, spec) => {
    const content = toMembers(reading, spec["content"], "spec.content");
    const envelope = toMembers(reading, content["envelope"], "spec.content.envelope");
    return {
      signers: toSignatures(reading, envelope["signatures"]).map((value) => {
        const signer = toMembers(reading, value, "spec.content.envelope.signatures[]");
        return {
          signature: toTwiceEncoded(reading, signer["sig"]),
          verifier: toPemVerifier(reading, signer["publicKey"]),
        };
      }),
      digests: toDigests(reading, content["payloadHash"], content["hash"]),
      flags: [],
    };
  },
};

/** Rekor v1, legacy (rekor `pkg/types/intoto/v0.0.1`): a key and hashes, no signature; of the payload only in later entries. */
export const intoto1: EntryKind = {
  kind: "intoto",
  apiVersion: "0.0.1",
  decode: (reading, spec) => {
    const content = toMembers(reading, spec["content"], "spec.content");
    return {
      signers: [{ verifier: toPemVerifier(reading, spec["publicKey"]) }],
      digests: toDigests(reading, content["payloadHash"], content["hash"]),
      flags: [],
    };
  },
};

/** The base64 of the base64 of a signature: the server encodes what the client had encoded already. */
function toTwiceEncoded(reading: BodyReading, value: JsonValue | undefined): Uint8Array {
  const inner = parseUtf8(toSignature(reading, value));
  if (inner === undefined) reading.refuse("base64", "the signature is not the base64 of base64");
  return toSignature(reading, inner);
}

function toDigests(
  reading: BodyReading,
  payloadHash: JsonValue | undefined,
  envelopeHash: JsonValue | undefined,
): readonly EntryDigest[] {
  return [
    ...(payloadHash === undefined ? [] : [toHexDigest(reading, payloadHash, "payload")]),
    ...(envelopeHash === undefined ? [] : [toHexDigest(reading, envelopeHash, "envelope")]),
  ];
}
