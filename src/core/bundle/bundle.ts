/**
 * One signature with the evidence for it, as a value: what every bundle version, and Cosign's older detached
 * layouts, are read into, so that there is one judge (sigstore protobuf-specs, `sigstore_bundle.proto`).
 *
 * Bytes are decoded and bounded, nothing in here is verified.
 */
export type Bundle = {
  readonly version: BundleVersion;
  readonly key: BundleKey;
  readonly entries: readonly TlogEntry[];
  /** RFC 3161 `TimeStampResp`, DER, one each. */
  readonly timestamps: readonly Uint8Array[];
  readonly content: BundleContent;
};

/** `detached`: read from a Cosign `.sig` or `.att` layer; a SET is required, a proof is absent. */
export type BundleVersion = "0.1" | "0.2" | "0.3" | "detached";

export type BundleKey =
  | {
      readonly kind: "certificate";
      readonly leaf: Uint8Array;
      /** Untrusted candidates, DER. */ readonly chain: readonly Uint8Array[];
    }
  | { readonly kind: "public-key"; /** Where the caller may look the key up; proves nothing. */ readonly hint: string };

export type BundleContent =
  | {
      readonly kind: "message";
      /** Only compared, never trusted: a bundle may omit it. */
      readonly digest?: { readonly algorithm: "sha256" | "sha384" | "sha512"; readonly bytes: Uint8Array };
      readonly signature: Uint8Array;
    }
  | {
      readonly kind: "dsse";
      readonly payload: Uint8Array;
      readonly payloadType: string;
      readonly signature: Uint8Array;
      readonly keyid: string;
      /** The envelope as it is stored, of detached layouts only: an `intoto/0.0.1` entry holds its hash. */
      readonly envelope?: Uint8Array;
    };

/** A log entry with its proofs (`sigstore_rekor.proto`, TransparencyLogEntry). */
export type TlogEntry = {
  /** Rekor v1: the global index, signed in the SET. Rekor v2: equal to the proof's. */
  readonly logIndex: number;
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly apiVersion: string;
  /** Seconds since 1970; 0 where there is none. A time only together with a verified SET. */
  readonly integratedTime: number;
  readonly signedEntryTimestamp?: Uint8Array;
  readonly inclusionProof?: EntryInclusionProof;
  readonly canonicalizedBody: Uint8Array;
};

export type EntryInclusionProof = {
  /** Position in the tree (shard), zero-based. */
  readonly logIndex: number;
  readonly rootHash: Uint8Array;
  readonly treeSize: number;
  /** Sibling hashes of 32 bytes, from the leaf upwards. */
  readonly hashes: readonly Uint8Array[];
  /** The signed note; absent only in v0.1 bundles. */
  readonly checkpoint?: string;
};
