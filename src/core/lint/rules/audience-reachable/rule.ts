import { found, type LintRule } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";
import { tokensOf } from "../../signing.ts";
import { whyUserControlled } from "../../user-controlled.ts";

/** Documented and tested by `rule.md` beside this file. */
export const audienceReachable: LintRule = {
  id: "audience-reachable",
  code: "ISO-01",
  severity: "critical",
  source: ["pipelines chapter §5, G1", "SLSA v1.1, Build L3: isolated"],
  reach: "step",
  check: ({ steps, knowledge }) =>
    steps.flatMap((facts) => {
      const { step, task } = facts;
      const tokens = task ? tokensOf(step, task, knowledge.audiences) : [];
      const why = tokens.length > 0 ? whyUserControlled(facts) : undefined;
      return why === undefined
        ? []
        : [
            found(mountNode(facts), {
              message: `${step.role === "step" ? "Step" : "Sidecar"} ${step.name} can read the token for Fulcio, and ${why.text}: whoever chooses that signs as this account.`,
              fix: "Sign in a Task of its own, of one step that runs nothing but the signing program.",
              ...(why.isSure ? {} : { verdict: "unknown" as const }),
            }),
          ];
    }),
};

function mountNode({ step, task }: StepFacts) {
  const mount = step.mounts.find(({ name }) =>
    task?.volumes.some((volume) => volume.name === name && volume.tokens.length > 0),
  );
  return mount?.node ?? step.node;
}
