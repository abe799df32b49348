import { EVERYTHING } from "../../automata/program.ts";
import { boxesOf, type Box } from "../form/need.ts";
import type { Rule, System } from "../form/system.ts";
import type { TextLanguage } from "../form/text-language.ts";
import type { Zone } from "../form/zone.ts";
import type { BoxLanguage, IdentityBox } from "./box.ts";

/** What a system accepts of identities in certificates: a box for each of its rules' needs, once. Keys and Notation have no issuer. */
export function identityBoxesOf({ rules }: System): readonly IdentityBox[] {
  const boxes = rules.flatMap((rule) =>
    boxesOf(rule.need)
      .filter(hasIdentity)
      .map((box) => toIdentityBox(rule, box)),
  );
  return [...new Map(boxes.map((box) => [`${box.key}\n${box.place.file}\n${box.place.pointer}`, box])).values()];
}

function hasIdentity({ zone }: Box): boolean {
  if (zone.has("issuer") || zone.has("san")) return true;
  const [kinds, roots] = [choicesAt(zone, "kind"), choicesAt(zone, "root")];
  const isNotation = kinds?.every((kind) => kind === "notation-signature") === true;
  const isKeyed = roots?.every((root) => root.startsWith("key:")) === true;
  return !isNotation && !isKeyed;
}

function toIdentityBox({ name, where }: Rule, { zone, origin }: Box): IdentityBox {
  const [issuer, san] = [languageAt(zone, "issuer"), languageAt(zone, "san")];
  const images = where.map((place) => languageAt(place, "image"));
  const roots = choicesAt(zone, "root");
  const isSignature = choicesAt(zone, "kind")?.every((kind) => kind === "image-signature") === true;
  return {
    key: JSON.stringify([issuer.key, san.key, images.map(({ key }) => key).toSorted(), roots ?? null]),
    name,
    issuer,
    san,
    images,
    ...(isSignature && { families: ["image"] }),
    ...(roots && { roots }),
    place: { file: origin.file, line: origin.line, pointer: origin.pointer },
  };
}

const ANY: BoxLanguage = { key: "any", program: EVERYTHING };

/** Of several conditions on one text the plainest is taken: what is left out could only make the set smaller. */
function languageAt(zone: Zone, dimension: string): BoxLanguage {
  const set = zone.get(dimension);
  if (set?.kind !== "text") return ANY;
  const language = set.inside.find(({ exact }) => exact !== undefined) ?? set.inside[0];
  return language ? toBoxLanguage(language) : ANY;
}

function toBoxLanguage({ key, program, exact }: TextLanguage): BoxLanguage {
  return { key, program, ...(exact !== undefined && { exact }) };
}

/** The values of a choice; `undefined` when it is open. */
function choicesAt(zone: Zone, dimension: string): readonly string[] | undefined {
  const set = zone.get(dimension);
  return set?.kind === "choice" && !set.negated ? set.values : undefined;
}
