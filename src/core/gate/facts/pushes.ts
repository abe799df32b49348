import { operandsOf, optionOf, type ToolCall } from "../../lint/calls.ts";
import type { StepFacts } from "../../lint/scene.ts";
import type { ScalarNode } from "../../pipelines/definitions/source-node.ts";

/** One destination to which a step pushes, in the words of the step. */
export type Push = { readonly text: string; readonly node: ScalarNode; readonly tool: string };

/** Where the known build and copy tools of a step push to. */
export function pushesOf({ calls, step }: StepFacts): readonly Push[] {
  return calls.flatMap((call) => {
    const texts =
      call.tool === "ko"
        ? koPushes(call, step.env.find(({ name }) => name === "KO_DOCKER_REPO")?.value?.text)
        : (DESTINATIONS.get(call.tool)?.(call) ?? []);
    return texts
      .map((text) => text.replace(/^(?:docker|oci):\/\//, ""))
      .filter((text) => text !== "")
      .map((text) => ({ text, node: call.name.scalar, tool: call.tool }));
  });
}

type Destinations = (call: ToolCall) => readonly string[];

function verb(call: ToolCall): string {
  return operandsOf(call)[0]?.value ?? "";
}

function lastWord({ words }: ToolCall): string {
  return words.at(-1)?.value ?? "";
}

/** `buildah push IMAGE [DESTINATION]`, `docker push IMAGE`: the last word says where to, unless it is another transport. */
function pushes(call: ToolCall): readonly string[] {
  // Options in variables stand before the verb: `buildah $FLAGS push`.
  if (operandsOf(call).some(({ value }) => value === "push")) {
    const last = lastWord(call);
    return isRegistry(last) ? [last] : [];
  }
  const isBuild = call.words.some(({ value }) => value === "build" || value === "bake");
  const isPushing = call.words.some(({ value }) => /^--push(?:=true)?$/.test(value));
  return isBuild && isPushing ? everyOption(call, "-t", "--tag") : [];
}

function copies(call: ToolCall): readonly string[] {
  return verb(call) === "copy" || verb(call) === "cp" ? [lastWord(call)].filter(isRegistry) : [];
}

function isRegistry(text: string): boolean {
  return !/^(?:oci|dir|docker-archive|docker-daemon|containers-storage|oci-archive):(?!\/\/)/.test(text);
}

function everyOption(call: ToolCall, ...names: readonly string[]): readonly string[] {
  return call.words.flatMap(({ value }, i) => {
    if (names.includes(value)) return [call.words[i + 1]?.value ?? ""];
    const name = names.find((one) => value.startsWith(`${one}=`));
    return name === undefined ? [] : [value.slice(name.length + 1)];
  });
}

function kaniko(call: ToolCall): readonly string[] {
  const isOff = call.words.some(({ value }) => /^--no-push(?:=true)?$/.test(value));
  return isOff ? [] : everyOption(call, "--destination", "-d");
}

function buildctl(call: ToolCall): readonly string[] {
  return everyOption(call, "--output", "-o", "--exporter-opt").flatMap((text) => {
    if (!/push=true/.test(text)) return [];
    const name = /(?:^|,)"?name=([^,"]+)/.exec(text)?.[1];
    return name === undefined ? [] : [name];
  });
}

function crane(call: ToolCall): readonly string[] {
  if (verb(call) === "push" || verb(call) === "copy" || verb(call) === "cp") return [lastWord(call)];
  const isMaking = ["append", "mutate", "rebase", "flatten"].includes(verb(call));
  return isMaking ? everyOption(call, "-t", "--tag", "--new_tag", "--rebased") : [];
}

function oras(call: ToolCall): readonly string[] {
  if (verb(call) === "push") return [operandsOf(call)[1]?.value ?? ""];
  return copies(call);
}

function koPushes(call: ToolCall, repository: string | undefined): readonly string[] {
  const isPushing = ["build", "publish", "resolve", "apply"].includes(verb(call)) && !optionOf(call, "--local", "-L");
  return isPushing && repository !== undefined && repository !== "ko.local" ? [repository] : [];
}

function regctl(call: ToolCall): readonly string[] {
  const [kind, act] = operandsOf(call);
  return kind?.value === "image" && (act?.value === "copy" || act?.value === "mod") ? [lastWord(call)] : [];
}

function packs(call: ToolCall): readonly string[] {
  const isPushing = call.words.some(({ value }) => /^--publish(?:=true)?$/.test(value));
  return verb(call) === "build" && isPushing ? [operandsOf(call)[1]?.value ?? ""] : [];
}

const DESTINATIONS: ReadonlyMap<string, Destinations> = new Map<string, Destinations>([
  ["buildah", pushes],
  ["docker", pushes],
  ["podman", pushes],
  ["nerdctl", pushes],
  ["img", pushes],
  ["helm", pushes],
  ["executor", kaniko],
  ["kaniko", kaniko],
  ["buildctl", buildctl],
  ["buildctl-daemonless.sh", buildctl],
  ["skopeo", copies],
  ["cosign", copies],
  ["crane", crane],
  ["gcrane", crane],
  ["oras", oras],
  ["regctl", regctl],
  ["pack", packs],
  ["imgpkg", (call) => (verb(call) === "push" ? everyOption(call, "-i", "--image", "-b", "--bundle") : [])],
]);
