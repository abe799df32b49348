import { optionOf, type ToolCall } from "../../calls.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const longLivedKey: LintRule = {
  id: "long-lived-key",
  code: "SIG-15",
  severity: "high",
  source: ["sigstore/cosign doc/cosign_sign.md, --key", "Sigstore security model"],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap((facts) => [...facts.signings.flatMap(checkCall), ...passwords(facts)]),
};

/** Keys that stay in a service that uses them. */
const HELD = /^(?:k8s|awskms|gcpkms|azurekms|hashivault|openbao|pkcs11):/;

function checkCall(call: ToolCall): readonly RuleFinding[] {
  const key = optionOf(call, "--key");
  if (!key || HELD.test(key.value)) return [];
  return [
    found(key.word.scalar, {
      at: key.word.at,
      message: `The step signs with a key that somebody keeps (${key.value.slice(0, 100)}): a copy of it signs for ever, anywhere.`,
      fix: "Sign keyless with a projected token, or with a key that stays in a KMS.",
    }),
  ];
}

function passwords({ step, signings }: StepFacts): readonly RuleFinding[] {
  if (signings.length === 0) return [];
  return step.env
    .filter(({ name }) => name === "COSIGN_PASSWORD")
    .map(({ node }) =>
      found(node, {
        message: "The password of a signing key is in the environment of the step, beside the key.",
        fix: "Sign keyless with a projected token.",
      }),
    );
}
