import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rekor2Signer } from "../src/adapters/virtual/log/note-signer.ts";
import { octetString } from "../src/core/asn1/writer.ts";
import { toBase64 } from "../src/core/bytes/base64.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";
import { EMPTY_FRONTIER, frontierRoot } from "../src/core/merkle/frontier.ts";
import { EMPTY_LOG, sequence } from "../src/core/merkle/sequencer.ts";
import { renderCheckpoint } from "../src/core/note/checkpoint.ts";
import { readKeyId, renderNote } from "../src/core/note/note.ts";
import {
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  extension,
  fulcioText,
  keyUsage,
  makeCertificate,
  makeCertificateDer,
  newPair,
  subjectAltName,
  uri,
} from "../test/setup/make-certificate.ts";

/** What a follower must be told of a log in a folder. All in base64. */
export type FolderLog = { readonly folder: string; readonly spki: string; readonly keyId: string; readonly ca: string };

export type FolderLogOptions = {
  readonly folder: string;
  readonly entries: number;
  /** How many entries in a row bear one certificate: a run that signs image, SBOM and provenance makes three. */
  readonly perCertificate: number;
  /** Certificates are made anew up to this many, and then taken again from the first. */
  readonly certificates: number;
};

const ORIGIN = "log.example";
const BATCH = 4_096;
const TEAMS = 400;

/** Writes a Rekor v2 log into a folder: tiles, entry bundles of P-256 hashedrekords, a signed checkpoint. */
export function writeFolderLog(options: FolderLogOptions): FolderLog {
  const { folder, entries } = options;
  const signer = rekor2Signer(ORIGIN, generateKeyPairSync("ed25519").privateKey);
  const { ca, certificateOf } = certificateSource(options);
  let state = EMPTY_LOG;
  let root = frontierRoot(EMPTY_FRONTIER);
  for (let from = 0; from < entries; from += BATCH) {
    const bodies = Array.from({ length: Math.min(BATCH, entries - from) }, (_, i) =>
      bodyOf(from + i, certificateOf(from + i)),
    );
    const next = sequence(state, bodies);
    for (const { path, bytes } of next.files) write(join(folder, path), bytes);
    ({ state, root } = next);
  }
  const text = renderCheckpoint({ origin: ORIGIN, size: state.frontier.size, root, extensions: [] });
  const signature = signer.sign(toUtf8(text)) as Uint8Array;
  const note = renderNote({ text, signatures: [{ name: ORIGIN, keyId: readKeyId(signer.keyId), signature }] });
  write(join(folder, "checkpoint"), toUtf8(note));
  return { folder, spki: toBase64(signer.spki), keyId: toBase64(signer.keyId), ca: toBase64(ca) };
}

function certificateSource({ perCertificate, certificates }: FolderLogOptions) {
  const key = newPair();
  const subject = "bench CA";
  const validity = { notBefore: "2025-01-01T00:00:00Z", notAfter: "2035-01-01T00:00:00Z" };
  const ca = makeCertificate({ key, subject, extensions: [basicConstraints(), keyUsage(32)], ...validity });
  const leafKeys = Array.from({ length: 64 }, () => newPair());
  const known: string[] = [];
  const certificateOf = (index: number): string => {
    const at = Math.floor(index / perCertificate) % certificates;
    return (known[at] ??= toBase64(
      makeCertificateDer({
        key: leafKeys[at % leafKeys.length] ?? key,
        subject: "",
        issuer: { key, subject },
        serial: at + 1,
        extensions: [
          keyUsage(1),
          extendedKeyUsage([CODE_SIGNING]),
          subjectAltName([uri(`https://kubernetes.io/namespaces/team-${at % TEAMS}/serviceaccounts/builder`)]),
          fulcioText(1, "https://oidc.prod-eu.example"),
          fulcioText(8, "https://oidc.prod-eu.example"),
          fulcioText(24, `system:serviceaccount:team-${at % TEAMS}:builder`),
          extension("1.3.6.1.4.1.11129.2.4.2", octetString(randomBytes(122))),
        ],
      }),
    ));
  };
  return { ca: ca.der, certificateOf };
}

function bodyOf(index: number, rawBytes: string): Uint8Array {
  const digest = createHash("sha256").update(String(index)).digest("base64");
  const verifier = `{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"${rawBytes}"}}`;
  const signature = `{"content":"${randomBytes(71).toString("base64")}","verifier":${verifier}}`;
  const spec = `{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${digest}"},"signature":${signature}}}`;
  return toUtf8(`{"apiVersion":"0.0.2","kind":"hashedrekord","spec":${spec}}`);
}

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
