import { placeOfName } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const podTemplate: LintRule = {
  id: "pod-template",
  code: "ISO-10",
  severity: "high",
  source: [
    "tektoncd/pipeline docs/podtemplates.md",
    "tektoncd/pipeline pkg/pod/pod.go",
    "tektoncd/pipeline docs/security/threat-model.md",
  ],
  check: ({ signingRuns }) =>
    signingRuns.flatMap(({ run, isSure }) =>
      run.podTemplates.flatMap((template) =>
        FIELDS.filter((name) => template.fields.has(name)).map((name) =>
          found(template.fields.get(name)?.node ?? template, {
            at: placeOfName(template, name),
            message: `The run changes the pod in which it signs: \`${name}\` of a pod template comes after the Task's own and wins.`,
            fix: "Take it out, and refuse it at admission (V3).",
            ...(isSure ? {} : { verdict: "unknown" as const }),
          }),
        ),
      ),
    ),
};

const FIELDS = [
  "env",
  "volumes",
  "securityContext",
  "hostNetwork",
  "runtimeClassName",
  "schedulerName",
  "hostAliases",
  "dnsConfig",
  "imagePullSecrets",
];
