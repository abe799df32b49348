import { signingAccountsOf } from "../../accounts.ts";
import { pipelineDefaults } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const defaultIdentity: LintRule = {
  id: "default-identity",
  code: "CFG-11",
  severity: "high",
  source: [
    "tektoncd/pipeline config/config-defaults.yaml, default-service-account, default-task-run-workspace-binding",
  ],
  check: ({ set, accountUses }) => {
    const signing = signingAccountsOf(accountUses);
    return pipelineDefaults(set).flatMap(({ get }) => {
      const account = get("default-service-account");
      const signs = account && (signing.has(account.text) || /(?:^|-)sign(?:er|ing)?(?:-|$)/.test(account.text));
      const tokens = ["default-pod-template", "default-task-run-workspace-binding"]
        .map((key) => get(key))
        .filter((text) => text !== undefined && /serviceAccountToken|csi\.spiffe\.io/.test(text.text));
      return [
        ...(account && signs
          ? [
              found(account, {
                message: `Every run that names no account runs as ${account.text}, which signs.`,
                fix: "Name an account that may do nothing.",
              }),
            ]
          : []),
        ...tokens.flatMap((text) =>
          text
            ? [
                found(text, {
                  message: "Every run gets this token, whether it signs or not.",
                  fix: "Project the token in the Task that signs.",
                }),
              ]
            : [],
        ),
      ];
    });
  },
};
