/** A private key that can be used and not read: its public half, and `sign`. */
export interface Signer {
  /** ECDSA P-256 with SHA-256, DER signatures. The one algorithm we sign with; others are verified only. */
  readonly algorithm: "ecdsa-p256-sha256";
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Makes an ephemeral key, dropped with the last reference to it; never written. */
export type NewSigner = () => Promise<Signer>;
