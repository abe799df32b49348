import { bug } from "../../src/core/bug.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { digestRefOf } from "../../src/core/digest.ts";
import { COSE_MEDIA_TYPE, JWS_MEDIA_TYPE } from "../../src/core/notation/envelope.ts";
import { judgeNotation, type JudgedNotation, type NotationContext } from "../../src/core/notation/judge-notation.ts";
import type { TargetArtifact } from "../../src/core/notation/payload.ts";
import { readRules, type NotationRules, type RulesText } from "../../src/core/notation/rules.ts";
import { compileNotationTrust, type NotationTrust, type StoredCertificate } from "../../src/core/notation/trust.ts";
import type { Verdict } from "../../src/core/verdict.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import { KEY_USAGE } from "../../src/core/x509/extensions.ts";
import {
  at,
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  keyUsage,
  makeCertificate,
  newPair,
  TIME_STAMPING,
  type CertificateRequest,
  type Pair,
} from "./make-certificate.ts";
import { makeCose, makeJws, makeSubject, type NotationRequest } from "./make-notation.ts";
import { makeTimestamp, type StampRequest } from "./make-timestamp.ts";

/** A small publisher: a root, a signer, a time-stamp authority, and what they make. */
export const SUBJECT: readonly (readonly [string, string])[] = [
  ["C", "CH"],
  ["ST", "Zurich"],
  ["O", "Example"],
  ["OU", "Release"],
  ["CN", "signer"],
];
export const IDENTITY = "x509.subject: C=CH, ST=Zurich, O=Example, OU=Release";
export const ROOT_NAME: Uint8Array = makeSubject([
  ["C", "CH"],
  ["O", "Example"],
  ["CN", "root"],
]);

export const rootKey: Pair = newPair();
export const signerKey: Pair = newPair();
export const tsaKey: Pair = newPair();

const YEARS = { notBefore: "2025-01-01T00:00:00Z", notAfter: "2035-01-01T00:00:00Z" };

export const root: Certificate = makeCertificate({
  key: rootKey,
  subject: "root",
  ...YEARS,
  extensions: [basicConstraints(), keyUsage(KEY_USAGE.keyCertSign | KEY_USAGE.cRLSign)],
  parts: { subject: ROOT_NAME, issuer: ROOT_NAME },
});

/** A certificate of the root; a test changes one thing of it. */
export function makeSigner(change: Partial<CertificateRequest> = {}): Certificate {
  return makeCertificate({
    key: signerKey,
    subject: "signer",
    issuer: { key: rootKey, subject: "root" },
    notBefore: "2025-06-01T00:00:00Z",
    notAfter: "2027-06-01T00:00:00Z",
    extensions: [keyUsage(KEY_USAGE.digitalSignature), extendedKeyUsage([CODE_SIGNING])],
    ...change,
    parts: { subject: makeSubject(SUBJECT), issuer: ROOT_NAME, ...change.parts },
  });
}
export const signer: Certificate = makeSigner();

export const tsa: Certificate = makeCertificate({
  key: tsaKey,
  subject: "tsa",
  issuer: { key: rootKey, subject: "root" },
  ...YEARS,
  extensions: [extendedKeyUsage([TIME_STAMPING], true)],
  parts: { issuer: ROOT_NAME },
});

/** A bare token, as countersignatures are. */
export function stampAt(genTime: string, change: Partial<StampRequest> = {}): (signature: Uint8Array) => Uint8Array {
  return (signature) =>
    makeTimestamp({
      signature,
      signer: { key: tsaKey, certificate: tsa },
      certificates: [tsa],
      genTime,
      ...change,
      parts: { response: ([, token]) => token, ...change.parts },
    });
}

export const TARGET: TargetArtifact = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: digestRefOf(toUtf8("image")),
  size: 525,
};

export const NOW = "2026-02-01T00:00:00Z";

export function rulesOf(change: Partial<RulesText> = {}): NotationRules {
  const rules = readRules({
    name: "test",
    level: "strict",
    overrides: {},
    stores: ["ca:example"],
    identities: [IDENTITY],
    verifyTimestamp: "always",
    ...change,
  });
  return rules.ok ? rules.value : bug(rules.detail);
}

export function storesOf(...stored: readonly StoredCertificate[]): NotationTrust {
  const trust = compileNotationTrust(stored);
  return trust.ok ? trust.value : bug(trust.detail);
}
export const inStore = (type: StoredCertificate["store"]["type"], { der }: Certificate): StoredCertificate => ({
  store: { type, name: "example" },
  der,
});
export const TRUST: NotationTrust = storesOf(inStore("ca", root));
export const TRUST_WITH_TSA: NotationTrust = storesOf(inStore("ca", root), inStore("tsa", root));

export type Asked = Partial<Omit<NotationContext, "now">> & { readonly now?: string };

export function contextOf(asked: Asked = {}): NotationContext {
  return { artifact: TARGET, rules: rulesOf(), trust: TRUST, ...asked, now: at(asked.now ?? NOW) };
}

/** A good request; a test changes one thing of it. */
export const GOOD: NotationRequest = { key: signerKey, chain: [signer, root], target: TARGET };

export type Format = readonly [name: string, make: (request: NotationRequest) => Uint8Array, mediaType: string];
export const FORMATS: readonly [Format, Format] = [
  ["JWS", makeJws, JWS_MEDIA_TYPE],
  ["COSE", makeCose, COSE_MEDIA_TYPE],
];

export function judgeMade(
  [, make, mediaType]: Format,
  request: Partial<NotationRequest>,
  asked: Asked = {},
): JudgedNotation {
  return judgeNotation(mediaType, make({ ...GOOD, ...request }), contextOf(asked));
}

/** What a verdict comes down to, for tables. */
export function codeOf(verdict: Verdict<string>): string {
  if (verdict.kind === "fail") return verdict.reasons[0].reason;
  return verdict.kind === "unknown" ? verdict.gaps[0].missing : "pass";
}
