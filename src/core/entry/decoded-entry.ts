import type { HashName } from "../digest.ts";
import type { FieldCode } from "../json/fields.ts";
import type { JsonCode } from "../json/read-json.ts";

/**
 * What a log entry says by itself: who signed (certificates or keys), with which signatures, over which digests. Only
 * that a log contains it can be believed of it. An entry that could not be read says why, and is never dropped.
 */
export type DecodedEntry = {
  /** As the body says; empty where it says none. */
  readonly kind: string;
  readonly apiVersion: string;
  /** The body is its own RFC 8785 form. It is hashed as it is in either case. */
  readonly canonical: boolean;
} & EntryContent;

export type EntryContent =
  | {
      readonly parsed: true;
      readonly signers: readonly EntrySigner[];
      readonly digests: readonly EntryDigest[];
      /** `early-spec-key`: written before Rekor v2 was released. */
      readonly flags: readonly string[];
    }
  | { readonly parsed: false; readonly problem: EntryProblem };

export type EntryProblem = { readonly code: EntryBodyCode; readonly detail: string };

/** `entry-kind-unsupported`: a kind or version without a decoder here. */
export type EntryBodyCode = JsonCode | FieldCode | "entry-kind-unsupported" | "entry-body-syntax";

export type EntrySigner = {
  /** Raw bytes; absent in `intoto/0.0.1`, whose body has none. */
  readonly signature?: Uint8Array;
  readonly verifier: EntryVerifier;
};

/** DER: a certificate, or a SubjectPublicKeyInfo. */
export type EntryVerifier = {
  readonly kind: "certificate" | "public-key";
  readonly der: Uint8Array;
  /** Rekor v2 alone: the name in `sigstore_common.proto` PublicKeyDetails. */
  readonly keyDetails?: string;
};

/** `data`: of what was signed, which in Rekor v2 may be a PAE. `payload`: of a DSSE payload. `envelope`: of an envelope's JSON text. */
export type EntryDigest = {
  readonly role: "data" | "payload" | "envelope";
  readonly algorithm: HashName;
  readonly bytes: Uint8Array;
};
