import { toHexDigest, toMembers, toPemVerifier, toProtoDigest, toSignature, toVerifier } from "../body.ts";
import type { EntryKind } from "../entry-kind.ts";

/** Rekor v1 (rekor `pkg/types/hashedrekord/v0.0.1`). */
export const hashedrekord1: EntryKind = {
  kind: "hashedrekord",
  apiVersion: "0.0.1",
  decode: (reading, spec) => {
    const signature = toMembers(reading, spec["signature"], "spec.signature");
    const publicKey = toMembers(reading, signature["publicKey"], "spec.signature.publicKey");
    const data = toMembers(reading, spec["data"], "spec.data");
    return {
      signers: [
        {
          signature: toSignature(reading, signature["content"]),
          verifier: toPemVerifier(reading, publicKey["content"]),
        },
      ],
      digests: [toHexDigest(reading, data["hash"], "data")],
      flags: [],
    };
  },
};

/** Rekor v2 (rekor-tiles `hashedrekord.proto`), of an artifact, or of the PAE of an envelope. */
export const hashedrekord2: EntryKind = {
  kind: "hashedrekord",
  apiVersion: "0.0.2",
  decode: (reading, spec) => {
    const early = spec["hashedRekordV0_0_2"];
    const entry = toMembers(reading, spec["hashedRekordV002"] ?? early, "spec.hashedRekordV002");
    const signature = toMembers(reading, entry["signature"], "signature");
    return {
      signers: [
        {
          signature: toSignature(reading, signature["content"]),
          verifier: toVerifier(reading, signature["verifier"]),
        },
      ],
      digests: [toProtoDigest(reading, entry["data"], "data")],
      flags: early === undefined ? [] : ["early-spec-key"],
    };
  },
};
