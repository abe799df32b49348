import { isApiTokenPath, keylessCalls, mountOf, tokenPathOf } from "../../keyless.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { LintScene } from "../../scene.ts";
import { isForFulcio } from "../../signing.ts";

/** Documented and tested by `rule.md` beside this file. */
export const tokenTtl: LintRule = {
  id: "token-ttl",
  code: "SIG-04",
  severity: "medium",
  source: ["Kubernetes core/v1 ServiceAccountTokenProjection.expirationSeconds", "sigstore/fulcio pkg/ca/common.go"],
  reach: "step",
  check: (scene) => [...longLived(scene), ...withoutToken(scene)],
};

/** The API server refuses less. */
const LIFETIME_SECONDS = 600;

function longLived({ set, knowledge }: LintScene): readonly RuleFinding[] {
  const tokens = set.tasks.flatMap(({ volumes }) => volumes.flatMap((volume) => volume.tokens));
  return tokens
    .filter((token) => isForFulcio(token, knowledge.audiences) && !isShort(token.lifetime?.value))
    .map(({ node, lifetime }) =>
      found(lifetime ?? node, {
        message: `A stolen copy of the token signs for ${lifetime ? `${lifetime.text} seconds` : "an hour, the default"}: neither deleting the pod nor the account ends it.`,
        fix: `Set \`expirationSeconds: ${LIFETIME_SECONDS}\`.`,
      }),
    );
}

function isShort(value: unknown): boolean {
  return typeof value === "number" && value <= LIFETIME_SECONDS;
}

function withoutToken({ signingSteps }: LintScene): readonly RuleFinding[] {
  return keylessCalls(signingSteps).flatMap(({ facts, task, call }) => {
    const token = tokenPathOf(call);
    if (!token || isApiTokenPath(token.path) || mountOf(facts.step, token.path)) return [];
    if (task.volumes.some(({ tokens }) => tokens.length > 0)) return [];
    const message = "Nothing bounds how long the token of this step lives: the default is an hour.";
    const fix = `Project it with \`expirationSeconds: ${LIFETIME_SECONDS}\`.`;
    return [found(token.word.scalar, { at: token.word.at, message, fix })];
  });
}
