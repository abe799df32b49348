import type { TaskUnit } from "../../../pipelines/definitions/definition.ts";
import { placeOfName } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const noSigningResults: LintRule = {
  id: "no-signing-results",
  code: "SIG-10",
  severity: "medium",
  source: ["Tekton docs/tasks.md, Emitting Results", "pipelines chapter §3, Results"],
  check: ({ set, stepsOf }) =>
    set.tasks
      .filter((task) => stepsOf(task).some(({ signings }) => signings.some(({ tool }) => tool !== "gitsign")))
      .flatMap(checkTask),
};

const DIGEST = /digest/i;
const ENTRY = /log|entr|bundle|rekor|uuid|index|receipt/i;

function checkTask({ spec, results }: TaskUnit): readonly RuleFinding[] {
  const names = [...results.keys()];
  const missing = [
    ...(names.some((name) => DIGEST.test(name)) ? [] : ["the digest that was signed"]),
    ...(names.some((name) => ENTRY.test(name) && !/^IMAGE_DIGEST$/.test(name)) ? [] : ["the log entry or bundle"]),
  ];
  if (missing.length === 0) return [];
  return [
    found(spec, {
      at: placeOfName(spec, results.size > 0 ? "results" : "steps"),
      message: `No result says ${missing.join(", nor ")}: this run and its signature cannot be put together afterwards.`,
      fix: "Declare results such as `IMAGE_DIGEST` and `LOG_ENTRIES`, and write them in the signing step.",
    }),
  ];
}
