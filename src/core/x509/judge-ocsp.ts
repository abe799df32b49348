import { sameBytes } from "../bytes/bytes.ts";
import { sha1 } from "../cms/sha1.ts";
import type { UnixMs } from "../time.ts";
import { parseCertificate, type Certificate } from "./certificate.ts";
import { isIssuedBy, isSignatureOf, isWithin } from "./chain.ts";
import { extensionOf } from "./extension-of.ts";
import { KEY_USAGE } from "./extensions.ts";
import { keyBits } from "./ocsp-id.ts";
import { readOcspResponse, type OcspResponse, type ResponderId } from "./ocsp.ts";
import { isCurrent, unusable, type RevocationStatus } from "./revocation-status.ts";

const EKU_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const NO_CHECK = "1.3.6.1.5.5.7.48.1.5";

type Question = { readonly certificate: Certificate; readonly issuer: Certificate; readonly now: UnixMs };

/**
 * Judges an OCSP response for a certificate (RFC 6960 §3.2, §4.2.2.2): about this certificate, in its time, signed by
 * the issuer or by somebody whom the issuer itself has made a responder that need not be checked in turn.
 */
export function judgeOcsp(der: Uint8Array, question: Question): RevocationStatus {
  const read = readOcspResponse(der, question);
  if (!read.ok) return unusable(`the OCSP response cannot be read: ${read.code}, ${read.detail}`);
  const { thisUpdate, nextUpdate, algorithm, signedBytes, signature, status } = read.value;
  if (!isCurrent(question.now, thisUpdate, nextUpdate)) return unusable("the OCSP response has run out");
  const responder = responderOf(read.value, question);
  if (!responder) return unusable("the OCSP response is by nobody whom the issuer has made a responder");
  if (!isSignatureOf(responder, algorithm, signedBytes, signature)) {
    return unusable("the OCSP response is not signed by its responder");
  }
  if (status === "unknown") return { kind: "denied", detail: "the OCSP responder does not know the certificate" };
  return { kind: status, until: nextUpdate };
}

function responderOf({ responder, certificates }: OcspResponse, { issuer, now }: Question): Certificate | undefined {
  if (isNamed(responder, issuer)) return issuer;
  const embedded = certificates.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
  return embedded.find((one) => isNamed(responder, one) && isResponder(one, issuer, now));
}

function isNamed(id: ResponderId, certificate: Certificate): boolean {
  if (id.kind === "name") return sameBytes(id.name, certificate.subject);
  return sameBytes(id.hash, sha1(keyBits(certificate)));
}

/** Without id-pkix-ocsp-nocheck the responder could be revoked itself, and asking it would be asking the suspect. */
function isResponder(certificate: Certificate, issuer: Certificate, now: UnixMs): boolean {
  const { ekus, keyUsage, notBefore, notAfter } = certificate;
  if (!ekus?.includes(EKU_OCSP_SIGNING) || extensionOf(certificate, NO_CHECK) === undefined) return false;
  if (keyUsage !== undefined && (keyUsage & KEY_USAGE.digitalSignature) === 0) return false;
  return isWithin(now, { lo: notBefore, hi: notAfter }) && isIssuedBy(certificate, issuer);
}
