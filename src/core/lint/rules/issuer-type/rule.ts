import { fulcioIssuers, type FulcioIssuer } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const issuerType: LintRule = {
  id: "issuer-type",
  code: "CFG-04",
  severity: "high",
  source: ["sigstore/fulcio pkg/config/config.go, IssuerType and skip-email-verification"],
  check: ({ set }) => fulcioIssuers(set).flatMap(checkIssuer),
};

const CLUSTER =
  /kubernetes\.default|\.svc(?:\.cluster\.local)?(?:[:/]|$)|oidc\.eks\.|container\.googleapis\.com\/v1\/projects|oic\.prod-aks|:6443(?:\/|$)/;
const CLUSTER_TYPES = new Set(["kubernetes", "spiffe", "ci-provider"]);

function checkIssuer({ url, type, node, field }: FulcioIssuer): readonly RuleFinding[] {
  const skipped = field("skip-email-verification", "skipEmailVerification");
  return [
    ...(CLUSTER.test(url) && type && !CLUSTER_TYPES.has(type.text)
      ? [
          found(type, {
            message: `The cluster ${url} is read as \`${type.text}\`: what its tokens say becomes an identity that no policy for clusters means.`,
            fix: "Set `type: kubernetes`.",
          }),
        ]
      : []),
    ...(skipped?.value === true
      ? [found(skipped, { message: "Addresses that nobody has proven become identities.", fix: "Take it out." })]
      : []),
    ...(url.startsWith("http:")
      ? [
          found(node, {
            message: `The keys of ${url} come over a connection that anybody on the way can change.`,
            fix: "Use https.",
          }),
        ]
      : []),
  ];
}
