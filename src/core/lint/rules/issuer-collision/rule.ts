import { fulcioIssuers } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const issuerCollision: LintRule = {
  id: "issuer-collision",
  code: "CFG-03",
  severity: "high",
  source: ["OpenShift, authentication.config.openshift.io serviceAccountIssuer", "pipelines chapter §1.3"],
  check: ({ set }) => {
    const issuers = fulcioIssuers(set).filter(({ isMeta }) => !isMeta);
    return [...Map.groupBy(issuers, ({ object }) => object).values()]
      .flatMap((ofOne) => [...Map.groupBy(ofOne, ({ url }) => url).values()])
      .flatMap(([, ...others]) => others)
      .map(({ node, url }) =>
        found(node, {
          message: `The issuer ${url} stands for two clusters: accounts of the same name in both have the same identity.`,
          fix: "Give each cluster an issuer of its own (`serviceAccountIssuer`), and list both.",
        }),
      );
  },
};
