import { rankOfIsolation } from "../../facts/fact.ts";
import { loosened, signedPairs, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const isolationLost: ChangeRule = {
  id: "isolation-lost",
  code: "GS008",
  source: ["change-gate chapter §5, isolation", "pipelines chapter §5"],
  check: (change) =>
    signedPairs(change)
      .filter(({ before, after }) => rankOfIsolation(after.isolation) < rankOfIsolation(before.isolation))
      .map(({ pair, before, after }) =>
        loosened({
          pair,
          says: `signing was ${before.isolation}, and now is ${after.isolation}: ${after.exposure}`,
          witness: { isolation: after.isolation },
          where: whereOf("head", after.node),
        }),
      ),
};
