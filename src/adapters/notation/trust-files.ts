import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { parsePem } from "../../core/bytes/pem.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { StoreName } from "../../core/notation/rules.ts";
import { readTrustPolicyDocument } from "../../core/notation/trust-policy-document.ts";
import type { StoredCertificate } from "../../core/notation/trust.ts";
import type { NotationTrustSource, StoreContent } from "../../ports/notation-trust-source.ts";

export type TrustFiles = {
  /** Trust policy documents; the first that is there is read. */
  readonly policies: readonly string[];
  /** The folder that holds `x509/<type>/<name>`. */
  readonly store: string;
};

/** A trust store that is one folder, wherever it lies. */
export type StoreFolder = StoreName & { readonly dir: string };

const FILE_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 256;
const CERTIFICATE_FILE = /\.(?:pem|crt|cer)$/;

/**
 * Trust as Notation keeps it in files (Notary Project trust-store-trust-policy, `Trust Store`, `Trust Policy`). Symbolic
 * links are refused: who can make one could bring an anchor from anywhere.
 */
export function notationTrustFiles({ policies, store }: TrustFiles): NotationTrustSource {
  return {
    policy: async (signal) => {
      for (const path of policies) {
        signal.throwIfAborted();
        // oxlint-disable-next-line no-await-in-loop -- the first that is there decides
        const bytes = await readPlain(path, "notation.policy-invalid");
        if (!bytes) continue;
        const document = readTrustPolicyDocument(bytes);
        if (document.ok) return document.value;
        throw new Fault("notation.policy-invalid", `${path}: ${document.code}, ${document.detail}`);
      }
      throw new Fault("notation.policy-missing", policies.join(", "));
    },
    certificates: async (stores, signal) => {
      signal.throwIfAborted();
      const folders = stores.map(({ type, name }) => ({ type, name, dir: join(store, "x509", type, name) }));
      const contents = await Promise.all(folders.map((folder) => readStore(folder)));
      return {
        certificates: contents.flatMap(({ certificates }) => certificates),
        warnings: contents.flatMap(({ warnings }) => warnings),
      };
    },
  };
}

/**
 * Reads one trust store. `within`: links are followed as long as they stay in the folder, as those do that a cluster
 * makes of a ConfigMap. Faults: `notation.store-missing`, `notation.store-invalid`.
 */
export async function readStore(store: StoreFolder, links: "refused" | "within" = "refused"): Promise<StoreContent> {
  const { dir: folder, type, name } = store;
  const stat = await lstat(folder).catch((cause: unknown) => missing(cause, folder));
  if (!stat) throw new Fault("notation.store-missing", folder);
  if (!stat.isDirectory()) throw new Fault("notation.store-invalid", `${folder} is not a folder`);
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.length > FILES_MAX) throw new Fault("notation.store-invalid", `${folder}: ${entries.length} files`);
  const link = entries.find((entry) => links === "refused" && entry.isSymbolicLink());
  if (link) throw new Fault("notation.store-invalid", `${join(folder, link.name)} is a symbolic link`);
  const warnings: string[] = [];
  const certificates: StoredCertificate[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // oxlint-disable-next-line no-await-in-loop -- a handful of small files
    const file = entry.isSymbolicLink() && isNamed(entry) ? await followWithin(folder, path) : path;
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (isNamed(entry)) certificates.push(...(await readCertificates(file, { type, name })));
    else warnings.push(`${path} is passed over`);
  }
  if (certificates.length === 0) throw new Fault("notation.store-missing", `${folder} holds no certificates`);
  return { certificates, warnings };
}

/** Whether it is a certificate by its name, and a file or a link to something. */
function isNamed(entry: Dirent): boolean {
  return (entry.isFile() || entry.isSymbolicLink()) && CERTIFICATE_FILE.test(entry.name);
}

/** Where a link leads, which is nowhere outside its folder. */
async function followWithin(folder: string, path: string): Promise<string> {
  const [from, to] = await Promise.all([folder, path].map((one) => realpath(one).catch(() => "")));
  if (!from || !to?.startsWith(`${from}/`))
    throw new Fault("notation.store-invalid", `${path} leads out of its folder`);
  return to;
}

async function readCertificates(path: string, store: StoreName): Promise<readonly StoredCertificate[]> {
  const bytes = await readPlain(path, "notation.store-invalid");
  const ders = bytes && toDers(bytes);
  if (!ders) throw new Fault("notation.store-invalid", `${path} is no certificate`);
  return ders.map((der) => ({ store, der }));
}

/** PEM, or one certificate in DER, which begins with a SEQUENCE. */
function toDers(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  if (bytes[0] === 0x30) return [bytes];
  const text = parseUtf8(bytes);
  return text === undefined ? undefined : parsePem(text, "CERTIFICATE");
}

/** A regular file, whole, not reached through a link of its own name; `undefined` when there is none. */
async function readPlain(path: string, id: FaultId): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) =>
    refused(cause, id, path),
  );
  if (!file) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Fault(id, `${path} is not a regular file`);
    if (stat.size > FILE_BYTES_MAX) throw new Fault(id, `${path}: ${stat.size} bytes`);
    const { buffer, byteOffset, byteLength } = await file.readFile();
    return new Uint8Array(buffer, byteOffset, byteLength);
  } finally {
    await file.close();
  }
}

function missing(cause: unknown, folder: string): undefined {
  if (codeOf(cause) === "ENOENT") return undefined;
  throw codeOf(cause) === undefined ? cause : new Fault("notation.store-invalid", folder, { cause });
}

function refused(cause: unknown, id: FaultId, path: string): undefined {
  const code = codeOf(cause);
  if (code === "ENOENT") return undefined;
  throw code === undefined ? cause : new Fault(id, code === "ELOOP" ? `${path} is a symbolic link` : path, { cause });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
