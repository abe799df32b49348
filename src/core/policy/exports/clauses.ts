import { toCnf, type Clause, type Term } from "../cnf.ts";
import { lookUp } from "../look-up.ts";
import { renderTerm } from "../judge/render-requirement.ts";
import type { Authority, ImageFamily, TrustPolicySet } from "../trust-policy.ts";
import type { LossDraft } from "./engine.ts";
import { clausePart } from "./weaken.ts";

/** What an engine can say of a term: alternatives, one of which is enough; none where it cannot be said. */
export type TermPart<A> = { readonly parts: readonly A[]; readonly losses: readonly LossDraft[] };

/** Alternatives for each clause; all clauses hold. */
export type ClauseParts<A> = {
  readonly clauses: readonly (readonly A[])[];
  /** Which clause of the requirement each of them is. */
  readonly indices: readonly number[];
  readonly losses: readonly LossDraft[];
};

/**
 * Lowers the requirement of a family and says each clause by an engine's means. A term of a clause that cannot be said is
 * left out, which refuses more; a clause of which nothing can be said is a check that is not made.
 */
export function exportClauses<A>(
  family: ImageFamily,
  policy: TrustPolicySet,
  engine: string,
  toParts: (term: Term, authority: Authority) => TermPart<A>,
): ClauseParts<A> {
  const clauses = toCnf(family.require);
  if (!clauses || clauses.some((clause) => clause.length === 0)) {
    const what = clauses ? "can never be met" : "is too large to be written as clauses";
    return { clauses: [], indices: [], losses: [unsaid("all", `the requirement ${what}`)] };
  }
  const losses: LossDraft[] = [];
  const indices: number[] = [];
  const said = clauses.flatMap((clause, i) => {
    const terms = clause.map((term) => exportTerm(term, policy, toParts));
    const parts = terms.flatMap((term) => term.parts);
    losses.push(...terms.filter((term) => term.parts.length > 0).flatMap((term) => term.losses));
    const mute = clause.filter((_, t) => terms[t]?.parts.length === 0);
    if (parts.length === 0) {
      losses.push(unsaid(clausePart(i), `${engine} cannot ask for ${renderClause(clause)}`));
      return [];
    }
    if (mute.length > 0) {
      losses.push({
        field: "require",
        part: `${clausePart(i)}-part`,
        kind: "narrowed",
        effect: `${engine} cannot ask for ${renderClause(mute)}; what is left of the clause is required`,
        remedy: "Sign with an authority that the engine knows.",
      });
    }
    indices.push(i);
    return [parts];
  });
  return { clauses: said, indices, losses };
}

function exportTerm<A>(
  term: Term,
  policy: TrustPolicySet,
  toParts: (term: Term, authority: Authority) => TermPart<A>,
): TermPart<A> {
  const authority = lookUp(policy.authorities, term.by);
  return authority ? toParts(term, authority) : { parts: [], losses: [] };
}

function unsaid(part: string, effect: string): LossDraft {
  return {
    field: "require",
    part,
    kind: "dropped",
    effect,
    remedy: "Keep this family on our own webhook, or accept that the check is not made.",
  };
}

/** A clause in words. */
export function renderClause(clause: Clause): string {
  return clause.map((term) => renderTerm(term)).join(" or ");
}

/** Engines that hold one clause only: the first, and a loss for each of the others. */
export function keepFirst<A>({ clauses, indices, losses }: ClauseParts<A>, engine: string): ClauseParts<A> {
  const others = indices
    .slice(1)
    .map((i) => unsaid(clausePart(i), `${engine} holds one requirement for an image, not several`));
  return { clauses: clauses.slice(0, 1), indices: indices.slice(0, 1), losses: [...losses, ...others] };
}

/** An alternative that is left out because an engine holds one at a time. */
export function alternativesLoss(engine: string, what: string): LossDraft {
  return {
    field: "require",
    part: "alternatives",
    kind: "narrowed",
    effect: `${engine} holds ${what}: the first is required`,
    remedy: "Ask for one signer.",
  };
}
