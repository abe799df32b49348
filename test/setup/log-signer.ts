import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { distinguishedName, signCertificate } from "../../src/adapters/virtual/sigstore/certificate.ts";
import { extendedKeyUsage, keyUsage, subjectAltName } from "../../src/adapters/virtual/sigstore/extension.ts";
import { bug } from "../../src/core/bug.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { sha256 } from "../../src/core/digest.ts";
import { toPae } from "../../src/core/dsse/pae.ts";
import { renderEnvelope } from "../../src/core/dsse/envelope.ts";
import { addMs, parseUnixMs } from "../../src/core/time.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../../src/core/x509/extensions.ts";
import type { LogRequest } from "../../src/ports/transparency-log.ts";

const NOT_BEFORE = parseUnixMs(1_790_000_000_000) ?? bug("not an instant");
export const SIGNER_SAN = "https://kubernetes.io/namespaces/team/serviceaccounts/builder";

/** A key with a certificate of its own making, as logs take them without a look at the chain. */
export type LogSigner = { readonly privateKey: KeyObject; readonly certificate: Uint8Array; readonly spki: Uint8Array };

export function newLogSigner(): LogSigner {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const issuer = { key: { kind: "p256", privateKey, spki }, subject: distinguishedName("self") } as const;
  const certificate = signCertificate(issuer, {
    subject: distinguishedName(),
    spki,
    notBefore: NOT_BEFORE,
    notAfter: addMs(NOT_BEFORE, 600_000),
    extensions: [
      keyUsage(KEY_USAGE.digitalSignature),
      extendedKeyUsage(EKU_CODE_SIGNING),
      subjectAltName({ type: "uri", value: SIGNER_SAN }),
    ],
  });
  return { privateKey, certificate, spki };
}

/** A signed message, as a request to log it. */
export function messageRequest(signer: LogSigner, message: Uint8Array): LogRequest {
  return {
    verifier: { kind: "certificate", der: signer.certificate },
    signature: new Uint8Array(sign("sha256", message, signer.privateKey)),
    content: { kind: "message", digest: sha256(message) },
  };
}

/** A signed in-toto statement, as a request to log its envelope. */
export function statementRequest(signer: LogSigner, statement: unknown): LogRequest {
  const payload = toUtf8(JSON.stringify(statement));
  const payloadType = "application/vnd.in-toto+json";
  const pae = toPae(payloadType, payload);
  const signature = new Uint8Array(sign("sha256", pae, signer.privateKey));
  return {
    verifier: { kind: "certificate", der: signer.certificate },
    signature,
    content: { kind: "dsse", envelope: renderEnvelope({ payload, payloadType, signature }), pae },
  };
}
