import type { TextLanguage } from "./text-language.ts";

/**
 * A coordinate of a request or of a piece of evidence, by name. Texts: `image`, `namespace`, `issuer`, `san`,
 * `predicateType`. Choices: everything else, such as `operation`, `resource`, `root`, `kind`, `strength:sct`,
 * `nsLabel:team` (value after `=`, absent is empty), `dn:CN`, `opaque:<id>`. Time: `time`, milliseconds.
 */
export type Dimension = string;

/** Texts inside all of `inside` and outside all of `outside`. */
export type TextSet = {
  readonly kind: "text";
  readonly inside: readonly TextLanguage[];
  readonly outside: readonly TextLanguage[];
};
/** These values, or all but these. */
export type ChoiceSet = { readonly kind: "choice"; readonly values: readonly string[]; readonly negated: boolean };
/** Half-open intervals, disjoint and ascending; an absent bound is open. */
export type TimeSet = { readonly kind: "time"; readonly spans: readonly TimeSpan[] };
export type TimeSpan = { readonly from: number; readonly to: number };

export type DimensionSet = TextSet | ChoiceSet | TimeSet;

const TRUTH = ["false", "true"];
const CLOSED: ReadonlyMap<string, readonly string[]> = new Map([
  ["operation", ["CREATE", "UPDATE", "DELETE", "CONNECT"]],
  ["kind", ["image-signature", "attestation", "notation-signature"]],
]);

/** All values of a choice that has no others; `undefined` where any text may be one. */
export function closedValues(dimension: Dimension): readonly string[] | undefined {
  if (/^(?:strength|opaque|check):/.test(dimension)) return TRUTH;
  return CLOSED.get(dimension);
}

/** Whether a dimension is a predicate that nobody evaluates here. */
export function isOpaque(dimension: Dimension): boolean {
  return dimension.startsWith("opaque:");
}

/** Whether a value may be missing: labels and attributes of names. */
export function mayBeAbsent(dimension: Dimension): boolean {
  return /^(?:nsLabel|label|dn|extension):/.test(dimension);
}

/** What both choices have. */
export function meetChoices(a: ChoiceSet, b: ChoiceSet): ChoiceSet {
  if (a.negated && b.negated) return choice([...a.values, ...b.values], true);
  if (a.negated) return choice(b.values.filter((value) => !a.values.includes(value)));
  if (b.negated) return choice(a.values.filter((value) => !b.values.includes(value)));
  return choice(a.values.filter((value) => b.values.includes(value)));
}

export function choice(values: readonly string[], negated = false): ChoiceSet {
  return { kind: "choice", values: [...new Set(values)].toSorted(), negated };
}

/** What a choice leaves out. */
export function otherChoice({ values, negated }: ChoiceSet): ChoiceSet {
  return { kind: "choice", values, negated: !negated };
}

export function isEmptyChoice(dimension: Dimension, { values, negated }: ChoiceSet): boolean {
  if (!negated) return values.length === 0;
  return closedValues(dimension)?.every((value) => values.includes(value)) ?? false;
}

export function holdsChoice({ values, negated }: ChoiceSet, value: string): boolean {
  return values.includes(value) !== negated;
}

export function isChoiceInside(dimension: Dimension, a: ChoiceSet, b: ChoiceSet): boolean {
  return isEmptyChoice(dimension, meetChoices(a, otherChoice(b)));
}

/** What both times have. */
export function meetTimes(a: TimeSet, b: TimeSet): TimeSet {
  const spans = a.spans.flatMap((one) =>
    b.spans.flatMap((other) => {
      const span = { from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) };
      return span.from < span.to ? [span] : [];
    }),
  );
  return { kind: "time", spans };
}

/** What a time leaves out. */
export function otherTime({ spans }: TimeSet): TimeSet {
  const rest: TimeSpan[] = [];
  let from = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    if (from < span.from) rest.push({ from, to: span.from });
    from = span.to;
  }
  if (from < Number.POSITIVE_INFINITY) rest.push({ from, to: Number.POSITIVE_INFINITY });
  return { kind: "time", spans: rest };
}
