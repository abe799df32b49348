import { chainsSettings } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsToken: LintRule = {
  id: "chains-token",
  code: "CFG-12",
  severity: "medium",
  source: ["tektoncd/chains docs/config.md, signers.x509.identity.token.file, signers.x509.fulcio.provider"],
  check: ({ set }) =>
    chainsSettings(set).flatMap(({ get }) => {
      const enabled = get("signers.x509.fulcio.enabled");
      const widened = get("filter.managed-by");
      const isNamed = get("signers.x509.identity.token.file") ?? get("signers.x509.fulcio.provider");
      return [
        ...(enabled?.text === "true" && !isNamed
          ? [
              found(enabled, {
                message: "Chains tries every way to an identity in turn, and signs as whatever answers first.",
                fix: "Set `signers.x509.fulcio.provider: filesystem`, and project a token with Fulcio's audience.",
              }),
            ]
          : []),
        ...(widened
          ? [
              found(widened, {
                message: "Chains signs for runs of other controllers, whose status it cannot vouch for.",
                fix: "Take it out.",
              }),
            ]
          : []),
      ];
    }),
};
