import { isApiTokenPath, keylessCalls, mountOf, tokenPathOf, type KeylessCall } from "../../keyless.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const tokenAudience: LintRule = {
  id: "token-audience",
  code: "SIG-03",
  severity: "critical",
  source: ["Kubernetes TokenRequest v1, spec.audiences", "Kubernetes, projected volumes: serviceAccountToken"],
  reach: "step",
  check: (scene) => [...tokensForTheApi(scene), ...keylessCalls(scene.signingSteps).flatMap(checkCall)],
};

function tokensForTheApi({ set, isSigningTask }: LintScene): readonly RuleFinding[] {
  return set.tasks.filter(isSigningTask).flatMap(({ volumes }) =>
    volumes
      .flatMap(({ tokens }) => tokens)
      .filter(({ audience }) => audience === undefined)
      .map(({ node }) =>
        found(node, {
          message: "The token is good for the Kubernetes API server, so a stolen copy is good for it too.",
          fix: "Set `audience: sigstore`, the client id under which Fulcio knows this cluster.",
        }),
      ),
  );
}

function checkCall({ facts: { step }, task, call }: KeylessCall): readonly RuleFinding[] {
  const token = tokenPathOf(call);
  if (!token) return [];
  const { scalar, at } = token.word;
  if (isApiTokenPath(token.path)) {
    const message =
      "The token of the API server is sent to Fulcio: whoever sees it there, or on the way, is this account.";
    return [found(scalar, { at, message, fix: "Read a projected token with `audience: sigstore` instead." })];
  }
  const hasToken = task.volumes.some(({ tokens }) => tokens.length > 0);
  if (hasToken || mountOf(step, token.path)) return [];
  const message = "No token with an audience is asked for, so the only token in the pod is that of the API server.";
  return [
    found(scalar, { at, message, fix: "Project a `serviceAccountToken` with `audience: sigstore` into this step." }),
  ];
}
