import type { ObjectDefinition } from "../../../pipelines/definitions/definition.ts";
import { itemsAt, nodeAt, placeInText, scalarsIn } from "../../../pipelines/definitions/source-node.ts";
import { scanVariables } from "../../../pipelines/definitions/variables.ts";
import { hasVariable } from "../../keyless.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";
import { tasksWithoutAccount } from "../../unplaced.ts";

/** Documented and tested by `rule.md` beside this file. */
export const ambientCredentials: LintRule = {
  id: "ambient-credentials",
  code: "ISO-08",
  severity: "medium",
  source: ["tektoncd/pipeline docs/auth.md", "tektoncd/pipeline pkg/credentials"],
  check: (scene) => [...scene.set.objects.flatMap(checkAccount), ...credentialPaths(scene), ...implicit(scene)],
};

/** Pull secrets that OpenShift adds to every account push only to its own registry. */
function checkAccount({ kind, node, name }: ObjectDefinition): readonly RuleFinding[] {
  const secrets = kind === "ServiceAccount" ? itemsAt(node, "secrets") : [];
  const at = nodeAt(node, "secrets");
  if (secrets.length === 0 || !at) return [];
  return [
    found(at, {
      message: `Tekton writes the credentials of these secrets into every step that runs as ${name}.`,
      fix: "Mount the secret in the one step that pushes, and take it off the account.",
    }),
  ];
}

function credentialPaths({ bodies }: LintScene): readonly RuleFinding[] {
  return bodies
    .filter(({ signs }) => signs === undefined)
    .flatMap(({ step }) => [...scalarsIn(step.body)])
    .flatMap((scalar) =>
      scanVariables(scalar.text)
        .filter(({ names: [root, last] }) => root === "credentials" && last === "path")
        .map(({ offset }) =>
          found(scalar, {
            at: placeInText(scalar, offset),
            message: "This step uses the credentials that every step of the account gets.",
            fix: "Mount the secret that it needs, and name it.",
          }),
        ),
    );
}

/** A signing Task that pushes with whatever its account has. */
function implicit(scene: LintScene): readonly RuleFinding[] {
  return tasksWithoutAccount(scene)
    .flatMap(scene.stepsOf)
    .filter((facts) => facts.signings.some(({ tool }) => tool === "cosign" || tool === "notation"))
    .filter((facts) => !hasVariable(facts, "DOCKER_CONFIG", "REGISTRY_AUTH_FILE") && !mountsConfig(facts))
    .map(({ signings: [call], step }) =>
      found(call?.name.scalar ?? step.node, {
        ...(call && { at: call.name.at }),
        message:
          "The signature is pushed with credentials that nothing here names: those of the account, which every step gets.",
        fix: "Mount a registry credential in this step, and set `DOCKER_CONFIG`.",
      }),
    );
}

function mountsConfig({ step }: LintScene["steps"][number]): boolean {
  return step.mounts.some(({ path }) => /\.docker|docker-config|containers\/auth/.test(path));
}
