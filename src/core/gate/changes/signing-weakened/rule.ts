import { rankOfStrength } from "../../facts/fact.ts";
import { loosened, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signingWeakened: ChangeRule = {
  id: "signing-weakened",
  code: "GS002",
  source: ["change-gate chapter §5, ratchet", "tektoncd/pipeline docs/pipelines.md, when, onError, finally"],
  check: ({ pairs }) =>
    pairs.flatMap((pair) => {
      const { before, after, strength } = pair;
      if (!before || !after || strength === "none" || strength === "unknown") return [];
      if (before.strength === "unknown" || rankOfStrength(strength) >= rankOfStrength(before.strength)) return [];
      const [lowered] = after.signatures[0]?.lowered ?? [];
      return [
        loosened({
          pair,
          says: `signing was ${before.strength}, and now is ${strength}${lowered ? `: ${lowered.why}` : ""}`,
          witness: { strength },
          where: whereOf("head", lowered?.node ?? after.node),
        }),
      ];
    }),
};
