import { unreachable } from "../bug.ts";
import type { Requirement } from "./trust-policy.ts";

/** A part of a requirement that evidence answers by itself. */
export type Term = Extract<Requirement, { readonly op: "signature" | "attestation" }>;

/** Met when one of its terms is met. An empty clause is never met. */
export type Clause = readonly Term[];

/** A threshold makes clauses of every large enough part of its branches; beyond this nobody could read them (change-gate chapter §1.3). */
const TERMS_MAX = 10_000;

/**
 * Lowers a requirement to conjunctive normal form: met when every clause is. Exact, since requirements have no negation;
 * clauses that others imply are left out. `undefined` when it would be too large.
 */
export function toCnf(require: Requirement): readonly Clause[] | undefined {
  const clauses = lower(require);
  return clauses && absorb(clauses);
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

type Clauses = readonly Clause[] | undefined;

/** Nothing to combine was never met: one empty clause. */
const NEVER: readonly Clause[] = [[]];

function lower(require: Requirement): Clauses {
  switch (require.op) {
    case "signature":
    case "attestation":
      return [[require]];
    case "all":
      return require.of.length === 0 ? NEVER : conjunction(require.of.map(lower));
    case "any":
      return disjunction(require.of.map(lower));
    case "atLeast":
      return atLeast(require.n, require.of.map(lower));
    default:
      return unreachable(require);
  }
}

/** At least n of m are met exactly when every m-n+1 of them hold one that is. */
function atLeast(n: number, branches: readonly Clauses[]): Clauses {
  if (n < 1 || n > branches.length) return NEVER;
  const parts = choose(branches, branches.length - n + 1);
  return parts && conjunction(parts.map((part) => disjunction(part)));
}

function conjunction(parts: readonly Clauses[]): Clauses {
  const all: Clause[] = [];
  for (const part of parts) {
    if (!part) return undefined;
    all.push(...part);
  }
  return bounded(absorb(all));
}

function disjunction(branches: readonly Clauses[]): Clauses {
  let product: Clauses = NEVER;
  for (const branch of branches) {
    if (!branch || !product || branch.length * product.length > TERMS_MAX) return undefined;
    product = bounded(absorb(product.flatMap((left) => branch.map((right) => union(left, right)))));
  }
  return product;
}

function bounded(clauses: readonly Clause[]): Clauses {
  return clauses.reduce((sum, clause) => sum + clause.length, 0) > TERMS_MAX ? undefined : clauses;
}

function union(left: Clause, right: Clause): Clause {
  return [...new Map([...left, ...right].map((term) => [termKey(term), term])).values()];
}

/** Drops what another clause implies: one with fewer terms, or the same. */
function absorb(clauses: readonly Clause[]): readonly Clause[] {
  const kept: { readonly clause: Clause; readonly keys: ReadonlySet<string> }[] = [];
  for (const clause of clauses.toSorted((a, b) => a.length - b.length)) {
    const keys = new Set(clause.map(termKey));
    if (!kept.some((other) => [...other.keys].every((key) => keys.has(key)))) kept.push({ clause, keys });
  }
  const left = new Set(kept.map(({ clause }) => clause));
  // In the order of the requirement, so that what is exported reads as the policy does.
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
