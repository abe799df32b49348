import { dirname, join } from "node:path";
import { z } from "zod";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { parseRepository } from "../../core/image/reference.ts";
import { API_VERSION } from "../../core/names.ts";
import { parseConfigDocument } from "../config/document.ts";
import { renderPath } from "../config/problem.ts";
import { readInput } from "../read-input.ts";

/** The kind of the document that a signing step is placed by. */
export const PLACEMENT_KIND = "SigningPlacement";

const name = z.string().min(1).max(255);
const url = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/, "an http or https URL without user or password");
/** Beside the placement, in the same ConfigMap: no path leads out of it. */
const file = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, "the name of a file beside this one");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 as 64 lower-case hexadecimal digits");
const repository = name
  .refine((text) => parseRepository(text).ok, "a repository without tag and digest")
  .transform((text) => {
    const parsed = parseRepository(text);
    return parsed.ok ? parsed.value : text;
  });
const LIST_MAX = 256;

const services = z.strictObject({
  fulcio: url,
  timestampAuthority: url.exactOptional(),
  logs: z
    .array(z.strictObject({ type: z.enum(["rekor1", "rekor2"]), url }))
    .min(1)
    .max(8),
});

const registry = z.strictObject({
  host: z.string().regex(/^[a-z0-9.-]+(?::\d{1,5})?$|^\[[0-9a-f:]+\](?::\d{1,5})?$/, "a host, with a port if need be"),
  caFile: file.exactOptional(),
});

const spec = z
  .strictObject({
    audience: name,
    repositories: z.array(repository).min(1).max(LIST_MAX),
    layout: z.enum(["referrer", "legacy"]).default("referrer"),
    trustedRoot: z.strictObject({ file, sha256: sha256.exactOptional() }),
    signingConfig: z.strictObject({ file }).exactOptional(),
    services: services.exactOptional(),
    caFile: file.exactOptional(),
    registries: z.array(registry).max(LIST_MAX).default([]),
    provenance: z
      .strictObject({ builderId: z.url().max(2048), apiServer: url.default("https://kubernetes.default.svc") })
      .exactOptional(),
  })
  .refine(
    (given) => given.signingConfig === undefined || given.services === undefined,
    "either signingConfig or services, not both",
  );

const document = z.strictObject({ apiVersion: z.literal(API_VERSION), kind: z.literal(PLACEMENT_KIND), spec });

/**
 * Where a signing step signs, for whom, and what it may sign: all that it is told of the world, by whoever may write the
 * ConfigMap it lies in. File names are those of files beside it.
 */
export type SigningPlacement = {
  /** Of the identity token, and no other. */
  readonly audience: string;
  /** In normal form, each with all below it. */
  readonly repositories: readonly string[];
  readonly layout: "referrer" | "legacy";
  readonly trustedRoot: { readonly file: string; readonly sha256?: string };
  /** Absent as well as `services`: the trusted root is a ClientTrustConfig, which has both. */
  readonly signingConfig?: { readonly file: string };
  readonly services?: {
    readonly fulcio: string;
    readonly timestampAuthority?: string;
    readonly logs: readonly { readonly type: "rekor1" | "rekor2"; readonly url: string }[];
  };
  /** PEM: the only anchors of the services. Absent: those that Node ships. */
  readonly caFile?: string;
  readonly registries: readonly { readonly host: string; readonly caFile?: string }[];
  /** Present: the step attests how the image was built, as the API server tells it. Else Tekton Chains does, or nobody. */
  readonly provenance?: { readonly builderId: string; readonly apiServer: string };
};

const PLACEMENT_BYTES_MAX = 256 * 1024;

/** Reads a placement; file names come back as paths. Faults: `placement.invalid`, those of reading a file. */
export async function readPlacement(path: string): Promise<SigningPlacement> {
  const text = parseUtf8(await readInput(path, PLACEMENT_BYTES_MAX));
  if (text === undefined) throw new Fault("placement.invalid", `${path}: not UTF-8`);
  return toPaths(parsePlacement(text, path), dirname(path));
}

/** Parses the text of a placement; `path` is named in faults only. Faults: `placement.invalid`. */
export function parsePlacement(text: string, path: string): SigningPlacement {
  const read = parseConfigDocument(text);
  if (!("value" in read)) throw new Fault("placement.invalid", `${path}:${read.line}: ${read.message}`);
  const result = document.safeParse(read.value);
  if (result.success) return result.data.spec;
  const [issue, ...others] = result.error.issues;
  const where = (issue?.path ?? []).map((part) => (typeof part === "symbol" ? String(part) : part));
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  const what = issue ? messageOf(issue) : "malformed";
  throw new Fault("placement.invalid", `${path}:${read.lineOf(where)}: ${renderPath(where)}: ${what}${more}`);
}

function messageOf({ code, message }: z.core.$ZodIssue): string {
  if (code === "invalid_format" || code === "custom") return `not ${message}`;
  if (message.endsWith("received undefined")) return "required";
  return message.replace(/^Invalid input: /, "");
}

function toPaths(placement: SigningPlacement, folder: string): SigningPlacement {
  const at = (beside: string): string => join(folder, beside);
  const { trustedRoot, signingConfig, caFile, registries } = placement;
  return {
    ...placement,
    trustedRoot: { ...trustedRoot, file: at(trustedRoot.file) },
    ...(signingConfig && { signingConfig: { file: at(signingConfig.file) } }),
    ...(caFile !== undefined && { caFile: at(caFile) }),
    registries: registries.map((one) => ({ ...one, ...(one.caFile !== undefined && { caFile: at(one.caFile) }) })),
  };
}
