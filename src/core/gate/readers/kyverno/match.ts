import { choiceIn, meetZones, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { anyText, globText, type TextLanguage } from "../../form/text-language.ts";
import type { Field } from "../field.ts";
import { readSelector } from "../kubernetes/selector.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";

/**
 * Reads `match` or `exclude` of a rule or an exception: any of the blocks, or all of them, or one block by itself
 * (Kyverno `api/kyverno/v1` `MatchResources`). Nothing written is nothing matched.
 */
export function readMatch(match: Field, reading: Reading): readonly Zone[] {
  match.only("any", "all", "resources", "roles", "clusterRoles", "subjects");
  const any = match.at("any").items();
  if (any.length > 0) return any.flatMap((block) => readBlock(block, reading) ?? []);
  const all = match.at("all").items();
  if (all.length > 0) {
    return all
      .map((block) => readBlock(block, reading))
      .reduce<readonly Zone[]>((met, zone) => met.flatMap((one) => (zone && meetZones(one, zone)) ?? []), [new Map()]);
  }
  const block = match.present ? readBlock(match, reading) : undefined;
  return block ? [block] : [];
}

function readBlock(block: Field, reading: Reading): Zone | undefined {
  // `any` and `all` are seen by the caller; a block has neither.
  block.only("resources", "roles", "clusterRoles", "subjects", "any", "all");
  const who = ["roles", "clusterRoles", "subjects"].map((name) => block.at(name)).filter(({ present }) => present);
  return toZone(
    ...readResources(block.at("resources"), reading),
    ...who.map(({ node, origin }) => reading.opaque("requester", renderNode(node), origin)),
  );
}

function readResources(resources: Field, reading: Reading): readonly Literal[] {
  resources.only("kinds", "name", "names", "namespaces", "namespaceSelector", "selector", "annotations", "operations");
  const operations = resources.at("operations").texts();
  const names = [...resources.at("names").texts(), ...(resources.at("name").text() ?? "").split("\n")].filter(Boolean);
  const annotations = resources.at("annotations");
  return [
    ...readKinds(resources.at("kinds"), reading),
    ...globsIn("namespace", resources.at("namespaces").texts()),
    ...globsIn("name", names),
    ...(operations.length > 0 ? [choiceIn("operation", operations)] : []),
    ...readWild(resources.at("namespaceSelector"), "nsLabel", reading),
    ...readWild(resources.at("selector"), "label", reading),
    ...(annotations.present ? [reading.opaque("annotations", renderNode(annotations.node), annotations.origin)] : []),
  ];
}

/** `Pod`, `v1/Pod`, `apps/v1/Deployment`; rules for Pods are made to hold for what makes Pods too, so the kind is all that counts. */
function readKinds(field: Field, reading: Reading): readonly Literal[] {
  const kinds = field.texts();
  if (kinds.length === 0 || kinds.some((kind) => kind === "*" || kind.endsWith("/*"))) return [];
  const isPlain = kinds.every((kind) => !/[*?]/.test(kind));
  if (!isPlain) return [reading.opaque("kinds", kinds.toSorted().join("\n"), field.origin)];
  return [
    choiceIn(
      "objectKind",
      kinds.map((kind) => kind.split("/").at(-1) ?? kind),
    ),
  ];
}

/** Conditions that a text of the dimension matches one of the globs. */
export function globsIn(dimension: string, globs: readonly string[]): readonly Literal[] {
  const languages = anyText(globs.flatMap((glob) => globOf(glob) ?? []));
  return languages.ok ? [textIn(dimension, languages.value)] : [];
}

export function globOf(glob: string): TextLanguage | undefined {
  const read = globText("kyverno", glob);
  return read.ok ? read.value : undefined;
}

/** Kyverno takes stars in labels too: those are one predicate that nobody evaluates here. */
function readWild(selector: Field, of: "nsLabel" | "label", reading: Reading): readonly Literal[] {
  const text = renderNode(selector.node);
  return /[*?]/.test(text) ? [reading.opaque(of, text, selector.origin)] : readSelector(selector, of);
}
