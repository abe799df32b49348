import { readJsonText } from "../../../json/read-json.ts";
import type { ImageFamily } from "../../trust-policy.ts";
import { printPattern } from "../regions.ts";

/** The lists of containers that images are taken from; image volumes are in none (Kyverno `BuildStandardExtractors`). */
export const CONTAINER_LISTS = ["containers", "initContainers", "ephemeralContainers"] as const;

/** What may follow a repository in a Pod. */
const POD_TAIL = "(?::[A-Za-z0-9_.-]+)?(?:@sha(?:256|512):[0-9a-f]+)?";

export type ImageSets = Pick<ImageFamily, "images" | "except">;

/** The images of a family as CEL over `image`, the reference as the Pod has it. */
export function renderImageTest({ images, except }: ImageSets): string {
  return except.length === 0 ? matches(images) : `${matches(images)} && !${matches(except)}`;
}

function matches(patterns: readonly string[]): string {
  return `image.matches(${JSON.stringify(toExpression(patterns))})`;
}

/** Everything that is in none of the sets. */
export function renderNoneOf(sets: readonly ImageSets[]): string {
  return sets.length === 0 ? "true" : sets.map((set) => `!(${renderImageTest(set)})`).join(" && ");
}

const TEST = /^image\.matches\(("(?:[^"\\]|\\.)*")\)(?: && !image\.matches\(("(?:[^"\\]|\\.)*")\))?$/;

/** Reads what `renderImageTest` writes; `undefined` for any other CEL. */
export function parseImageTest(text: string): ImageSets | undefined {
  const [, matched, excepted] = TEST.exec(text) ?? [];
  const images = matched === undefined ? undefined : parseExpression(matched);
  const except = excepted === undefined ? [] : parseExpression(excepted);
  return images && except && { images, except };
}

/** Reads what `renderNoneOf` writes. */
export function parseNoneOf(text: string): readonly ImageSets[] | undefined {
  if (text === "true") return [];
  if (!text.startsWith("!(") || !text.endsWith(")")) return undefined;
  const sets = text
    .slice(2, -1)
    .split(") && !(")
    .map((part) => parseImageTest(part));
  return sets.includes(undefined) ? undefined : sets.flatMap((set) => set ?? []);
}

function toExpression(patterns: readonly string[]): string {
  return `^(?:${patterns.map((pattern) => printPattern(pattern, "").slice(1, -1)).join("|")})${POD_TAIL}$`;
}

/** Turned back, and written again: only what is the same after both is understood. */
function parseExpression(quoted: string): readonly string[] | undefined {
  const json = readJsonText(quoted, 1);
  const text = json.ok && typeof json.value === "string" ? json.value : "";
  const body =
    text.startsWith("^(?:") && text.endsWith(`)${POD_TAIL}$`) ? text.slice(4, -POD_TAIL.length - 2) : undefined;
  const patterns = body?.split("|").map((part) =>
    part
      .replace(/\(\?:\/\[a-z0-9\._-\]\+\)\+$/, "/**")
      .replaceAll("[a-z0-9._-]*", "*")
      .replaceAll("\\.", "."),
  );
  return patterns && toExpression(patterns) === text ? patterns : undefined;
}

/** A call that counts the attestors whose evidence an image has. */
export type CountCall =
  | { readonly kind: "signatures"; readonly attestors: readonly string[] }
  | { readonly kind: "attestations"; readonly attestation: string; readonly attestors: readonly string[] };

/** One of the calls has to count somebody, for every container. */
export function renderCount(calls: readonly CountCall[]): string {
  const sum = calls.map((call) => renderCall(call)).join(" + ");
  return CONTAINER_LISTS.map((list) => `images.${list}.map(image, ${sum}).all(e, e > 0)`).join(" && ");
}

function renderCall(call: CountCall): string {
  const attestors = `[${call.attestors.map((name) => `attestors[${JSON.stringify(name)}]`).join(", ")}]`;
  if (call.kind === "signatures") return `verifyImageSignatures(image, ${attestors})`;
  return `verifyAttestationSignatures(image, attestations[${JSON.stringify(call.attestation)}], ${attestors})`;
}

/** No container at all has one of the images. */
export const NO_IMAGES: string = `${CONTAINER_LISTS.map((list) => `images.${list}.size()`).join(" + ")} == 0`;

export type Count = { readonly lists: readonly string[]; readonly calls: readonly CountCall[] };

const PART = /^images\.([A-Za-z]+)\.map\(([A-Za-z]+), (.+)\)\.all\(([A-Za-z]+) ?, ?([A-Za-z]+) > 0\)$/;

/** Reads counts as people write them too: one conjunct for each list, the same calls in all. */
export function parseCount(text: string): Count | undefined {
  const parts = text
    .trim()
    .split(/ && (?=images\.)/)
    .map((part) => PART.exec(part));
  const [first] = parts;
  const [, , name = "", sum = "", one, other] = first ?? [];
  const isSame = parts.every((part) => part !== null && part[2] === name && part[3] === sum && part[4] === part[5]);
  const calls = isSame && one === other ? sum.split(" + ").map((call) => parseCall(call, name)) : [undefined];
  if (calls.includes(undefined)) return undefined;
  return { lists: parts.flatMap((part) => part?.[1] ?? []), calls: calls.flatMap((call) => call ?? []) };
}

const CALL = /^verify(Image|Attestation)Signatures\(([A-Za-z]+) ?, ?(?:(attestations[^,]+?) ?, ?)?(\[.+\])\)$/;

function parseCall(text: string, image: string): CountCall | undefined {
  const [, verb, subject, statement, list = ""] = CALL.exec(text) ?? [];
  const attestors = parseAttestors(list);
  if (subject !== image || !attestors) return undefined;
  if (verb === "Image") return statement === undefined ? { kind: "signatures", attestors } : undefined;
  const attestation = memberName(statement ?? "", "attestations");
  return attestation === undefined ? undefined : { kind: "attestations", attestation, attestors };
}

function parseAttestors(text: string): readonly string[] | undefined {
  const [, list] = /^\[([^[\]]+(?:\["[A-Za-z0-9_-]+"\][^[\]]*)*)\]$/.exec(text) ?? [];
  const names = list?.split(/ ?, ?/).map((one) => memberName(one, "attestors"));
  return names?.includes(undefined) ? undefined : names?.flatMap((name) => name ?? []);
}

/** `attestors.name` or `attestors["name"]`. */
function memberName(text: string, of: string): string | undefined {
  const [, plain, quoted] =
    new RegExp(String.raw`^${of}(?:\.([A-Za-z0-9_]+)|\["([A-Za-z0-9_-]+)"\])$`).exec(text) ?? [];
  return plain ?? quoted;
}
