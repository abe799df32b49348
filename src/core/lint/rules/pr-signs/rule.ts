import { eventAnnotations, mayBePullRequest } from "../../pac.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const prSigns: LintRule = {
  id: "pr-signs",
  code: "TRG-01",
  severity: "critical",
  source: ["tektoncd/pipelines-as-code docs/content/docs/guides/running-pipelines", "OWASP CI/CD Top 10, CICD-SEC-4"],
  check: ({ signingRuns }) =>
    signingRuns.flatMap(({ run, isSure }) => {
      const event = eventAnnotations(run.owner);
      const may = event ? mayBePullRequest(event) : false;
      if (!event || may === false) return [];
      return [
        found(event.node, {
          message:
            "A pull request starts this run, and the run signs: whoever may open one gets a signature on what it builds.",
          fix: "Sign in a run of its own that only a push to the protected branch starts.",
          ...(isSure && may === true ? {} : { verdict: "unknown" as const }),
        }),
      ];
    }),
};
