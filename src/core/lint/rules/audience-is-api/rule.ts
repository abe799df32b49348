import { fulcioIssuers } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const audienceIsApi: LintRule = {
  id: "audience-is-api",
  code: "CFG-01",
  severity: "critical",
  source: ["sigstore/fulcio pkg/config/config.go, client-id", "Kubernetes kube-apiserver --api-audiences"],
  check: ({ set }) => {
    const issuers = fulcioIssuers(set);
    const urls = new Set(issuers.map(({ url }) => url.replace(/\/$/, "")));
    return issuers.flatMap(({ clientId, node }) => {
      if (!clientId || !isApi(clientId.text, urls)) return [];
      return [
        found(clientId.source === node.source ? clientId : node, {
          message: `Fulcio accepts tokens for ${clientId.text}, which is an audience of the API server: every token that Kubernetes mounts by itself signs.`,
          fix: "Set a `client-id` that is nothing else, such as `sigstore`.",
        }),
      ];
    });
  },
};

/** The list of issuers is the list of API audiences by default. */
function isApi(audience: string, issuers: ReadonlySet<string>): boolean {
  const plain = audience.replace(/\/$/, "");
  return issuers.has(plain) || /^https:\/\/kubernetes\.default(?:\.svc(?:\.cluster\.local)?)?$/.test(plain);
}
