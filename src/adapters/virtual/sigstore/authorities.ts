import { bug } from "../../../core/bug.ts";
import { parsePem, renderPem } from "../../../core/bytes/pem.ts";
import { parseUtf8 } from "../../../core/bytes/utf8.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import { EKU_CODE_SIGNING, EKU_TIME_STAMPING, KEY_USAGE } from "../../../core/x509/extensions.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { distinguishedName, newIntermediate, newRoot, signCertificate, type Authority } from "./certificate.ts";
import { authorityKeyId, extendedKeyUsage, keyUsage, subjectKeyId } from "./extension.ts";
import type { KeySource } from "./keys.ts";

/** A signer with its issuers, the root last. */
export type Chain = { readonly signer: Authority; readonly issuers: readonly Uint8Array[] };
export type Authorities = { readonly fulcio: Chain; readonly tsa: Chain };

export type AuthoritiesOptions = {
  readonly keys: KeySource;
  /** Certificates begin here; earlier than anything that will be signed. */
  readonly notBefore: UnixMs;
  /** Names the certificates, so that nobody takes them for more than they are. */
  readonly organization: string;
  readonly curve: "p256" | "p384";
  /** Where the certificates are kept; made anew at each start when absent. */
  readonly folder?: string;
};

const LIFETIME_MS = 10 * 365 * 86_400_000;

/** Makes the certificates of Fulcio (root, intermediate) and of the timestamp authority (root, signer), or reads them back. */
export async function openAuthorities(options: AuthoritiesOptions): Promise<Authorities> {
  const [fulcio, tsa] = await Promise.all([
    openChain(options, "fulcio", (names, keys) => {
      const root = newRoot({ key: keys.root, subject: names.root, ...validity(options) });
      const request = { key: keys.signer, subject: names.signer, purpose: EKU_CODE_SIGNING, ...validity(options) };
      return [newIntermediate(root, request).certificate, root.certificate];
    }),
    openChain(options, "timestamp", (names, keys) => {
      const root = newRoot({ key: keys.root, subject: names.root, ...validity(options) });
      const extensions = [
        keyUsage(KEY_USAGE.digitalSignature),
        extendedKeyUsage(EKU_TIME_STAMPING, true),
        subjectKeyId(keys.signer.spki),
        authorityKeyId(keys.root.spki),
      ];
      const body = { subject: names.signer, spki: keys.signer.spki, extensions, ...validity(options) };
      return [signCertificate(root, body), root.certificate];
    }),
  ]);
  return { fulcio, tsa };
}

type Pair<T> = { readonly root: T; readonly signer: T };
type MakeChain = (names: Pair<Uint8Array>, keys: Pair<Authority["key"]>) => readonly [Uint8Array, Uint8Array];

async function openChain(options: AuthoritiesOptions, name: string, make: MakeChain): Promise<Chain> {
  const { keys, curve, organization, folder } = options;
  const rootKey = await keys(`${name}-root`, curve);
  const key = await keys(`${name}-signer`, curve);
  const names = {
    root: distinguishedName(organization, `embedded ${name} root`),
    signer: distinguishedName(organization, `embedded ${name}`),
  };
  const path = folder === undefined ? undefined : `${folder}/${name}.chain.pem`;
  const stored = path === undefined ? undefined : await readChain(path);
  const [certificate, ...issuers] = stored ?? make(names, { root: rootKey, signer: key });
  if (!certificate) return bug(`no certificate in ${path}`);
  if (path !== undefined && !stored) {
    await writeAtomically(path, [certificate, ...issuers].map((der) => renderPem("CERTIFICATE", der)).join(""));
  }
  const subject = parseCertificate(certificate);
  if (!subject.ok) return bug(`certificate of ${name}: ${subject.detail}`);
  return { signer: { key, certificate, subject: subject.value.subject }, issuers };
}

async function readChain(path: string): Promise<readonly Uint8Array[] | undefined> {
  const bytes = await readIfThere(path);
  return bytes && parsePem(parseUtf8(bytes) ?? "", "CERTIFICATE");
}

function validity({ notBefore }: AuthoritiesOptions): { readonly notBefore: UnixMs; readonly notAfter: UnixMs } {
  return { notBefore, notAfter: addMs(notBefore, LIFETIME_MS) };
}
