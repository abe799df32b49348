import { operandsOf, optionOf, type ToolCall } from "../../lint/calls.ts";
import { hasVariable } from "../../lint/keyless.ts";
import { isSigningReference, signingWayOf, subjectsOf } from "../../lint/signing.ts";
import type { StepFacts } from "../../lint/scene.ts";
import type { SourceNode } from "../../pipelines/definitions/source-node.ts";
import { digestPartOf, toArtifact } from "./artifact.ts";
import type { Entry, EntryTask } from "./entry.ts";
import {
  rankOfStrength,
  weakestOf,
  type FactFamily,
  type FactReference,
  type FactSignature,
  type Lowered,
} from "./fact.ts";
import { guardsOf } from "./guards.ts";
import { factTokensOf, isolationOf } from "./isolation.ts";
import { isPinned, textOfReference } from "./revision.ts";
import { loweredByScript } from "./script-strength.ts";
import { loweredByStep, loweredByTask } from "./strength.ts";
import type { Values } from "./values.ts";

/** What an entry signs, by what a step does. */
export type Signing = { readonly artifact: string; readonly family: FactFamily; readonly signature: FactSignature };

/** Tasks by the artifact they make. */
export type Producers = ReadonlyMap<string, ReadonlySet<string>>;

type Around = { readonly at: EntryTask; readonly entry: Entry; readonly values: Values; readonly producers: Producers };

/** Everything that the steps of one task sign. */
export function signingsOf(around: Around): readonly Signing[] {
  const { at } = around;
  if (!at.unit) return [];
  return at.scene
    .stepsOf(at.unit)
    .flatMap((facts) => [
      ...facts.signings.flatMap((call) => signingsOfCall(call, facts, around)),
      ...(facts.step.origin === "opaque" && facts.step.reference && isSigningReference(facts.step.reference)
        ? [signingOfOpaqueStep(facts, around)]
        : []),
    ]);
}

function signingsOfCall(call: ToolCall, facts: StepFacts, around: Around): readonly Signing[] {
  return subjectTexts(call).map(({ text, family }) => {
    const subject = around.values.ofStep(text, around.at, facts);
    const artifact = toArtifact(around.values.ofRun(subject));
    const lowered = [...loweredByStep(around.at, facts, around.values), ...loweredByScript(call)];
    const signature = toSignature({ facts, around, subject, artifact, lowered });
    return {
      artifact,
      family,
      signature: {
        ...signature,
        mechanism: signingWayOf(call) ?? "opaque",
        weakenings: weakeningsOf(call, facts),
        hasTimestamp:
          optionOf(call, "--timestamp-server-url", "--signing-config") !== undefined ||
          hasVariable(facts, "COSIGN_TIMESTAMP_SERVER_URL"),
        node: call.name.scalar,
      },
    };
  });
}

/** A StepAction that is not in sight signs, when its name says so, what its parameters name. */
function signingOfOpaqueStep(facts: StepFacts, around: Around): Signing {
  const { step } = facts;
  const get = (...names: readonly string[]): string | undefined =>
    names.map((name) => step.values.get(name)?.text).find((text) => text !== undefined);
  const digest = get("digest", "DIGEST", "image-digest");
  const text = `${get("image", "IMAGE", "image-url", "url") ?? ""}${digest === undefined ? "" : `@${digest}`}`;
  const subject = around.values.ofStep(text, around.at, facts);
  const artifact = toArtifact(around.values.ofRun(subject));
  const lowered = loweredByStep(around.at, facts, around.values);
  const signature = toSignature({ facts, around, subject, artifact, lowered });
  const isKnown = step.reference !== undefined && isPinned(step.reference);
  return {
    artifact,
    family: "image",
    signature: {
      ...signature,
      mechanism: "opaque",
      strength: isKnown ? signature.strength : "unknown",
      node: step.node,
    },
  };
}

type Draft = {
  readonly facts: StepFacts;
  readonly around: Around;
  readonly subject: string;
  readonly artifact: string;
  readonly lowered: readonly Lowered[];
};

type Bare = Omit<FactSignature, "mechanism" | "node">;

function toSignature({ facts, around, subject, artifact, lowered }: Draft): Bare {
  const { at, entry, values, producers } = around;
  const makers = producers.get(artifact) ?? new Set();
  const all = [...loweredByTask(at, entry, values, makers), ...lowered].toSorted(
    (a, b) => rankOfStrength(a.strength) - rankOfStrength(b.strength),
  );
  const { isolation, why } = isolationOf(facts, at, entry);
  return {
    strength: weakestOf(all.map((one) => one.strength)),
    lowered: all,
    isolation,
    exposure: why,
    identity: `${entry.namespace === "" ? "?" : entry.namespace}/${at.account ?? "?"}`,
    subject,
    binding: bindingOf(subject, makers),
    image: facts.step.image && values.ofStep(facts.step.image.text, at, facts),
    weakenings: [],
    hasTimestamp: false,
    tokens: factTokensOf(facts, at),
    guards: guardsOf(at, entry, values, makers),
    references: referencesOf(at, facts),
  };
}

/** By what a subject names its content: the digest of a task that makes it is the only way that binds the two. */
function bindingOf(subject: string, makers: ReadonlySet<string>): FactSignature["binding"] {
  const digest = digestPartOf(subject);
  if (digest === undefined || digest.trim() === "") return "tag";
  if (/^sha(?:256|512):[0-9a-f]{64,}$/.test(digest)) return "literal";
  const task = /\$\(tasks\.([^.)]+)\.results\./.exec(digest)?.[1];
  if (task !== undefined) return makers.has(task) ? "produced" : "given";
  return /\$\(steps\.|results\.[\w-]*(?:DIGEST|digest)/.test(digest) ? "produced" : "given";
}

function subjectTexts(call: ToolCall): readonly { readonly text: string; readonly family: FactFamily }[] {
  if (call.tool === "gitsign") return [];
  if (call.tool === "countersign-sign") {
    const image = optionOf(call, "--image")?.value ?? "";
    const digest = optionOf(call, "--digest")?.value;
    const sbom = optionOf(call, "--sbom")?.value ?? "";
    const text = `${image}${digest === undefined ? "" : `@${digest}`}`;
    return [{ text, family: "image" }, ...(sbom === "" ? [] : [{ text, family: "sbom" as const }])];
  }
  const family = familyOf(call);
  return subjectsOf(call).map(({ value }) => ({ text: value, family }));
}

function familyOf(call: ToolCall): FactFamily {
  const [verb, kind] = operandsOf(call).map(({ value }) => value);
  const act = call.tool === "countersign" ? kind : verb;
  if (act === "sbom") return "sbom";
  if (act === "blob" || act === "sign-blob" || act === "attest-blob") return "file";
  if (act !== "attest") return "image";
  const type = optionOf(call, "--type", "--predicate-type")?.value ?? "";
  if (/spdx|cyclonedx/i.test(type)) return "sbom";
  return /slsa|provenance/i.test(type) ? "provenance" : "attestation";
}

/** Options that take the log, the upload, or the service of the installation away (change-gate chapter §5, GS011). */
const OFF =
  /^--(?:tlog-upload=false|no-tlog-upload(?:=true)?|upload=false|no-upload(?:=true)?|insecure-ignore-(?:tlog|sct)(?:=true)?|allow-insecure-registry(?:=true)?|allow-http-registry(?:=true)?|insecure-skip-verify(?:=true)?)$/;
const NAMED = ["--key", "--sk", "--fulcio-url", "--rekor-url", "--certificate", "--identity-token"];

function weakeningsOf(call: ToolCall, { step }: StepFacts): readonly string[] {
  const off = call.words.filter(({ value }) => OFF.test(value)).map(({ value }) => value);
  const named = NAMED.flatMap((name) => {
    const option = optionOf(call, name);
    return option ? [`${name}=${option.value}`] : [];
  });
  const variables = step.env.filter(({ name }) =>
    /^COSIGN_(?:TLOG_UPLOAD|FULCIO_URL|REKOR_URL|KEY|ALLOW_\w+)$/.test(name),
  );
  return [...off, ...named, ...variables.map(({ name, value }) => `${name}=${value?.text ?? ""}`)];
}

/** References on the way to a signature. */
function referencesOf({ task, unit }: EntryTask, { step }: StepFacts): readonly FactReference[] {
  const own = task.reference ? [toFactReference(`task ${task.name}`, task.reference, unit !== undefined)] : [];
  const { reference, origin, name } = step;
  return [...own, ...(reference ? [toFactReference(`step ${name}`, reference, origin !== "opaque")] : [])];
}

export function toFactReference(
  role: string,
  reference: FactReference["reference"],
  isResolved: boolean,
): FactReference {
  return { role, reference, text: textOfReference(reference), isPinned: isPinned(reference), isResolved };
}

/** Whether a step mentions a signer in a script that could not be read: then nothing follows from what was read. */
export function mentionsSigner({ scripts }: StepFacts): SourceNode | undefined {
  return scripts.find(
    ({ scalar, facts }) =>
      facts?.isWhole !== true && /\bcosign\b|\bnotation\s+sign\b|\bcountersign\b/.test(scalar.text),
  )?.scalar;
}
