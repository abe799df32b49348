import { sameBytes } from "../../core/bytes/bytes.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import { notRendered } from "./not-rendered.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import type { SourceNode } from "../../core/pipelines/definitions/source-node.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { ReadSide, ReadSides } from "./read-sides.ts";

const REASON = "policies go through this kustomization, and the change touches it or a patch of it; it is not rendered";

const FILE = /(?:^|\/)kustomization\.ya?ml$/;

/**
 * Kustomizations that policies go through, where the change touches them or a patch of theirs: what is applied is not what
 * lies in the policy's file, and nobody rendered it.
 */
export function judgeKustomizations(change: GatheredChange, sides: ReadSides): readonly GateFinding[] {
  if (change.isRendered) return [];
  const seen = new Set<string>();
  return (["head", "base"] as const).flatMap((revision) =>
    kustomizationsOf(change, revision, sides[revision]).flatMap((one) => {
      if (seen.has(one.path) || !one.isTouched || !reachesPolicy(one, new Set())) return [];
      seen.add(one.path);
      return [notRendered(REASON, revision, one.path)];
    }),
  );
}

type Kustomization = {
  readonly path: string;
  readonly isTouched: boolean;
  /** Whether it names a policy itself. */
  readonly hasPolicy: boolean;
  /** Other kustomizations that it builds on. */
  readonly below: () => readonly Kustomization[];
};

function kustomizationsOf(
  change: GatheredChange,
  revision: "base" | "head",
  { tree }: ReadSide,
): readonly Kustomization[] {
  const { contents, manifests } = change[revision];
  const policies = new Set(tree.files.map(({ path }) => path.replace(/#.*$/s, "")));
  const all = new Map<string, Kustomization>();
  for (const file of manifests.filter(({ path }) => FILE.test(path))) {
    const inputs = inputsOf(file);
    const patches = inputs.filter((input) => contents.has(input) && !policies.has(input));
    all.set(file.path, {
      path: file.path,
      isTouched: [file.path, ...patches].some((path) => !isSame(change, path)),
      hasPolicy: inputs.some((input) => [...policies].some((path) => path === input || path.startsWith(`${input}/`))),
      below: () =>
        inputs.flatMap((input) => ["yaml", "yml"].flatMap((end) => all.get(`${input}/kustomization.${end}`) ?? [])),
    });
  }
  return [...all.values()];
}

function reachesPolicy(one: Kustomization, visited: Set<string>): boolean {
  if (visited.has(one.path)) return false;
  visited.add(one.path);
  return one.hasPolicy || one.below().some((other) => reachesPolicy(other, visited));
}

/** Every text of it that could be a path, from the folder that it is in. */
function inputsOf({ path, documents }: DefinitionFile): readonly string[] {
  const folder = path.split("/").slice(0, -1);
  return documents.flatMap(({ root }) => textsIn(root).flatMap((text) => resolvePath(folder, text) ?? []));
}

function textsIn(node: SourceNode): readonly string[] {
  switch (node.kind) {
    case "scalar":
      return typeof node.value === "string" && !node.value.includes("\n") ? [node.value] : [];
    case "list":
      return node.items.flatMap(textsIn);
    case "map":
      return [...node.fields.values()].flatMap((field) => textsIn(field.node));
    default:
      return node satisfies never;
  }
}

function resolvePath(folder: readonly string[], text: string): string | undefined {
  let at = folder;
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && at.length === 0) return undefined;
    at = part === ".." ? at.slice(0, -1) : [...at, part];
  }
  return at.length === 0 ? undefined : at.join("/");
}

function isSame({ base, head }: GatheredChange, path: string): boolean {
  const [before, after] = [base.contents.get(path), head.contents.get(path)];
  return before !== undefined && after !== undefined && sameBytes(before, after);
}
