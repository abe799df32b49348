import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import {
  distinguishedName,
  signCertificate,
  type Authority,
  type Validity,
} from "../../adapters/virtual/sigstore/certificate.ts";
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectKeyId,
} from "../../adapters/virtual/sigstore/extension.ts";
import { contextPrimitive } from "../../core/asn1/tag.ts";
import { element, octetString, oid, sequence } from "../../core/asn1/writer.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import { KEY_USAGE } from "../../core/x509/extensions.ts";

/** A certificate and its key, PEM. */
export type PemPair = { readonly certificate: string; readonly key: string };

const DAY_MS = 86_400_000;
/** trust-policy chapter §5.5. */
const CA_LIFETIME_MS = 365 * DAY_MS;
const LEAF_LIFETIME_MS = 90 * DAY_MS;
/** Clocks of API servers differ from ours; a certificate of the future is refused like an old one. */
const BACKDATED_MS = 300_000;
/** RFC 5280 §4.2.1.12. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const NAME = distinguishedName("countersign", "countersign webhook CA");

/** A certificate authority of our own: it vouches for one webhook and nothing else (P-256, one year, no authorities below it). */
export function issueAuthority(now: UnixMs): PemPair {
  const { privateKey, spki } = newKey();
  const extensions = [
    keyUsage(KEY_USAGE.keyCertSign + KEY_USAGE.cRLSign),
    basicConstraints(0),
    subjectKeyId(spki),
    authorityKeyId(spki),
  ];
  const body = { subject: NAME, spki, extensions, ...lifetime(now, CA_LIFETIME_MS) };
  return toPem(signCertificate({ key: { kind: "p256", privateKey, spki }, subject: NAME }, body), privateKey);
}

/** A serving certificate for the names of a Service, or addresses (P-256, 90 days). */
export function issueServing(authority: PemPair, names: readonly string[], now: UnixMs): PemPair {
  const issuer = authorityOf(authority);
  const { privateKey, spki } = newKey();
  const extensions = [
    keyUsage(KEY_USAGE.digitalSignature),
    extendedKeyUsage(SERVER_AUTH),
    subjectNames(names),
    subjectKeyId(spki),
    authorityKeyId(issuer.key.spki),
  ];
  const subject = distinguishedName("countersign", names[0] ?? "webhook");
  const body = { subject, spki, extensions, ...lifetime(now, LEAF_LIFETIME_MS) };
  return toPem(signCertificate(issuer, body), privateKey);
}

function authorityOf({ key }: PemPair): Pick<Authority, "key" | "subject"> {
  const privateKey = createPrivateKey(key);
  return { key: { kind: "p256", privateKey, spki: spkiOf(privateKey) }, subject: NAME };
}

function newKey(): { readonly privateKey: KeyObject; readonly spki: Uint8Array } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, spki: spkiOf(privateKey) };
}

function spkiOf(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ type: "spki", format: "der" }));
}

function lifetime(now: UnixMs, lifetimeMs: number): Validity {
  return { notBefore: addMs(now, -BACKDATED_MS), notAfter: addMs(now, lifetimeMs) };
}

/** subjectAltName (RFC 5280 §4.2.1.6): names as dNSName [2], addresses as iPAddress [7]. */
function subjectNames(names: readonly string[]): Uint8Array {
  const general = names.map((name) =>
    isIP(name) === 4
      ? element(contextPrimitive(7), Uint8Array.from(name.split("."), Number))
      : element(contextPrimitive(2), toUtf8(name)),
  );
  return sequence([oid("2.5.29.17"), octetString(sequence(general))]);
}

function toPem(certificate: Uint8Array, key: KeyObject): PemPair {
  return {
    certificate: renderPem("CERTIFICATE", certificate),
    key: String(key.export({ type: "pkcs8", format: "pem" })),
  };
}
