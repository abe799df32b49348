import { toCnf, type Clause, type Term } from "../cnf.ts";
import { lookUp } from "../look-up.ts";
import { renderTerm } from "../judge/render-requirement.ts";
import type { Authority, ImageFamily, TrustPolicySet } from "../trust-policy.ts";
import type { LossDraft } from "./engine.ts";
import { clausePart } from "./weaken.ts";

/** What an engine can say of a term: alternatives, one of which is enough; none where it cannot be said. */
export type TermPart<A> = { readonly parts: readonly A[]; readonly losses: readonly LossDraft[] };

/** Alternatives for each clause; all clauses hold. */
export type ClauseParts<A> = { readonly clauses: readonly (readonly A[])[]; readonly losses: readonly LossDraft[] };

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
    return { clauses: [], losses: [unsaid("all", `the requirement ${what}`)] };
  }
  const losses: LossDraft[] = [];
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
    return [parts];
  });
  return { clauses: said, losses };
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
