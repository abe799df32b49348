import { scalarsAt } from "../../../pipelines/definitions/source-node.ts";
import { baseName } from "../../calls.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const shellLessImage: LintRule = {
  id: "shell-less-image",
  code: "SIG-05",
  severity: "high",
  source: ["tektoncd/pipeline pkg/pod/script.go"],
  check: ({ bodies }) =>
    bodies.flatMap(({ step }) => {
      const [first] = scalarsAt(step.body, "command");
      const shell = step.script ?? (first && /^(?:ba|da|a)?sh$/.test(baseName(first.text)) ? first : undefined);
      if (!shell || !step.image || !isShellLess(step.image.text)) return [];
      return [
        found(shell, {
          message: `${step.image.text} has no shell, so this cannot start.`,
          fix: "Name the program in `command` and its arguments in `args`.",
        }),
      ];
    }),
};

/** Images built without a shell: repositories, and what their tags must not say. */
const SHELL_LESS =
  /(?:^|\/)(?:projectsigstore\/(?:cosign|rekor-cli)|sigstore\/(?:cosign\/cosign|cosign|rekor-cli)|countersign\/sign-step)(?=[:@]|$)/;
const DISTROLESS = /(?:^|\/)(?:distroless|chainguard)\/[^:@]+(?=[:@]|$)/;

function isShellLess(image: string): boolean {
  if (/debug|-dev\b|latest-dev/.test(image)) return false;
  return SHELL_LESS.test(image) || (DISTROLESS.test(image) && !/(?:busybox|bash|wolfi-base|shell)/.test(image));
}
