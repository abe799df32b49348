import { nodeAt } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const debug: LintRule = {
  id: "debug",
  code: "ISO-12",
  severity: "medium",
  source: ["tektoncd/pipeline docs/debug.md"],
  check: ({ signingRuns }) =>
    signingRuns.flatMap(({ run, isSure }) => {
      const breakpoints = nodeAt(run.spec, "debug", "breakpoints");
      if (!breakpoints) return [];
      return [
        found(breakpoints, {
          message: "The run stops at a breakpoint with its token still mounted, and waits for somebody to look around.",
          fix: "Take `debug` out of runs that sign.",
          ...(isSure ? {} : { verdict: "unknown" as const }),
        }),
      ];
    }),
};
