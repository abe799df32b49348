import type { ImageTarget, SigningJob } from "../../capabilities/sign/job.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { parseDigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { parseImageReference } from "../../core/image/reference.ts";
import type { Parsed } from "../../core/parsed.ts";
import { parsePredicateType, PREDICATE_BYTES_MAX, readPredicate, readSbom } from "../../core/sign/predicates.ts";
import type { NonEmpty } from "../../core/verdict.ts";
import type { Io } from "../io.ts";
import { readInput } from "../read-input.ts";

/** What a person says of the things to sign. */
export type JobOptions = {
  readonly kind: "image" | "blob" | "attest" | "sbom";
  readonly layout?: ImageTarget["layout"];
  readonly recursive?: boolean;
  readonly annotations?: readonly string[];
  readonly digestFile?: string;
  readonly sbom?: string;
  readonly predicate?: string;
  readonly predicateType?: string;
};

export type Jobs = { readonly jobs: NonEmpty<SigningJob>; readonly repositories: readonly string[] };

/** The largest file that is signed whole in memory. */
const BLOB_BYTES_MAX = 1024 * 1024 * 1024;

/** Reads what is named on the command line. Faults: `input.missing`, `input.malformed` and the others of reading. */
export async function toJobs(subjects: readonly string[], options: JobOptions, io: Io): Promise<Jobs> {
  if (options.kind === "blob") return { jobs: [await toBlobJob(subjects[0] ?? "", io)], repositories: [] };
  const images = await Promise.all(subjects.map((subject) => toImage(subject, options)));
  const [image, ...others] = images;
  if (!image) throw new Fault("input.missing", "an image");
  const more = await toImageJobs(image, options);
  const rest = await Promise.all(others.map((other) => toImageJobs(other, options)));
  const [first, ...tail] = more;
  return { jobs: [first, ...tail, ...rest.flat()], repositories: images.map(({ repository }) => repository) };
}

async function toBlobJob(path: string, io: Io): Promise<SigningJob> {
  return {
    kind: "blob",
    bytes: path === "-" ? await io.readIn(BLOB_BYTES_MAX) : await readInput(path, BLOB_BYTES_MAX),
  };
}

async function toImageJobs(image: ImageTarget, options: JobOptions): Promise<NonEmpty<SigningJob>> {
  if (options.kind === "image") {
    const { recursive } = options;
    const annotations = toAnnotations(options.annotations ?? []);
    const job: SigningJob = { kind: "image", image, annotations, ...(recursive !== undefined && { recursive }) };
    return options.sbom === undefined ? [job] : [job, await toSbomJob(image, options.sbom)];
  }
  if (options.predicate === undefined) throw new Fault("option.missing", "--predicate");
  if (options.kind === "sbom") return [await toSbomJob(image, options.predicate)];
  const predicateType = parsePredicateType(options.predicateType ?? "");
  if (predicateType === undefined)
    throw new Fault("input.malformed", "--predicate-type is neither a URI nor a known name");
  const predicate = known(readPredicate(await readInput(options.predicate, PREDICATE_BYTES_MAX)), options.predicate);
  return [{ kind: "attestation", image, predicateType, predicate }];
}

async function toSbomJob(image: ImageTarget, path: string): Promise<SigningJob> {
  return { kind: "attestation", image, ...known(readSbom(await readInput(path, PREDICATE_BYTES_MAX)), path) };
}

function known<T>(read: Parsed<T>, path: string): T {
  if (read.ok) return read.value;
  throw new Fault("input.malformed", `${path}: ${read.code}: ${read.detail}`);
}

const DIGEST_FILE_BYTES_MAX = 256;

async function toImage(text: string, { layout = "referrer", digestFile }: JobOptions): Promise<ImageTarget> {
  const reference = parseImageReference(text);
  if (!reference.ok) throw new Fault("input.malformed", `${text.slice(0, 200)}: ${reference.detail}`);
  const { repository, tag, digest } = reference.value;
  if (digestFile === undefined) return { repository, reference: digest ?? tag ?? "latest", layout };
  const content = parseUtf8(await readInput(digestFile, DIGEST_FILE_BYTES_MAX))?.trim() ?? "";
  const found = parseDigestRef(content);
  if (!found) throw new Fault("input.malformed", `${digestFile} does not hold a sha256 digest`);
  return { repository, reference: found, layout };
}

function toAnnotations(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Fault("input.malformed", `--annotations ${JSON.stringify(pair)}: not key=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
