import { allReferences } from "../../references.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const bundle: LintRule = {
  id: "bundle",
  code: "PIN-02",
  severity: "high",
  source: ["tektoncd/pipeline docs/bundle-resolver.md"],
  check: ({ set }) =>
    allReferences(set)
      .filter(({ kind }) => kind === "bundles")
      .flatMap(({ node, params }) => {
        const named = params.get("bundle");
        const text = named?.kind === "scalar" ? named.text : "";
        if (/@sha256:[0-9a-f]{64}$/.test(text)) return [];
        const isOpen = /\$\(|\{\{/.test(text);
        return [
          found(named ?? node, {
            message:
              text === ""
                ? "No bundle is named, so the controller's default is taken."
                : `What runs is whatever the bundle ${text.slice(0, 200)} holds at that moment.`,
            fix: "Name the bundle by digest: `registry/bundle@sha256:…`.",
            ...(isOpen && { verdict: "unknown" as const }),
          }),
        ];
      }),
};
