import type { DerCode } from "../asn1/reader.ts";

/** How a time stamp can fail (RFC 3161). `tst-unknown-authority` says that nobody we trust made it: it proves nothing, and may be skipped. */
export type TstCode =
  | DerCode
  | "too-large"
  | "tst-syntax"
  | "tst-status"
  | "tst-signer-count"
  | "tst-digest"
  | "tst-imprint"
  | "tst-unknown-authority"
  | "tst-authority-expired"
  | "tst-eku"
  | "tst-signing-cert"
  | "tst-chain"
  | "tst-signature";
