import { flagAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { signingAccountsOf } from "../../accounts.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const apiToken: LintRule = {
  id: "api-token",
  code: "ISO-05",
  severity: "high",
  source: ["Kubernetes, Configure Service Accounts: opt out of API credential automounting"],
  check: ({ set, accountUses }) => {
    const signing = signingAccountsOf(accountUses);
    return set.objects
      .filter(
        ({ kind, name, node }) =>
          kind === "ServiceAccount" &&
          (signing.has(name) || isMarked(textAt(node, "metadata", "labels", "countersign.dev/signing"))),
      )
      .filter(({ node }) => flagAt(node, "automountServiceAccountToken") !== false)
      .map(({ node, name }) =>
        found(node, {
          message: `Every pod of ${name}, which signs, gets a token for the API server as well.`,
          fix: "Set `automountServiceAccountToken: false`.",
        }),
      );
  },
};

function isMarked(label: string | undefined): boolean {
  return label === "true";
}
