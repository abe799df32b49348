import type { UnixMs } from "../time.ts";
import type { NonEmpty } from "../verdict.ts";
import type { NotationAlgorithm } from "./algorithm.ts";

/** A signature envelope of the Notary Project (signature-specification, `Signature Envelope`), read and not verified. */
export type NotationEnvelope = {
  readonly format: "jws" | "cose";
  readonly algorithm: NotationAlgorithm;
  /** What the signature is over. */
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
  readonly attributes: NotationAttributes;
  /** Certificates in DER, the signer's first; claims, like the attributes, until the signature is verified. */
  readonly chain: NonEmpty<Uint8Array>;
  /** An RFC 3161 token over the signature. */
  readonly timestamp?: Uint8Array;
};

/** `notary.x509`: the signer states a time nobody vouches for. `…signingAuthority`: the authority vouches for the time. */
export type SigningScheme = "notary.x509" | "notary.x509.signingAuthority";

/** What the signer signed beside the payload. */
export type NotationAttributes = {
  readonly scheme: SigningScheme;
  /** As stated by the signer, or vouched for by the signing authority: `scheme` says which. */
  readonly signingTime: UnixMs;
  readonly expiry?: UnixMs;
};

/** Media types of envelopes (signature-specification, `Supported Signature Envelopes`). */
export const JWS_MEDIA_TYPE = "application/jose+json";
export const COSE_MEDIA_TYPE = "application/cose";

/** Ten certificates and a time stamp of the largest size that is read, in base64, are less. */
export const ENVELOPE_BYTES_MAX: number = 1024 * 1024;
export const CHAIN_CERTIFICATES_MAX = 10;
export const TIMESTAMP_BYTES_MAX = 65_536;
export const CERTIFICATE_BYTES_MAX = 65_536;
