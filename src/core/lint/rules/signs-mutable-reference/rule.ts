import { operandsOf, optionOf, type CallWord, type ToolCall } from "../../calls.ts";
import { subjectsOf } from "../../signing.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signsMutableReference: LintRule = {
  id: "signs-mutable-reference",
  code: "SIG-07",
  severity: "high",
  source: ["sigstore/cosign doc/cosign_sign.md, signing by tag", "OCI image-spec, Digests"],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap((facts) => facts.signings.flatMap((call) => checkCall(call, facts))),
};

function checkCall(call: ToolCall, facts: StepFacts): readonly RuleFinding[] {
  const [verb] = operandsOf(call);
  if (call.tool === "countersign-sign") {
    return optionOf(call, "--digest") ? [] : [said(call.name, "the image that its caller names")];
  }
  if (call.tool === "gitsign" || verb?.value.endsWith("-blob") || operandsOf(call)[1]?.value === "blob") return [];
  return subjectsOf(call)
    .filter((operand) => !isPinned(operand.value, facts))
    .map((operand) => said(operand, operand.value));
}

const DIGEST = /@(?:sha256:[0-9a-f]{64}|sha256:\$|\$[({]?[^)}]*(?:digest|sha)[^)}]*[)}]?)/i;
const VARIABLE = /\$\{?(\w+)\}?/g;

function isPinned(reference: string, { step, scripts }: StepFacts): boolean {
  const assigned = scripts.flatMap(({ facts }) => (facts?.commands ?? []).flatMap(({ assignments }) => assignments));
  const filled = reference.replaceAll(VARIABLE, (whole, name: string) => {
    const given = step.env.find((variable) => variable.name === name)?.value?.text;
    return given ?? assigned.find((assignment) => assignment.name === name)?.word.value ?? whole;
  });
  return DIGEST.test(reference) || DIGEST.test(filled);
}

function said({ scalar, at }: CallWord, reference: string): RuleFinding {
  return found(scalar, {
    at,
    message: `What is signed is decided by the registry at that moment: ${reference.slice(0, 200)} is not a digest.`,
    fix: "Sign `image@sha256:…`, with the digest that the build step put out.",
  });
}
