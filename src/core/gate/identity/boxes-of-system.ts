import type { TextSet } from "../form/dimension.ts";
import { boxesOf, type Box } from "../form/need.ts";
import { ENGINE_DOWN, type Rule, type System } from "../form/system.ts";
import { zoneKey, type Zone } from "../form/zone.ts";
import type { BoxTexts, IdentityBox } from "./box.ts";

/**
 * The identities that the policies of one system accept, each once, for the images that its rule is about. A rule that
 * only warns accepts nobody: it lets everybody in.
 */
export function identityBoxesOf({ rules }: System): readonly IdentityBox[] {
  const boxes = rules.filter(({ mode }) => mode === "deny").flatMap(boxesOfRule);
  return [...new Map(boxes.map((box) => [`${box.key}\n${box.place.file}\n${box.place.pointer}`, box])).values()];
}

function boxesOfRule(rule: Rule): readonly IdentityBox[] {
  const images = rule.where.map((zone) => textsOf(zone, "image"));
  const where = rule.where.map(zoneKey).toSorted().join("|");
  return boxesOf(rule.need)
    .filter(({ zone }) => namesIdentities(zone))
    .map((box) => toIdentityBox(box, { rule, images, where }));
}

type Around = { readonly rule: Rule; readonly images: readonly BoxTexts[]; readonly where: string };

function toIdentityBox({ key, zone, origin }: Box, { rule, images, where }: Around): IdentityBox {
  const roots = rootsOf(zone);
  const { file, line, pointer } = origin;
  return {
    key: `${where} ${key}`,
    name: rule.name,
    issuer: textsOf(zone, "issuer"),
    san: textsOf(zone, "san"),
    // A rule of which one zone says nothing of images is about all of them.
    images: images.some(({ inside, outside }) => inside.length + outside.length === 0) ? [] : images,
    ...(isSignature(zone) && { families: ["image"] }),
    ...(roots && { roots }),
    place: { file, line, pointer },
  };
}

/** Certificates of Fulcio: what is signed by a key, by Notation's names, or by nobody at all has no issuer of tokens. */
function namesIdentities(zone: Zone): boolean {
  if (zone.has("issuer") || zone.has("san")) return true;
  const kind = zone.get("kind");
  if (kind?.kind === "choice" && !kind.negated && kind.values.every((value) => value === "notation-signature"))
    return false;
  const roots = rootsOf(zone);
  return roots !== undefined && roots.some((root) => root !== ENGINE_DOWN && !root.startsWith("key:"));
}

function isSignature(zone: Zone): boolean {
  const kind = zone.get("kind");
  return kind?.kind === "choice" && !kind.negated && kind.values.every((value) => value === "image-signature");
}

function rootsOf(zone: Zone): readonly string[] | undefined {
  const root = zone.get("root");
  return root?.kind === "choice" && !root.negated ? root.values : undefined;
}

function textsOf(zone: Zone, dimension: string): BoxTexts {
  const set = zone.get(dimension);
  return set?.kind === "text" ? toTexts(set) : { inside: [], outside: [] };
}

function toTexts({ inside, outside }: TextSet): BoxTexts {
  const exact = outside.length === 0 ? inside.find((one) => one.exact !== undefined)?.exact : undefined;
  return {
    inside: inside.map(({ program }) => program),
    outside: outside.map(({ program }) => program),
    ...(exact !== undefined && { exact }),
  };
}
