import type { DerCode } from "../asn1/reader.ts";

/** How bytes can fail to be a certificate that we read. */
export type CertificateCode =
  | DerCode
  | "too-large"
  | "cert-version"
  | "cert-serial"
  | "cert-algorithm"
  | "cert-validity"
  | "cert-extension-count"
  | "cert-extension-twice"
  | "cert-critical-ext"
  | "cert-basic-constraints"
  | "cert-eku"
  | "cert-fulcio-ext"
  | "san-syntax";
