import { chainsSettings } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsUnlogged: LintRule = {
  id: "chains-unlogged",
  code: "CFG-06",
  severity: "high",
  source: ["tektoncd/chains docs/config.md, transparency.enabled"],
  check: ({ set }) =>
    chainsSettings(set).flatMap(({ get, map, object }) => {
      const enabled = get("transparency.enabled");
      if (enabled?.text === "true") return [];
      // The operator has defaults of its own.
      if (!enabled && object.kind !== "ConfigMap") return [];
      return [
        found(enabled ?? map, {
          message:
            enabled?.text === "manual"
              ? "Chains writes to the log only what asks for it by annotation."
              : "Chains signs, and writes nothing to the log: a signature by a stolen identity is seen by nobody.",
          fix: 'Set `transparency.enabled: "true"`.',
        }),
      ];
    }),
};
