import { hashBytes, type HashName } from "../digest.ts";

/** What the signature is said to be about. */
export type Artifact =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly kind: "digest";
      readonly digest: { readonly algorithm: HashName; readonly bytes: Uint8Array };
      /** Needed only for signatures over the artifact itself: those over an envelope are checked without. */
      readonly verifyPrehashed?: PrehashCheck;
    };

/** ECDSA over a digest, which node:crypto cannot do; the port `prehash-verifier` has the same shape. */
export type PrehashCheck = (input: {
  readonly curve: "P-256" | "P-384";
  readonly point: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}) => boolean;

/** An artifact whose digests are computed when asked for, each once: an artifact may be gigabytes. */
export type MeasuredArtifact = {
  readonly artifact: Artifact;
  /** `undefined` when only the digest of another algorithm is known. */
  readonly digest: (algorithm: HashName) => Uint8Array | undefined;
};

export function measureArtifact(artifact: Artifact): MeasuredArtifact {
  if (artifact.kind === "digest") {
    const { algorithm, bytes } = artifact.digest;
    return { artifact, digest: (asked) => (asked === algorithm ? bytes : undefined) };
  }
  const known = new Map<HashName, Uint8Array>();
  const digest = (algorithm: HashName): Uint8Array => {
    const found = known.get(algorithm) ?? hashBytes(algorithm, artifact.bytes);
    known.set(algorithm, found);
    return found;
  };
  return { artifact, digest };
}
