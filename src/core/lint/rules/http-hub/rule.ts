import { textAt } from "../../../pipelines/definitions/source-node.ts";
import { allReferences } from "../../references.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const httpHub: LintRule = {
  id: "http-hub",
  code: "PIN-04",
  severity: "high",
  source: ["tektoncd/pipeline docs/http-resolver.md", "tektoncd/pipeline docs/hub-resolver.md"],
  check: ({ set }) =>
    allReferences(set)
      .filter(({ kind }) => kind === "http" || kind === "hub")
      .map(({ kind, node, params }) => {
        const what = textAt(params.get(kind === "http" ? "url" : "version")) ?? "";
        return found(node, {
          message:
            kind === "http"
              ? `What runs is whatever the server sends for ${what.slice(0, 200)}: nothing in this file fixes it.`
              : `A hub gives it by version${what === "" ? "" : ` ${what.slice(0, 50)}`}, and nothing in this file fixes what that version is.`,
          fix: "Mirror it into a bundle of your own, and name the bundle by digest.",
        });
      }),
};
