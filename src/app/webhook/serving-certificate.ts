import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere, writeAtomically } from "../../adapters/virtual/files.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import { asNodeError } from "../node-error.ts";
import { issueAuthority, issueServing, type PemPair } from "./issue-certificates.ts";

/** What the webhook serves with, and what the API server should trust it by. */
export type ServingCertificate = PemPair & {
  readonly notAfter: UnixMs;
  /** PEM; for `caBundle`. Empty where somebody else issues the certificate and injects its CA. */
  readonly caBundle: string;
};

/** Where the serving certificate comes from. Each `read` looks again, and renews what is due. Faults: `certificate.invalid`, those of stores. */
export type CertificateSource = (now: UnixMs) => Promise<ServingCertificate>;

/** A certificate that somebody else renews: the service CA of OpenShift, cert-manager. */
export function filedCertificate(files: { readonly certFile: string; readonly keyFile: string }): CertificateSource {
  return async () => {
    const [certificate, key] = await Promise.all([readText(files.certFile), readText(files.keyFile)]);
    return { ...checkedPair({ certificate, key }, files.certFile), caBundle: "" };
  };
}

/** The part of a lifetime after which a certificate is renewed. */
const RENEW_AFTER = 2 / 3;
/** A new authority signs only once every API server has had the time to hear of it. */
const AUTHORITY_SETTLES_MS = 86_400_000;

/**
 * A certificate of our own, kept in a folder: an authority for a year, a leaf for ninety days, both renewed at two thirds.
 * The bundle holds the authority before, too, until nothing it signed is valid.
 */
export function ownCertificate(folder: string, names: readonly string[]): CertificateSource {
  return async (now) => {
    const authorities = await authoritiesAt(folder, now);
    const leaf = await readPair(folder, "tls");
    const isGood = leaf !== undefined && !isDue(leaf, now) && covers(leaf, names) && isOfAny(leaf, authorities);
    const served = isGood ? leaf : await newLeaf(folder, authorities, names, now);
    return { ...checkedPair(served, folder), caBundle: authorities.map(({ certificate }) => certificate).join("") };
  };
}

/** The authorities that are trusted now, the newest first. */
async function authoritiesAt(folder: string, now: UnixMs): Promise<readonly [PemPair, ...PemPair[]]> {
  const [newest, before] = await Promise.all([readPair(folder, "ca"), readPair(folder, "ca-before")]);
  const kept = before && !isOver(before, now) ? [before] : [];
  if (newest && !isDue(newest, now)) return [newest, ...kept];
  const made = issueAuthority(now);
  // In this order: after a crash in between, the old one is there twice, and trusted still.
  if (newest) await writePair(folder, "ca-before", newest);
  await writePair(folder, "ca", made);
  return newest && !isOver(newest, now) ? [made, newest] : [made];
}

async function newLeaf(
  folder: string,
  [newest, before]: readonly [PemPair, ...PemPair[]],
  names: readonly string[],
  now: UnixMs,
): Promise<PemPair> {
  const isSettled = now - bounds(newest).from >= AUTHORITY_SETTLES_MS;
  const leaf = issueServing(before && !isSettled ? before : newest, names, now);
  await writePair(folder, "tls", leaf);
  return leaf;
}

function bounds({ certificate }: PemPair): { readonly from: number; readonly to: number } {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return { from: validFromDate.getTime(), to: validToDate.getTime() };
}

function isDue(pair: PemPair, now: UnixMs): boolean {
  const { from, to } = bounds(pair);
  return now >= from + (to - from) * RENEW_AFTER;
}

function isOver(pair: PemPair, now: UnixMs): boolean {
  return now >= bounds(pair).to;
}

function covers({ certificate }: PemPair, names: readonly string[]): boolean {
  const leaf = new X509Certificate(certificate);
  return names.every((name) => leaf.checkHost(name) !== undefined || leaf.checkIP(name) !== undefined);
}

function isOfAny({ certificate }: PemPair, authorities: readonly PemPair[]): boolean {
  const leaf = new X509Certificate(certificate);
  return authorities.some((authority) => leaf.verify(new X509Certificate(authority.certificate).publicKey));
}

async function readPair(folder: string, name: string): Promise<PemPair | undefined> {
  const [certificate, key] = await Promise.all([
    readIfThere(join(folder, `${name}.crt`)),
    readIfThere(join(folder, `${name}.key`)),
  ]);
  if (!certificate || !key) return undefined;
  const pair = { certificate: parseUtf8(certificate) ?? "", key: parseUtf8(key) ?? "" };
  checkedPair(pair, join(folder, `${name}.crt`));
  return pair;
}

/** The key goes first, since a certificate without its key is of no use to anybody. */
async function writePair(folder: string, name: string, { certificate, key }: PemPair): Promise<void> {
  await writeAtomically(join(folder, `${name}.key`), key, 0o600);
  await writeAtomically(join(folder, `${name}.crt`), certificate);
}

/** A pair that belongs together, and until when. Half of it may be of a moment ago while files are being replaced. */
function checkedPair(pair: PemPair, subject: string): PemPair & { readonly notAfter: UnixMs } {
  try {
    const leaf = new X509Certificate(pair.certificate);
    const notAfter = parseUnixMs(leaf.validToDate.getTime());
    if (leaf.checkPrivateKey(createPrivateKey(pair.key)) && notAfter !== undefined) return { ...pair, notAfter };
  } catch (cause) {
    if (asNodeError(cause) === undefined) throw cause;
    throw new Fault("certificate.invalid", subject, { cause });
  }
  throw new Fault("certificate.invalid", `${subject}: the key is another certificate's`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (asNodeError(cause) === undefined) throw cause;
    throw new Fault("certificate.invalid", path, { cause });
  }
}
