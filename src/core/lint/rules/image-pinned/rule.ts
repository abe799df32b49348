import { scalarAt } from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene, StepFacts } from "../../scene.ts";
import { inSigningPod } from "../../signing-pod.ts";

/** Documented and tested by `rule.md` beside this file. */
export const imagePinned: LintRule = {
  id: "image-pinned",
  code: "PIN-01",
  severity: "medium",
  source: ["OCI image-spec, Digests", "SLSA v1.1, Build track: isolated builds"],
  reach: "step",
  check: (scene) => [...scene.bodies.flatMap((facts) => checkStep(facts, scene)), ...templates(scene)],
};

const PINNED = /@sha256:[0-9a-f]{64}$|@sha512:[0-9a-f]{128}$/;
const FIX = "Pin the image by digest: `image@sha256:…`.";

function checkStep(facts: StepFacts, scene: LintScene): readonly RuleFinding[] {
  const { step } = facts;
  const severity = inSigningPod(facts, scene) ? ({ severity: "high" } as const) : {};
  const image = scalarAt(step.body, "image");
  if (!image && step.image) return [];
  if (!image)
    return [found(step.body, { message: `${capital(step.role)} ${step.name} names no image.`, fix: FIX, ...severity })];
  if (PINNED.test(image.text)) return [];
  if (/\$\(|\{\{/.test(image.text)) {
    const message = `Which image ${step.role} ${step.name} runs is decided by ${image.text.slice(0, 100)}.`;
    return [found(image, { message, fix: FIX, verdict: "unknown", ...severity })];
  }
  const message = `${capital(step.role)} ${step.name} runs whatever ${image.text.slice(0, 200)} points to today.`;
  return [found(image, { message, fix: FIX, ...severity })];
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function templates({ set }: LintScene): readonly RuleFinding[] {
  return set.tasks.flatMap(({ stepTemplate }) => {
    const image = scalarAt(stepTemplate, "image");
    if (!image || PINNED.test(image.text) || /\$\(|\{\{/.test(image.text)) return [];
    return [
      found(image, {
        message: `Steps without an image run whatever ${image.text.slice(0, 200)} points to today.`,
        fix: FIX,
      }),
    ];
  });
}
