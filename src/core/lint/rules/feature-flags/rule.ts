import { featureFlags, type Settings } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const featureFlagsRule: LintRule = {
  id: "feature-flags",
  code: "CFG-09",
  severity: "medium",
  source: ["tektoncd/pipeline config/config-feature-flags.yaml", "tektoncd/pipeline docs/additional-configs.md"],
  check: ({ set }) => featureFlags(set).flatMap(checkFlags),
};

type Flag = {
  readonly name: string;
  readonly isGood: (value: string) => boolean;
  /** What Tekton takes when the key is absent. */
  readonly byDefault: string;
  readonly message: string;
  readonly write: string;
};

const FLAGS: readonly Flag[] = [
  {
    name: "trusted-resources-verification-no-match-policy",
    isGood: (value) => value === "fail",
    byDefault: "ignore",
    message: "A definition that no verification policy matches runs unverified.",
    write: "fail",
  },
  {
    name: "set-security-context",
    isGood: (value) => value === "true",
    byDefault: "false",
    message: "Tekton's own containers in every pod have no securityContext.",
    write: '"true"',
  },
  {
    name: "enable-provenance-in-status",
    isGood: (value) => value !== "false",
    byDefault: "true",
    message: "A run does not say where its definition came from, so nothing can attest it.",
    write: '"true"',
  },
  {
    name: "disable-creds-init",
    isGood: (value) => value === "true",
    byDefault: "false",
    message: "Credentials of an account are written into every step that runs as it.",
    write: '"true"',
  },
];

function checkFlags({ get, map, object }: Settings): readonly RuleFinding[] {
  return FLAGS.flatMap(({ name, isGood, byDefault, message, write }) => {
    const flag = get(name);
    // The operator has defaults of its own.
    if (!flag && object.kind !== "ConfigMap") return [];
    if (isGood(flag?.text ?? byDefault)) return [];
    return [
      found(flag ?? map, {
        message: `${message} (\`${name}\`${flag ? "" : " is not set"})`,
        fix: `Set \`${name}: ${write}\`.`,
      }),
    ];
  });
}
