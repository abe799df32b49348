import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { parseImageReference, parseRepository } from "../../core/image/reference.ts";

/** The results of the signing Task: together the signing receipt. None may end in IMAGE_URL (docs/reference/sign-step.md). */
export const RESULTS = ["IMAGE_DIGEST", "BUNDLE_DIGESTS", "LOG_ENTRIES", "CERT", "CREDENTIAL_ID"] as const;
export type ResultName = (typeof RESULTS)[number];

/** What lies in a registry under a digest. */
export type DigestReference = { readonly repository: string; readonly digest: DigestRef };

/** All that the signing step is told. Nothing else tells it anything: it reads no environment variable. */
export type StepOptions = {
  readonly image: DigestReference;
  readonly recursive: boolean;
  readonly sbom?: DigestReference;
  readonly tokenFile: string;
  readonly placement: string;
  /** A docker `config.json`. Absent: registries are asked without credentials. */
  readonly registryAuth?: string;
  readonly results: ReadonlyMap<ResultName, string>;
  /** The name of the TaskRun, and how its API server is asked; needed where the placement wants provenance. */
  readonly taskRun: string;
  readonly apiTokenFile: string;
  readonly apiCaFile: string;
};

const NAMES = [
  "image",
  "digest",
  "recursive",
  "sbom",
  "token-file",
  "placement",
  "registry-auth",
  "task-run",
  "api-token-file",
  "api-ca-file",
  "result",
] as const;
type OptionName = (typeof NAMES)[number];

const ARGUMENT_CHARACTERS_MAX = 4096;
const ARGUMENTS_MAX = 64;

/**
 * Reads the arguments: each is `--name=value`, once, but `--result`. A Task passes a parameter that was left out as an
 * empty value, which is as if the option were not there. Faults: `input.malformed`, `option.missing`.
 */
export function readStepOptions(argv: readonly string[]): StepOptions {
  const given = readArguments(argv);
  const one = (name: OptionName): string => given.get(name)?.[0] ?? "";
  const needed = (name: OptionName): string => one(name) || missing(name);
  const sbom = one("sbom");
  const registryAuth = one("registry-auth");
  return {
    image: { repository: toRepositoryName(needed("image")), digest: toDigest("--digest", needed("digest")) },
    recursive: toBoolean(one("recursive")),
    ...(sbom !== "" && { sbom: toDigestReference("--sbom", sbom) }),
    tokenFile: needed("token-file"),
    placement: needed("placement"),
    ...(registryAuth !== "" && { registryAuth }),
    results: toResults(given.get("result") ?? []),
    taskRun: one("task-run"),
    apiTokenFile: one("api-token-file"),
    apiCaFile: one("api-ca-file"),
  };
}

function readArguments(argv: readonly string[]): ReadonlyMap<OptionName, readonly string[]> {
  if (argv.length > ARGUMENTS_MAX) throw new Fault("input.malformed", `more than ${ARGUMENTS_MAX} arguments`);
  const given = new Map<OptionName, readonly string[]>();
  for (const argument of argv) {
    const [, written = "", value = ""] = /^--([a-z-]+)=(.*)$/s.exec(argument) ?? [];
    const name = NAMES.find((known) => known === written);
    if (!name || argument.length > ARGUMENT_CHARACTERS_MAX) {
      const known = NAMES.map((option) => `--${option}=`).join(", ");
      throw new Fault("input.malformed", `${quoted(argument)} is none of ${known}`);
    }
    const before = given.get(name) ?? [];
    if (before.length > 0 && name !== "result") throw new Fault("input.malformed", `--${name} is given twice`);
    given.set(name, [...before, value]);
  }
  return given;
}

function missing(name: OptionName): never {
  throw new Fault("option.missing", `--${name}`);
}

/** A tag would let the registry say what is signed, and a digest here could contradict the other. */
function toRepositoryName(text: string): string {
  const repository = parseRepository(text);
  if (repository.ok) return repository.value;
  throw new Fault("input.malformed", `--image ${quoted(text)} is no repository without tag and digest`);
}

function toDigest(option: string, text: string): DigestRef {
  return parseDigestRef(text) ?? malformed(option, text, "sha256: and 64 hexadecimal digits");
}

function toDigestReference(option: string, text: string): DigestReference {
  const reference = parseImageReference(text);
  if (!reference.ok) return malformed(option, text, "repository@sha256:…");
  const { repository, digest, tag } = reference.value;
  if (!digest || tag !== undefined) return malformed(option, text, "repository@sha256:…, without a tag");
  return { repository, digest };
}

function toBoolean(text: string): boolean {
  if (text === "true") return true;
  return text === "" || text === "false" ? false : malformed("--recursive", text, "true or false");
}

function toResults(given: readonly string[]): ReadonlyMap<ResultName, string> {
  const results = new Map<ResultName, string>();
  for (const text of given) {
    const at = text.indexOf("=");
    const name = RESULTS.find((known) => known === text.slice(0, Math.max(at, 0)));
    const path = text.slice(at + 1);
    if (!name || path === "" || results.has(name)) {
      malformed("--result", text, `NAME=PATH with one of ${RESULTS.join(", ")}, each once`);
    } else {
      results.set(name, path);
    }
  }
  return results;
}

function malformed(option: string, text: string, expected: string): never {
  throw new Fault("input.malformed", `${option} ${quoted(text)} is not ${expected}`);
}

const QUOTED_CHARACTERS_MAX = 200;

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_CHARACTERS_MAX));
}
