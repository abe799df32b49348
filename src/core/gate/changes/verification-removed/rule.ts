import { rankOfStrength, type VerifyingFact } from "../../facts/fact.ts";
import { loosened, whereOf, type ChangeRule, type PipelineChange, type Raised } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const verificationRemoved: ChangeRule = {
  id: "verification-removed",
  code: "GS012",
  source: ["change-gate chapter §5, GS012"],
  check: (change) => {
    const left = [...change.after.verifying];
    const take = (fits: (fact: VerifyingFact) => boolean): VerifyingFact | undefined => {
      const i = left.findIndex(fits);
      return i < 0 ? undefined : left.splice(i, 1)[0];
    };
    // Exact matches first, so that none of them is taken for another.
    const exact = change.before.verifying.map((was) =>
      take((is) => isSame(was, is, change) && is.subject === was.subject),
    );
    return change.before.verifying.flatMap((was, i) =>
      judge(was, exact[i] ?? take((is) => isSame(was, is, change)), change),
    );
  },
};

function isSame(was: VerifyingFact, is: VerifyingFact, { entryAfter }: PipelineChange): boolean {
  return is.entry === entryAfter(was.entry) && is.check === was.check;
}

function judge(was: VerifyingFact, is: VerifyingFact | undefined, { entryAfter }: PipelineChange): readonly Raised[] {
  // An entry that is gone verifies nothing and lets nothing through.
  if (entryAfter(was.entry) === undefined || was.strength === "none") return [];
  const witness = { entry: was.entry, check: was.check, subject: was.subject };
  if (!is)
    return [loosened({ says: `${was.check} of ${was.subject} is gone`, witness, where: whereOf("base", was.node) })];
  if (rankOfStrength(is.strength) >= rankOfStrength(was.strength)) return [];
  const says = `${was.check} of ${was.subject} was ${was.strength}, and now is ${is.strength}: ${is.why}`;
  return [loosened({ says, witness: { ...witness, strength: is.strength }, where: whereOf("head", is.node) })];
}
