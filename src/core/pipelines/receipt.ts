import { parseDigestRef, parseSha256Hex, toDigestRef, type DigestRef } from "../digest.ts";
import { readJsonText } from "../json/read-json.ts";
import { isFields, type NoteProblem } from "./field-reader.ts";

/** One result of a TaskRun or PipelineRun; arrays and objects as they are (Tekton v1 `TaskRunResult`). */
export type RunResult = { readonly name: string; readonly value: unknown };

/** What the signing step wrote of itself (pipelines chapter §3, "Results"). A claim of the run's controller status. */
export type SigningReceipt = {
  readonly imageDigest?: DigestRef;
  readonly bundleDigests: readonly DigestRef[];
  readonly entries: readonly ReceiptEntry[];
  readonly certificate?: { readonly serialHex: string; readonly sha256?: DigestRef };
  /** `JTI=<uuid>`, as the API server writes it in its audit annotation. */
  readonly credentialId?: string;
};

/** `reused` entries were made by an earlier run and claim nothing for this one. */
export type ReceiptEntry = {
  readonly log: string;
  readonly index?: number;
  readonly leaf?: DigestRef;
  readonly reused: boolean;
};

type Note = (name: string, problem: NoteProblem) => void;

/** The termination message of a container holds at most 4,096 bytes; all results of one step share it. */
const RESULT_CHARACTERS_MAX = 65_536;
const RESULT_DEPTH_MAX = 8;
const ENTRIES_MAX = 256;

/** Reads the receipt from the results of a run; `undefined` when the run wrote none of it. */
export function readReceipt(results: readonly RunResult[], note: Note): SigningReceipt | undefined {
  const byName = new Map(results.map((result) => [result.name, result.value]));
  const names = ["BUNDLE_DIGESTS", "LOG_ENTRIES", "CERT", "CREDENTIAL_ID"];
  if (!names.some((name) => byName.has(name))) return undefined;
  const list = (name: string): readonly unknown[] => readList(byName.get(name), name, note);
  const imageDigest = readDigest(byName.get("IMAGE_DIGEST"));
  const certificate = readCertificate(byName.get("CERT"), note);
  const credentialId = readText(byName.get("CREDENTIAL_ID"));
  return {
    ...(imageDigest && { imageDigest }),
    bundleDigests: list("BUNDLE_DIGESTS").flatMap((item) => readDigest(item) ?? []),
    entries: list("LOG_ENTRIES").flatMap(readEntry),
    ...(certificate && { certificate }),
    ...(credentialId !== undefined && { credentialId }),
  };
}

/**
 * The artifact digests that a run's results name: `*IMAGE_DIGEST`, the items of `IMAGES`, and `*ARTIFACT_OUTPUTS.digest`
 * (tektoncd/chains `docs/config.md`, "Chains Type Hinting").
 */
export function artifactDigestsOf(results: readonly RunResult[]): readonly DigestRef[] {
  const found = results.flatMap(({ name, value }) => {
    if (name.endsWith("IMAGE_DIGEST")) return readDigest(value) ?? [];
    if (name === "IMAGES") return splitImages(value).flatMap((item) => digestOfReference(item) ?? []);
    if (name.endsWith("ARTIFACT_OUTPUTS")) return readDigest(readObject(value)?.["digest"]) ?? [];
    return [];
  });
  return [...new Set(found)];
}

/** The repositories that a run's results name together with a digest, spelled as the run spells them. */
export function artifactReferencesOf(
  results: readonly RunResult[],
): readonly { readonly repository: string; readonly digest: DigestRef }[] {
  const byName = new Map(results.map((result) => [result.name, result.value]));
  return results.flatMap(({ name, value }) => {
    if (name === "IMAGES") return splitImages(value).flatMap((item) => referenceOf(item) ?? []);
    const digest = name.endsWith("ARTIFACT_OUTPUTS") ? readDigest(readObject(value)?.["digest"]) : readDigest(value);
    if (!digest) return [];
    const repository = name.endsWith("ARTIFACT_OUTPUTS")
      ? readText(readObject(value)?.["uri"])
      : name.endsWith("IMAGE_DIGEST")
        ? readText(byName.get(name.replace(/DIGEST$/, "URL")))
        : undefined;
    return repository === undefined ? [] : [{ repository: repository.replace(/@.*$/, ""), digest }];
  });
}

function referenceOf(item: string): { readonly repository: string; readonly digest: DigestRef } | undefined {
  const digest = digestOfReference(item);
  return digest && { repository: item.slice(0, item.lastIndexOf("@")), digest };
}

function digestOfReference(item: string): DigestRef | undefined {
  return readDigest(item.slice(item.lastIndexOf("@") + 1));
}

function splitImages(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((item): item is string => typeof item === "string");
  return typeof value === "string" ? value.split(/[\s,]+/).filter((item) => item !== "") : [];
}

function readList(value: unknown, name: string, note: Note): readonly unknown[] {
  if (value === undefined) return [];
  const items = typeof value === "string" ? parseJson(value) : value;
  if (!Array.isArray(items)) {
    note(name, "not-json");
    return [];
  }
  if (items.length > ENTRIES_MAX) note(name, "too-many");
  return items.slice(0, ENTRIES_MAX);
}

function readEntry(item: unknown): readonly ReceiptEntry[] {
  if (!isFields(item)) return [];
  const { index, log } = item;
  const leaf = readHash(item["leaf"]);
  return [
    {
      log: readText(log) ?? "",
      ...(typeof index === "number" && Number.isSafeInteger(index) && index >= 0 && { index }),
      ...(leaf && { leaf }),
      reused: item["reused"] === true,
    },
  ];
}

function readCertificate(value: unknown, note: Note): SigningReceipt["certificate"] {
  const fields = readObject(value);
  const serial = readText(fields?.["serial"])?.toLowerCase();
  if (serial === undefined || !/^[0-9a-f]{1,64}$/.test(serial)) {
    // A run that found everything signed needed no certificate, and Tekton wants every declared result.
    if (value !== undefined && value !== "") note("CERT", "malformed");
    return undefined;
  }
  const sha256 = readHash(fields?.["sha256"]);
  return { serialHex: serial, ...(sha256 && { sha256 }) };
}

/** A hash as bare hexadecimal or as `sha256:…`: both stand in receipts of the field. */
function readHash(value: unknown): DigestRef | undefined {
  if (typeof value !== "string") return undefined;
  const bare = parseSha256Hex(value);
  return bare ? toDigestRef(bare) : parseDigestRef(value);
}

function readDigest(value: unknown): DigestRef | undefined {
  // Tekton keeps the newline that `echo` leaves at the end of a results file.
  return typeof value === "string" ? parseDigestRef(value.trim()) : undefined;
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function readObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const object = typeof value === "string" ? parseJson(value) : value;
  return isFields(object) ? object : undefined;
}

function parseJson(text: string): unknown {
  if (text.length > RESULT_CHARACTERS_MAX) return undefined;
  const json = readJsonText(text, RESULT_DEPTH_MAX);
  return json.ok ? json.value : undefined;
}
