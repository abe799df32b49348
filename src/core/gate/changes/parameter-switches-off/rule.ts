import { rankOfStrength } from "../../facts/fact.ts";
import { loosened, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const parameterSwitchesOff: ChangeRule = {
  id: "parameter-switches-off",
  code: "GS013",
  source: ["change-gate chapter §5, GS013"],
  check: ({ pairs }) =>
    pairs.flatMap((pair) => {
      const { before, after, strength } = pair;
      if (!before || !after || rankOfStrength(before.strength) <= rankOfStrength("unknown")) return [];
      const isLower = rankOfStrength(strength) < rankOfStrength(before.strength);
      const known = new Map(
        before.signatures
          .flatMap(({ lowered }) => lowered.flatMap(({ params }) => params))
          .map((param) => [param.name, param] as const),
      );
      return (after.signatures[0]?.lowered ?? []).flatMap(({ by, node, params, strength: to }) => {
        if (by !== "when") return [];
        return params
          .filter(
            (param) =>
              (isLower && to === "none") || (param.from === "event" && known.get(param.name)?.from !== "event"),
          )
          .map((param) =>
            loosened({
              pair,
              says:
                to === "none"
                  ? `parameter ${param.name} is ${JSON.stringify(param.value ?? "")}, which switches signing off`
                  : `parameter ${param.name}, on which signing hangs, is what an event says`,
              witness: { param: param.name },
              where: whereOf("head", node),
            }),
          );
      });
    }),
};
