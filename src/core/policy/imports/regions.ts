import { IMAGE_CHARS } from "../../automata/alphabet.ts";
import { compileGlob } from "../../automata/glob.ts";
import { includes } from "../../automata/includes.ts";
import type { Program } from "../../automata/program.ts";
import { mayOverlap, parseRepositoryPattern, type RepositoryPattern } from "../pattern.ts";
import type { PatternEngine } from "../read/context.ts";
import type { ImageFamily, Requirement } from "../trust-policy.ts";
import { freeName } from "./book.ts";
import type { ImportBook, ImportedRule, Region } from "./imported.ts";

/** How an engine prints the images of one of our patterns, as RE2. */
export type Printing = (pattern: string) => string;

export type RegionSetting = {
  readonly printing: Printing;
  readonly patterns: PatternEngine;
  readonly book: ImportBook;
};
type Setting = RegionSetting & { readonly asked: Asked };

/** Rules of one document set; each pair of patterns is compared. */
const ATOMS_MAX = 400;

/**
 * Makes disjoint families of rules that hold together wherever they meet. A pattern inside another gets the needs of both
 * and is an exception of the outer one. Where patterns cross, or a rule's images cannot be said here, its needs are asked
 * of every family it touches: less is admitted, never more.
 */
export function toFamilies(rules: readonly ImportedRule[], of: RegionSetting): readonly ImageFamily[] {
  const setting: Setting = { ...of, asked: new Map() };
  const atoms = atomsOf(rules, setting);
  const groups = groupCrossing(atoms, setting).map((group) => withNeeds(group, atoms, rules, setting));
  const merged = mergeSame(groups, setting.asked);
  const taken = new Set<string>();
  return merged.flatMap(({ patterns, applied, except }) => {
    const require = requirementOf(applied.flatMap((i) => rules[i] ?? []));
    if (!require) return [];
    const name = freeName(applied.map((i) => rules[i]?.name ?? "").join("-and-"), (other) => taken.has(other));
    taken.add(name);
    return [
      {
        name,
        images: patterns,
        except: except.filter((one) => !patterns.includes(one)),
        require,
        platforms: [],
        reference: applied.some((i) => rules[i]?.reference === "repository") ? "repository" : "ignore",
        time: { windows: [], outside: "flag" },
      } satisfies ImageFamily,
    ];
  });
}

type Atom = { readonly pattern: RepositoryPattern; readonly language: Program };
/** What was asked of pairs of patterns before: rules ask the same again. */
type Asked = Map<string, boolean>;

function atomsOf(rules: readonly ImportedRule[], { book }: Setting): readonly Atom[] {
  const patterns = [...new Set(rules.flatMap(({ regions, except }) => [...regions, ...except].flatMap(ownOf)))];
  if (patterns.length > ATOMS_MAX) {
    book.loss("all rules", {
      field: "images",
      kind: "denied",
      effect: `${patterns.length} image patterns are more than the ${ATOMS_MAX} that are compared with each other`,
      remedy: "Import the policy in parts that have no images in common.",
    });
    return [];
  }
  return toAtoms(patterns);
}

function toAtoms(patterns: readonly string[]): readonly Atom[] {
  return patterns.flatMap((pattern) => {
    const read = parseRepositoryPattern(pattern);
    const compiled = compileGlob("own", pattern);
    if (read === "TP101" || read === "TP102" || read === "TP103" || !compiled.ok) return [];
    return [{ pattern: read, language: compiled.value }];
  });
}

function ownOf({ own }: Region): readonly string[] {
  return own ?? [];
}

/** A region; one of our patterns that is none says nothing, so that the region is asked for by its language. */
export function regionOf(text: string, own: readonly string[] | undefined, language: Program): Region {
  return { text, own: own && toAtoms(own).length === own.length ? own : undefined, language };
}

/** Whether an engine matches no image at all by a region. */
export function isNowhere({ own }: Region): boolean {
  return own?.length === 0;
}

type Group = readonly Atom[];
type Grouped = {
  readonly patterns: readonly string[];
  /** Indices of the rules that hold for them. */
  readonly applied: readonly number[];
  readonly except: readonly string[];
};

/** No repository has an empty segment, and a star of ours may be empty. */
const NO_REPOSITORY: readonly Program[] = ["*//*", "*/"].flatMap((pattern) => {
  const compiled = compileGlob("kyverno", pattern);
  return compiled.ok ? [compiled.value] : [];
});

function covers(outer: Atom, inner: Atom, asked: Asked): boolean {
  const key = `${outer.pattern} ${inner.pattern}`;
  const known = asked.get(key) ?? decideCovers(outer, inner);
  asked.set(key, known);
  return known;
}

function decideCovers(outer: Atom, inner: Atom): boolean {
  if (outer.pattern === inner.pattern) return true;
  if (!mayOverlap(outer.pattern, inner.pattern)) return false;
  const positive = [outer.language, ...NO_REPOSITORY];
  return includes({ left: inner.language, positive, negative: [], domain: IMAGE_CHARS }).kind === "included";
}

/** Patterns that cross without one holding the other stand together, under the needs of all. */
function groupCrossing(atoms: readonly Atom[], { book, asked }: Setting): readonly Group[] {
  const groups = atoms.map((atom): Atom[] => [atom]);
  for (const [i, a] of atoms.entries()) {
    for (const b of atoms.slice(i + 1)) {
      const isCrossing = mayOverlap(a.pattern, b.pattern) && !covers(a, b, asked) && !covers(b, a, asked);
      const [one, other] = [groups.find((group) => group.includes(a)), groups.find((group) => group.includes(b))];
      if (isCrossing && one && other && one !== other) {
        one.push(...other.splice(0));
        book.loss("all rules", {
          field: "images",
          kind: "narrowed",
          effect: `${a.pattern} and ${b.pattern} cross: what either needs is asked of both`,
          remedy: "Write the families by hand, without overlap.",
        });
      }
    }
  }
  return groups.filter((group) => group.length > 0);
}

function withNeeds(group: Group, atoms: readonly Atom[], rules: readonly ImportedRule[], setting: Setting): Grouped {
  const applied = rules.flatMap((rule, i) => (group.some((atom) => applies(rule, atom, setting)) ? i : []));
  const inside = atoms.filter(
    (other) =>
      !group.includes(other) &&
      group.some((atom) => covers(atom, other, setting.asked) && !covers(other, atom, setting.asked)),
  );
  return { patterns: group.map(({ pattern }) => pattern), applied, except: inside.map(({ pattern }) => pattern) };
}

/** Whether what a rule needs is asked of a pattern: where it covers it, and, with a loss, where it covers a part. */
function applies(rule: ImportedRule, atom: Atom, setting: Setting): boolean {
  const touching = rule.regions.filter((region) => relationTo(region, atom, setting) === "touches");
  const isCovered = rule.regions.some((region) => relationTo(region, atom, setting) === "covers");
  if (!isCovered && touching.length === 0) return false;
  if (rule.except.some((region) => relationTo(region, atom, setting) === "covers")) return false;
  const halves = [
    ...(isCovered ? [] : touching),
    ...rule.except.filter((one) => relationTo(one, atom, setting) === "touches"),
  ];
  for (const { text } of halves) {
    setting.book.loss(rule.name, {
      field: "images",
      kind: "narrowed",
      effect: `${text} cannot be told from ${atom.pattern} here: the rule is asked of all of it`,
      remedy: "Write the families by hand.",
    });
  }
  return true;
}

/** `touches`: some images of the pattern, not told apart by a pattern of ours. */
function relationTo(region: Region, atom: Atom, { printing, patterns, asked }: Setting): "none" | "covers" | "touches" {
  if (region.own) {
    // A smaller pattern inside this one is an atom of its own, and an exception of this one.
    return toAtoms(region.own).some((one) => covers(one, atom, asked)) ? "covers" : "none";
  }
  const printed = patterns.compile(printing(atom.pattern));
  if (!printed.ok) return "touches";
  const inside = includes({ left: printed.value, positive: [region.language], negative: [], domain: IMAGE_CHARS });
  if (inside.kind === "included") return "covers";
  const apart = includes({ left: printed.value, positive: [], negative: [region.language], domain: IMAGE_CHARS });
  return apart.kind === "included" ? "none" : "touches";
}

/**
 * Patterns under the same rules are one family, unless an exception of one would take images from another. One that lies
 * inside another of the family is no exception of it.
 */
function mergeSame(groups: readonly Grouped[], asked: Asked): readonly Grouped[] {
  const merged: Grouped[] = [];
  for (const group of groups) {
    const key = group.applied.join();
    const at = merged.findIndex((other) => other.applied.join() === key && !isCut(join(other, group), asked));
    const before = merged[at];
    if (before) merged[at] = join(before, group);
    else merged.push(group);
  }
  return merged;
}

function join(a: Grouped, b: Grouped): Grouped {
  const patterns = [...a.patterns, ...b.patterns];
  const except = [...new Set([...a.except, ...b.except])].filter((one) => !patterns.includes(one));
  return { patterns, applied: a.applied, except };
}

function isCut({ patterns, except }: Grouped, asked: Asked): boolean {
  const cuts = toAtoms(except);
  return toAtoms(patterns).some((atom) => cuts.some((cut) => covers(cut, atom, asked)));
}

function requirementOf(rules: readonly ImportedRule[]): Requirement | undefined {
  const parts = rules.flatMap(({ require }) => require ?? []);
  if (rules.length === 0 || parts.length < rules.length) return undefined;
  const [only, ...others] = parts;
  return only && others.length === 0 ? only : { op: "all", of: parts };
}

/** What follows a repository in a reference that was resolved. */
export const DIGEST_TAIL = "@sha(?:256|512):[0-9a-f]+";
/** What follows a repository in a reference that may not have been. */
export const REFERENCE_TAIL: string = `(?::[A-Za-z0-9_.-]+|${DIGEST_TAIL})`;

/** One of our patterns as RE2 over repositories, with an end. */
export function printPattern(pattern: string, tail: string): string {
  const deep = pattern.endsWith("/**");
  const head = (deep ? pattern.slice(0, -3) : pattern)
    .replaceAll(/[.+]/g, String.raw`\$&`)
    .replaceAll("*", "[a-z0-9._-]*");
  return `^${head}${deep ? "(?:/[a-z0-9._-]+)+" : ""}${tail}$`;
}
