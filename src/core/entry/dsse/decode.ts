import {
  toHexDigest,
  toMembers,
  toPemVerifier,
  toProtoDigest,
  toSignature,
  toSignatures,
  toVerifier,
} from "../body.ts";
import type { EntryKind } from "../entry-kind.ts";

/** Rekor v1 (rekor `pkg/types/dsse/v0.0.1`). The envelope's hash is of the text the client sent, which nobody can rebuild. */
export const dsse1: EntryKind = {
  kind: "dsse",
  apiVersion: "0.0.1",
  decode: (reading, spec) => ({
    signers: toSignatures(reading, spec["signatures"]).map((value) => {
      const signer = toMembers(reading, value, "spec.signatures[]");
      return {
        signature: toSignature(reading, signer["signature"]),
        verifier: toPemVerifier(reading, signer["verifier"]),
      };
    }),
    digests: [
      toHexDigest(reading, spec["payloadHash"], "payload"),
      toHexDigest(reading, spec["envelopeHash"], "envelope"),
    ],
    flags: [],
  }),
};

/** Rekor v2 before 2.3 (rekor-tiles `dsse.proto`); no longer written, still in the trees. */
export const dsse2: EntryKind = {
  kind: "dsse",
  apiVersion: "0.0.2",
  decode: (reading, spec) => {
    const early = spec["dsseV0_0_2"];
    const entry = toMembers(reading, spec["dsseV002"] ?? early, "spec.dsseV002");
    return {
      signers: toSignatures(reading, entry["signatures"]).map((value) => {
        const signer = toMembers(reading, value, "signatures[]");
        return {
          signature: toSignature(reading, signer["content"]),
          verifier: toVerifier(reading, signer["verifier"]),
        };
      }),
      digests: [toProtoDigest(reading, entry["payloadHash"], "payload")],
      flags: early === undefined ? [] : ["early-spec-key"],
    };
  },
};
