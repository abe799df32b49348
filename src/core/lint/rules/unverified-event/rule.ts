import { eventTriggers, isBuiltIn, isVerifying } from "../../triggers.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const unverifiedEvent: LintRule = {
  id: "unverified-event",
  code: "TRG-03",
  severity: "high",
  source: ["tektoncd/triggers docs/interceptors.md", "OWASP CI/CD Top 10, CICD-SEC-8"],
  check: ({ set }) =>
    eventTriggers(set)
      .filter(({ interceptors }) => !interceptors.some(isVerifying))
      .map(({ node, name, interceptors, isOpen }) =>
        found(node, {
          message: `Trigger ${name} takes events from anybody who can reach the listener: nothing checks a signature on them.`,
          fix: "Put an interceptor with a `secretRef` first: github, gitlab, bitbucket, or one of your own.",
          ...(isOpen || interceptors.some((one) => !isBuiltIn(one)) ? { verdict: "unknown" as const } : {}),
        }),
      ),
};
