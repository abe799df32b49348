import { rankOfStrength, type SigningFact } from "../../facts/fact.ts";
import { loosened, whereOf, type ChangeRule, type FactPair, type Raised } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signingRemoved: ChangeRule = {
  id: "signing-removed",
  code: "GS001",
  source: ["change-gate chapter §5, ratchet"],
  check: ({ pairs }) =>
    pairs.flatMap((pair) => {
      const { before, fate, strength } = pair;
      if (fate === "retired" || strength !== "none" || !before || !isSigned(before)) return [];
      return [toRaised(pair, before)];
    }),
};

function isSigned({ strength }: SigningFact): boolean {
  return rankOfStrength(strength) > rankOfStrength("unknown");
}

function toRaised(pair: FactPair, before: SigningFact): Raised {
  const { after = pair.made } = pair;
  const [lowered] = pair.after?.signatures[0]?.lowered ?? [];
  const made = after?.producer ?? before.producer;
  return loosened({
    pair,
    says: `it was signed, and now is not${lowered ? `: ${lowered.why}` : ""}`,
    witness: { strength: "none", ...(made && { producer: made.task }) },
    where: after ? whereOf("head", lowered?.node ?? after.node) : whereOf("base", before.node),
  });
}
