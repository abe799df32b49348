import type { DefinitionSet } from "../../../pipelines/definitions/definition.ts";
import { maps } from "../../../pipelines/definitions/read-task.ts";
import { nodeAt } from "../../../pipelines/definitions/source-node.ts";
import { configMaps } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const commentTrigger: LintRule = {
  id: "comment-trigger",
  code: "TRG-07",
  severity: "medium",
  source: [
    "tektoncd/pipelines-as-code config/302-pac-configmap.yaml",
    "tektoncd/pipelines-as-code docs, incoming webhook",
  ],
  check: ({ set }) => [...settings(set), ...incoming(set)],
};

function settings(set: DefinitionSet): readonly RuleFinding[] {
  return configMaps(set, "pipelines-as-code").flatMap(({ get, map }) => {
    const remembers = get("remember-ok-to-test");
    const sha = get("require-ok-to-test-sha");
    return [
      ...(remembers?.text === "true"
        ? [
            found(remembers, {
              message: "One `/ok-to-test` lets every later push to the same pull request run, unseen.",
              fix: 'Set `remember-ok-to-test: "false"`.',
            }),
          ]
        : []),
      ...(sha?.text === "true"
        ? []
        : [
            found(sha ?? map, {
              message:
                "`/ok-to-test` means whatever the pull request holds when it is handled, not what the commenter saw.",
              fix: 'Set `require-ok-to-test-sha: "true"`.',
            }),
          ]),
    ];
  });
}

function incoming(set: DefinitionSet): readonly RuleFinding[] {
  return set.objects
    .filter(({ kind, group }) => kind === "Repository" && group === "pipelinesascode.tekton.dev")
    .flatMap(({ node }) => maps(node, "spec", "incoming"))
    .filter((webhook) => nodeAt(webhook, "secret") === undefined)
    .map((webhook) =>
      found(webhook, {
        message: "Whoever knows the URL starts these runs: the incoming webhook has no secret.",
        fix: "Name a `secret`.",
      }),
    );
}
