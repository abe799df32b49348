/** What a trusted root says of a log, but for its time. */
export type LogInstance = {
  readonly baseUrl: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly keyDetails: "PKIX_ECDSA_P256_SHA_256" | "PKIX_ED25519";
  readonly logId: Uint8Array;
};
