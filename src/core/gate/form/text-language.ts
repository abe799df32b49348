import { unionOf } from "../../automata/compare.ts";
import { compileGlob, type GlobDialect } from "../../automata/glob.ts";
import { matchesText } from "../../automata/matches.ts";
import { exactly, searching, type Program } from "../../automata/program.ts";
import { malformed, parsed, type Parsed } from "../../parsed.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import { shapeOfPattern } from "../../policy/read/pattern-shape.ts";

/** How a pattern was written; enough to match it by another engine. */
export type TextSource =
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "search" | "whole"; readonly pattern: string }
  | { readonly kind: "glob"; readonly dialect: GlobDialect; readonly pattern: string }
  | { readonly kind: "any"; readonly of: readonly TextSource[] };

/** A set of texts. */
export type TextLanguage = {
  /** The same for the same spelling: equal keys are equal sets. */
  readonly key: string;
  readonly program: Program;
  /** What every member begins with. */
  readonly prefix: string;
  /** The only member. */
  readonly exact?: string;
  readonly source: TextSource;
};

/** Exactly one text. */
export function exactText(text: string): TextLanguage {
  return {
    key: `=${text}`,
    // Built when a search needs it: most exact texts are only ever compared.
    get program() {
      return exactly(text);
    },
    prefix: text,
    exact: text,
    source: { kind: "exact", text },
  };
}

/** What a glob matches. */
export function globText(dialect: GlobDialect, pattern: string): Parsed<TextLanguage> {
  const compiled = compileGlob(dialect, pattern);
  if (!compiled.ok) return compiled;
  const isPlain = !/[*?]/.test(pattern);
  if (isPlain) return parsed(exactText(pattern));
  const isHub = dialect === "pc" && (pattern === "*" || pattern === "*/*");
  const prefix = isHub ? "index.docker.io/" : (/^[^*?]*/.exec(pattern)?.[0] ?? "");
  return parsed({
    key: `${dialect}:${pattern}`,
    program: compiled.value,
    prefix,
    source: { kind: "glob", dialect, pattern },
  });
}

/** What RE2 finds the pattern in, as Go's `MatchString`: searched, not anchored. */
export function searchText(patterns: PatternEngine, pattern: string): Parsed<TextLanguage> {
  return regexText(patterns, pattern, "search");
}

/** What RE2 matches as a whole. */
export function wholeText(patterns: PatternEngine, pattern: string): Parsed<TextLanguage> {
  return regexText(patterns, pattern, "whole");
}

function regexText(patterns: PatternEngine, pattern: string, kind: "search" | "whole"): Parsed<TextLanguage> {
  const compiled = patterns.compile(pattern);
  if (!compiled.ok) return compiled;
  return parsed({
    key: `${kind}:${pattern}`,
    program: kind === "search" ? searching(compiled.value) : compiled.value,
    prefix: prefixOf(pattern),
    source: { kind, pattern },
  });
}

/** Only what is certain: a flag may fold cases or move `^`, and an unescaped dot is any character. */
function prefixOf(pattern: string): string {
  const { prefix, prefixDots, hasFlags } = shapeOfPattern(pattern);
  return hasFlags ? "" : prefix.slice(0, prefixDots[0] ?? prefix.length);
}

/** What any of them holds. One that is given alone stays itself. */
export function anyText(languages: readonly TextLanguage[]): Parsed<TextLanguage> {
  const byKey = new Map(languages.map((language) => [language.key, language]));
  const all = [...byKey.keys()].toSorted().flatMap((key) => byKey.get(key) ?? []);
  const [first, ...others] = all;
  if (!first) return malformed("empty", "no languages");
  if (others.length === 0) return parsed(first);
  return parsed({
    key: `any(${all.map(({ key }) => JSON.stringify(key)).join()})`,
    program: unionOf(all.map(({ program }) => program)),
    prefix: all.reduce((common, { prefix }) => commonPrefix(common, prefix), first.prefix),
    source: { kind: "any", of: all.map(({ source }) => source) },
  });
}

/** Plain matching, without the search. What does not even begin as all members do is not walked through. */
export function holdsText(language: TextLanguage, text: string): boolean {
  if (!text.startsWith(language.prefix)) return false;
  return language.exact === undefined ? matchesText(language.program, text) : language.exact === text;
}

/** Whether two languages show by their spelling that they have nothing in common. */
export function areApart(a: TextLanguage, b: TextLanguage): boolean {
  if (a.exact !== undefined && b.exact !== undefined) return a.exact !== b.exact;
  return !a.prefix.startsWith(b.prefix) && !b.prefix.startsWith(a.prefix);
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
