/** Verifies ECDSA over a digest that was computed elsewhere, which node:crypto cannot do. */
export type VerifyPrehashed = (input: {
  readonly curve: "P-256" | "P-384";
  /** Uncompressed point: 0x04, x, y. */
  readonly point: Uint8Array;
  readonly digest: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
}) => boolean;
