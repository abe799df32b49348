import { fulcioIssuers } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const wildcardIssuer: LintRule = {
  id: "wildcard-issuer",
  code: "CFG-02",
  severity: "critical",
  source: ["sigstore/fulcio pkg/config/config.go, meta-issuers", "GHSA-59jp-pj84-45mr"],
  check: ({ set, knowledge }) =>
    knowledge.placement === "public"
      ? []
      : fulcioIssuers(set)
          .filter(({ isMeta, url, type }) => isMeta && url.includes("*") && type?.text === "kubernetes")
          .map(({ node, url }) =>
            found(node, {
              message: `Every cluster whose issuer matches ${url} gets certificates here, and anybody can have such a cluster.`,
              fix: "List the issuers of your clusters one by one under `oidc-issuers`.",
            }),
          ),
};
