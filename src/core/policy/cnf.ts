import { unreachable } from "../bug.ts";
import type { Requirement } from "./trust-policy.ts";

/** A part of a requirement that evidence answers by itself. */
export type Term = Extract<Requirement, { readonly op: "signature" | "attestation" }>;

/** Met when one of its terms is met. An empty clause is never met. */
export type Clause = readonly Term[];

/** A threshold makes clauses of every large enough part of its branches; beyond this nobody could read them (change-gate chapter §1.3). */
const TERMS_MAX = 10_000;

/** A formula without negation over terms of some kind. */
export type Formula<T> =
  | { readonly op: "term"; readonly term: T }
  | { readonly op: "all" | "any"; readonly of: readonly Formula<T>[] }
  | { readonly op: "atLeast"; readonly n: number; readonly of: readonly Formula<T>[] };

/**
 * Lowers a requirement to conjunctive normal form: met when every clause is. Exact, since requirements have no negation;
 * clauses that others imply are left out. `undefined` when it would be too large.
 */
export function toCnf(require: Requirement): readonly Clause[] | undefined {
  return toClauses(toFormula(require), termKey);
}

function toFormula(require: Requirement): Formula<Term> {
  switch (require.op) {
    case "signature":
    case "attestation":
      return { op: "term", term: require };
    case "all":
      // All of nothing is no requirement that anybody meets.
      return require.of.length === 0 ? { op: "any", of: [] } : { op: "all", of: require.of.map(toFormula) };
    case "any":
      return { op: "any", of: require.of.map(toFormula) };
    case "atLeast":
      return { op: "atLeast", n: require.n, of: require.of.map(toFormula) };
    default:
      return unreachable(require);
  }
}

/** Lowers a formula to clauses, each a union of terms, that all hold; terms with one key are one. `undefined` when it would be too large. */
export function toClauses<T>(formula: Formula<T>, keyOf: (term: T) => string): readonly (readonly T[])[] | undefined {
  const clauses = lower(toKeyed(formula, keyOf));
  return clauses && absorb(clauses).map((clause) => clause.map(({ term }) => term));
}

/** The other way: a requirement that is met when every clause is. */
export function toRequirement(clauses: readonly Clause[]): Requirement {
  const parts = clauses.map((clause): Requirement => {
    const [only, ...others] = clause;
    return only && others.length === 0 ? only : { op: "any", of: clause };
  });
  const [only, ...others] = parts;
  return only && others.length === 0 ? only : { op: "all", of: parts };
}

/** A term as a key: the same for terms that ask the same. */
export function termKey(term: Term): string {
  if (term.op === "signature") return JSON.stringify([term.by, term.on]);
  const { by, on, predicateType, where, maxAgeMs = null } = term;
  return JSON.stringify([by, on, predicateType, maxAgeMs, where.map(({ at, every, test }) => [at, every, test])]);
}

/** A term beside its key: a key is asked for often, and made once. */
type Keyed<T> = { readonly key: string; readonly term: T };
type KeyedClause<T> = readonly Keyed<T>[];
type Clauses<T> = readonly KeyedClause<T>[] | undefined;

function toKeyed<T>(formula: Formula<T>, keyOf: (term: T) => string): Formula<Keyed<T>> {
  if (formula.op === "term") return { op: "term", term: { key: keyOf(formula.term), term: formula.term } };
  return { ...formula, of: formula.of.map((part) => toKeyed(part, keyOf)) };
}

/** One empty clause: nothing to combine was never met. */
const NEVER: readonly (readonly never[])[] = [[]];

function lower<T>(formula: Formula<Keyed<T>>): Clauses<T> {
  switch (formula.op) {
    case "term":
      return [[formula.term]];
    case "all":
      return conjunction(formula.of.map(lower));
    case "any":
      return disjunction(formula.of.map(lower));
    case "atLeast":
      return atLeast(formula.n, formula.of.map(lower));
    default:
      return unreachable(formula);
  }
}

/** At least n of m are met exactly when every m-n+1 of them hold one that is. */
function atLeast<T>(n: number, branches: readonly Clauses<T>[]): Clauses<T> {
  if (n < 1 || n > branches.length) return NEVER;
  const parts = choose(branches, branches.length - n + 1);
  return parts && conjunction(parts.map((part) => disjunction(part)));
}

function conjunction<T>(parts: readonly Clauses<T>[]): Clauses<T> {
  const all: KeyedClause<T>[] = [];
  for (const part of parts) {
    if (!part) return undefined;
    all.push(...part);
  }
  return bounded(absorb(all));
}

function disjunction<T>(branches: readonly Clauses<T>[]): Clauses<T> {
  const single = branches.map((branch) => (branch?.length === 1 ? branch[0] : undefined));
  // The usual case, a list of terms: one clause, without a product of each with all before it.
  if (single.every((clause) => clause !== undefined)) return bounded([unique(single.flat())]);
  let product: Clauses<T> = NEVER;
  for (const branch of branches) {
    if (!branch || !product || branch.length * product.length > TERMS_MAX) return undefined;
    product = bounded(absorb(product.flatMap((left) => branch.map((right) => unique([...left, ...right])))));
  }
  return product;
}

function bounded<T>(clauses: readonly KeyedClause<T>[]): Clauses<T> {
  return clauses.reduce((sum, clause) => sum + clause.length, 0) > TERMS_MAX ? undefined : clauses;
}

function unique<T>(clause: KeyedClause<T>): KeyedClause<T> {
  return [...new Map(clause.map((one) => [one.key, one])).values()];
}

/** Drops what another clause implies: one with fewer terms, or the same. */
function absorb<T>(clauses: readonly KeyedClause<T>[]): readonly KeyedClause<T>[] {
  const kept: { readonly clause: KeyedClause<T>; readonly keys: ReadonlySet<string> }[] = [];
  for (const clause of clauses.toSorted((a, b) => a.length - b.length)) {
    const keys = new Set(clause.map(({ key }) => key));
    if (!kept.some((other) => [...other.keys].every((key) => keys.has(key)))) kept.push({ clause, keys });
  }
  const left = new Set(kept.map(({ clause }) => clause));
  // In the order of the formula, so that what is exported reads as the policy does.
  return [...new Set(clauses)].filter((clause) => left.has(clause));
}

/** Every way to choose `size` of the items; `undefined` when there are too many. */
function choose<T>(items: readonly T[], size: number): readonly (readonly T[])[] | undefined {
  let chosen: readonly (readonly T[])[] = [[]];
  for (const [i, item] of items.entries()) {
    const left = items.length - i - 1;
    chosen = chosen.flatMap((part) => {
      const taken = part.length < size ? [[...part, item]] : [];
      return part.length + left >= size ? [...taken, part] : taken;
    });
    if (chosen.length > TERMS_MAX) return undefined;
  }
  return chosen;
}
