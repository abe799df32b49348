import { constants, type PathLike } from "node:fs";
import { open } from "node:fs/promises";
import type { MadeSignature, SigningOutcome } from "../../capabilities/sign/job.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { digestRefOf, sha256, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { leafHash } from "../../core/merkle/tree.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { ResultName } from "./options.ts";

/** What the results may take together; the termination message that carries them holds 4,096 bytes (Kubernetes). */
export const RESULTS_BYTES_MAX = 2048;
/** The names of the results, their types and what Tekton adds of its own (`StartedAt`, `ExitCode`). */
const MESSAGE_FRAME_BYTES = 600;
const MESSAGE_BYTES_MAX = 4096;
/** So many signatures fit: each takes a bundle's digest and an entry of a log. */
export const SIGNATURES_MAX = 16;

/**
 * The signing receipt as Tekton results (pipelines chapter §3), which `core/pipelines/receipt.ts` reads. Every one has a
 * value, since Tekton fails a run that leaves out what its Task declares: what there is none of is empty.
 * Where whole entries would not fit, all go without their leaf hash: log and index name an entry as well.
 */
export function toResults(outcome: SigningOutcome, image: DigestRef): ReadonlyMap<ResultName, string> {
  const whole = resultsOf(outcome, image, true);
  return sizeOf(whole) <= RESULTS_BYTES_MAX ? whole : resultsOf(outcome, image, false);
}

function resultsOf(
  { signatures, certificate, credentialId }: SigningOutcome,
  image: DigestRef,
  withLeaves: boolean,
): ReadonlyMap<ResultName, string> {
  const cert = certificate && {
    serial: toHex(certificate.serial),
    sha256: toHex(sha256(certificate.der)),
  };
  return new Map<ResultName, string>([
    ["IMAGE_DIGEST", image],
    ["BUNDLE_DIGESTS", JSON.stringify(signatures.map(({ bytes }) => digestRefOf(bytes)))],
    ["LOG_ENTRIES", JSON.stringify(signatures.flatMap((signature) => entriesOf(signature, withLeaves)))],
    ["CERT", cert ? JSON.stringify(cert) : ""],
    ["CREDENTIAL_ID", credentialId ?? ""],
  ]);
}

type Entry = { readonly log: string; readonly index: number; readonly leaf?: string; readonly reused?: true };

function entriesOf({ facts, bundle, reused }: MadeSignature, withLeaves: boolean): readonly Entry[] {
  return facts.entries.map(({ log, logIndex, position }) => {
    const body = bundle.entries[position]?.canonicalizedBody;
    return {
      log,
      index: logIndex,
      ...(withLeaves && body && { leaf: toHex(leafHash(body)) }),
      ...(reused && { reused }),
    };
  });
}

function sizeOf(results: ReadonlyMap<ResultName, string>): number {
  return [...results.values()].reduce((size, value) => size + toUtf8(value).length, 0);
}

/** What they take in the termination message, where each is a JSON string. */
function messageSizeOf(results: ReadonlyMap<ResultName, string>): number {
  return MESSAGE_FRAME_BYTES + toUtf8(JSON.stringify([...results.values()])).length;
}

/** Writes the results that were asked for, each to its file. Faults: `output.unwritable`. */
export async function writeResults(
  paths: ReadonlyMap<ResultName, string>,
  results: ReadonlyMap<ResultName, string>,
): Promise<void> {
  const asked = new Map([...results].filter(([name]) => paths.has(name)));
  const size = messageSizeOf(asked);
  if (size > MESSAGE_BYTES_MAX) {
    throw new Fault("output.unwritable", `the results take ${size} bytes of a termination message`);
  }
  await Promise.all([...asked].map(([name, value]) => writeNew(paths.get(name) ?? "", value)));
}

/** Not through a link: the name is Tekton's, and nobody else has to lead it elsewhere. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

async function writeNew(path: PathLike & string, value: string): Promise<void> {
  try {
    const file = await open(path, FLAGS, 0o644);
    try {
      await file.writeFile(value);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new Fault("output.unwritable", path, { cause });
  }
}
