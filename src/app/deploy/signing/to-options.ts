import { parseUtf8 } from "../../../core/bytes/utf8.ts";
import { Fault } from "../../../core/fault.ts";
import { parseImageReference, parseRepository } from "../../../core/image/reference.ts";
import type { Parsed } from "../../../core/parsed.ts";
import { readSigningConfig } from "../../../core/trust/signing-config.ts";
import { readTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { fileSource } from "../../../adapters/tuf/file-source.ts";
import { readInput } from "../../read-input.ts";
import { TEKTON_CONTROLLERS, type Part, type SigningOptions } from "./options.ts";

/** What a person says; which of it is needed depends on the part. */
export type RenderRequest = {
  readonly part: Part;
  readonly image?: string;
  readonly taskBundle?: string;
  readonly namespace?: readonly string[];
  readonly serviceAccount: string;
  readonly repository?: readonly string[];
  readonly registrySecret: string;
  readonly platform: keyof typeof TEKTON_CONTROLLERS;
  readonly sessionGroup?: readonly string[];
  readonly audience: string;
  readonly trustedRoot?: string;
  readonly signingConfig?: string;
  readonly caFile?: string;
  readonly layout: SigningOptions["layout"];
  readonly builderId?: string;
  readonly apiAudience: string;
};

type Named = Extract<keyof RenderRequest, "image" | "taskBundle" | "namespace" | "repository" | "trustedRoot">;

/** What cannot be left out, by part: a manifest with a blank in it would be applied with the blank. */
const NEEDED: Readonly<Record<Part, readonly Named[]>> = {
  task: ["image"],
  namespace: ["taskBundle", "namespace", "repository", "trustedRoot"],
  admission: ["image", "taskBundle", "namespace"],
};

/** What is not needed for a part is not rendered into it. */
const UNUSED = { reference: "", list: [""] as const, document: "" };

/** Reads and judges what was said. Faults: `option.missing`, `input.malformed`, `trust.invalid`, those of reading a file. */
export async function toOptions(request: RenderRequest): Promise<SigningOptions> {
  for (const name of NEEDED[request.part]) {
    if ((request[name]?.length ?? 0) === 0) throw new Fault("option.missing", `--${dashed(name)}`);
  }
  const { image, taskBundle, namespace = [], repository = [], platform, sessionGroup = [], ...rest } = request;
  for (const one of [rest.serviceAccount, rest.registrySecret, ...namespace]) checkName(one);
  const { serviceAccount, registrySecret, audience, layout } = rest;
  return {
    image: image === undefined ? UNUSED.reference : pinned("--image", image),
    taskBundle: taskBundle === undefined ? UNUSED.reference : pinned("--task-bundle", taskBundle),
    namespaces: atLeastOne(namespace),
    repositories: atLeastOne(repository.map(toRepository)),
    serviceAccount,
    registrySecret,
    audience,
    layout,
    tektonController: TEKTON_CONTROLLERS[platform],
    sessionGroups: sessionGroup,
    ...provenanceOf(rest),
    ...(await readTrust(rest)),
  };
}

function provenanceOf({
  builderId,
  apiAudience,
  audience,
}: Pick<RenderRequest, "builderId" | "apiAudience" | "audience">): Pick<SigningOptions, "provenance"> {
  if (builderId === undefined) return {};
  if (!URL.canParse(builderId))
    throw new Fault("input.malformed", `--builder-id ${JSON.stringify(builderId)} is no URI`);
  if (apiAudience === audience) {
    throw new Fault("input.malformed", `--api-audience ${apiAudience} is Fulcio's: every pod's token could sign`);
  }
  return { provenance: { builderId, apiAudience } };
}

function atLeastOne(values: readonly string[]): readonly [string, ...string[]] {
  const [first, ...others] = values;
  return first === undefined ? UNUSED.list : [first, ...others];
}

/** By digest and nothing else: with a tag beside it, two clients could run two images. */
function pinned(option: string, text: string): string {
  const reference = parseImageReference(text);
  const { repository, digest, tag } = reference.ok ? reference.value : {};
  if (repository !== undefined && digest !== undefined && tag === undefined) return `${repository}@${digest}`;
  throw new Fault("input.malformed", `${option} ${JSON.stringify(text.slice(0, 200))} is not repository@sha256:…`);
}

function toRepository(text: string): string {
  const repository = parseRepository(text);
  if (repository.ok) return repository.value;
  throw new Fault("input.malformed", `--repository ${JSON.stringify(text.slice(0, 200))}: ${repository.detail}`);
}

/** RFC 1123 label, as Kubernetes has it for what is named here. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function checkName(text: string): void {
  if (NAME.test(text)) return;
  throw new Fault("input.malformed", `${JSON.stringify(text.slice(0, 200))} is no name of a Kubernetes object`);
}

const DOCUMENT_BYTES_MAX = 512 * 1024;

/** The documents as they lie there, once they are known to be read by the step. */
async function readTrust({
  trustedRoot,
  signingConfig,
  caFile,
}: Pick<RenderRequest, "trustedRoot" | "signingConfig" | "caFile">): Promise<
  Pick<SigningOptions, "trustedRoot" | "signingConfig" | "caCertificates">
> {
  if (trustedRoot === undefined) return { trustedRoot: UNUSED.document };
  const paths = { path: trustedRoot, ...(signingConfig !== undefined && { signingConfigPath: signingConfig }) };
  const material = await fileSource(paths).read(new AbortController().signal);
  known(readTrustedRoot(material.trustedRoot), trustedRoot);
  if (!material.signingConfig) throw new Fault("option.missing", "--signing-config: the trusted root has none with it");
  known(readSigningConfig(material.signingConfig), signingConfig ?? trustedRoot);
  return {
    trustedRoot: await readDocument(trustedRoot),
    ...(signingConfig !== undefined && { signingConfig: await readDocument(signingConfig) }),
    ...(caFile !== undefined && { caCertificates: await readDocument(caFile) }),
  };
}

function known(read: Parsed<unknown>, path: string): void {
  if (!read.ok) throw new Fault("trust.invalid", `${path}: ${read.code}: ${read.detail}`);
}

async function readDocument(path: string): Promise<string> {
  const text = parseUtf8(await readInput(path, DOCUMENT_BYTES_MAX));
  if (text === undefined) throw new Fault("input.malformed", `${path} is not UTF-8`);
  return text;
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
