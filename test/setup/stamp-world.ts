import { bug } from "../../src/core/bug.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { judgeTimestamp } from "../../src/core/cms/judge-timestamp.ts";
import { timestampAuthorityTrust, type TimestampAuthorityTrust } from "../../src/core/cms/timestamp-authority.ts";
import { parseTimestampResponse } from "../../src/core/cms/timestamp.ts";
import type { Interval } from "../../src/core/time.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import {
  at,
  basicConstraints,
  extendedKeyUsage,
  makeCertificate,
  newPair,
  subjectKeyId,
  TIME_STAMPING,
  type CertificateRequest,
  type Pair,
} from "./make-certificate.ts";
import { makeTimestamp, type StampRequest } from "./make-timestamp.ts";

/** One time-stamp authority, its signer, CA and root, and a stamp over one signature: the smallest world to judge a time stamp in. */
export const SIGNATURE: Uint8Array = toUtf8("the signature of the bundle");
export const EKU: Uint8Array = extendedKeyUsage([TIME_STAMPING], true);
export const SKI: Uint8Array = Uint8Array.of(7, 7, 7);
export const rootKey: Pair = newPair();
export const caKey: Pair = newPair("P-384");
export const tsaKey: Pair = newPair();
export const root: Certificate = makeCertificate({ key: rootKey, subject: "root", extensions: [basicConstraints()] });
export const CA: CertificateRequest = {
  key: caKey,
  subject: "tsa-ca",
  issuer: { key: rootKey, subject: "root" },
  extensions: [basicConstraints(0)],
};
export const ca: Certificate = makeCertificate(CA);
export const TSA: CertificateRequest = {
  key: tsaKey,
  subject: "tsa",
  issuer: { key: caKey, subject: "tsa-ca" },
  extensions: [EKU, subjectKeyId(SKI)],
};
export const tsa: Certificate = makeCertificate(TSA);
export const REQUEST: StampRequest = { signature: SIGNATURE, signer: { key: tsaKey, certificate: tsa } };
export const ALWAYS: Interval = { lo: at("2020-01-01T00:00:00Z") };

export function trusting(chain: readonly Certificate[], validFor: Interval = ALWAYS): TimestampAuthorityTrust {
  const trust = timestampAuthorityTrust(chain, validFor);
  return trust.ok ? trust.value : bug(`${trust.code} ${trust.detail}`);
}
export const SIGNER_FIRST: TimestampAuthorityTrust = trusting([tsa, ca, root]);
export const CA_FIRST: TimestampAuthorityTrust = trusting([ca, root]);

/** `ok`, or the code of the first refusal on the way. */
export function judgeStamp(
  request: StampRequest,
  authorities: readonly TimestampAuthorityTrust[] = [SIGNER_FIRST],
): string {
  const token = parseTimestampResponse(makeTimestamp(request));
  if (!token.ok) return token.code;
  const judged = judgeTimestamp(token.value, { signature: SIGNATURE, authorities });
  return judged.ok ? "ok" : judged.code;
}
