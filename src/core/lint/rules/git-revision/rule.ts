import { allReferences } from "../../references.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const gitRevision: LintRule = {
  id: "git-revision",
  code: "PIN-03",
  severity: "high",
  source: ["tektoncd/pipeline docs/git-resolver.md"],
  check: ({ set }) =>
    allReferences(set)
      .filter(({ kind }) => kind === "git")
      .flatMap(({ node, params }) => {
        const revision = params.get("revision");
        const text = revision?.kind === "scalar" ? revision.text : "";
        if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return [];
        const isOpen = /\$\(|\{\{/.test(text);
        return [
          found(revision ?? node, {
            message:
              text === ""
                ? "No revision is named, so the default branch is taken as it is then."
                : `What runs is whatever ${text.slice(0, 200)} is at that moment.`,
            fix: "Name the commit: 40 or 64 hexadecimal digits.",
            ...(isOpen && { verdict: "unknown" as const }),
          }),
        ];
      }),
};
