import { operandsOf, optionOf, type CallWord, type ToolCall } from "../../calls.ts";
import { found, type LintRule } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";
import { taintsOf } from "../../taint.ts";

/** Documented and tested by `rule.md` beside this file. */
export const unconstrainedSubject: LintRule = {
  id: "unconstrained-subject",
  code: "SIG-13",
  severity: "high",
  source: ["pipelines chapter §3, Inputs", "OWASP CI/CD Top 10, CICD-SEC-5"],
  reach: "step",
  check: ({ bodies }) =>
    bodies.flatMap((facts) =>
      facts.signings.flatMap((call) =>
        subjectsOf(call)
          .filter(({ value }) => isFree(value, facts))
          .map(({ word, value }) =>
            found(word.scalar, {
              at: word.at,
              message: `Whoever starts this Task chooses what it signs: ${value.slice(0, 200)} may be any image of any repository.`,
              fix: "Write the repository into the Task, or run the signing step with a placement that lists repositories.",
            }),
          ),
      ),
    ),
};

type Subject = { readonly word: CallWord; readonly value: string };

function subjectsOf(call: ToolCall): readonly Subject[] {
  if (call.tool === "countersign-sign") {
    const image = optionOf(call, "--placement") ? undefined : optionOf(call, "--image");
    return image ? [image] : [];
  }
  if (call.tool === "gitsign") return [];
  return operandsOf(call)
    .slice(1)
    .map((word) => ({ word, value: word.value }));
}

/** The host and path come from a caller: nothing literal stands before the first variable. */
function isFree(reference: string, { step, params, scripts }: StepFacts): boolean {
  const first = /^\$\{?(\w+)\}?/.exec(reference)?.[1];
  const given = step.env.find(({ name }) => name === first)?.value?.text;
  const assigned = scripts
    .flatMap(({ facts }) => (facts?.commands ?? []).flatMap(({ assignments }) => assignments))
    .find(({ name }) => name === first)?.word.value;
  const start = (given ?? assigned ?? reference).replace(/^["']/, "");
  return start.startsWith("$(") && taintsOf(start, params).some(({ offset }) => offset === 0);
}
