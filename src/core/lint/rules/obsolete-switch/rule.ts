import { optionOf } from "../../calls.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const obsoleteSwitch: LintRule = {
  id: "obsolete-switch",
  code: "SIG-08",
  severity: "low",
  source: ["sigstore/cosign CHANGELOG.md, v2.0.0"],
  check: ({ bodies }) => bodies.flatMap((facts) => [...variables(facts), ...switches(facts)]),
};

const VARIABLES = new Set(["COSIGN_EXPERIMENTAL", "COSIGN_DOCKER_MEDIA_TYPES"]);

function variables({ step, scripts }: StepFacts): readonly RuleFinding[] {
  const inEnv = step.env.filter(({ name }) => VARIABLES.has(name)).map(({ name, node }) => found(node, said(name)));
  const inScripts = scripts.flatMap(({ scalar, facts }) =>
    (facts?.commands ?? [])
      .flatMap(({ assignments }) => assignments)
      .filter(({ name }) => VARIABLES.has(name))
      .map(({ name }) => found(scalar, said(name))),
  );
  return [...inEnv, ...inScripts];
}

function switches({ signings }: StepFacts): readonly RuleFinding[] {
  return signings
    .filter(({ tool }) => tool === "cosign")
    .flatMap((call) => {
      const force = optionOf(call, "--force", "-f");
      return force ? [found(force.word.scalar, { ...said(force.word.value), at: force.word.at })] : [];
    });
}

function said(name: string): { readonly message: string; readonly fix: string } {
  return {
    message: `${name} has no effect since cosign 2.0: who reads it believes something that is not so.`,
    fix: "Take it out.",
  };
}
