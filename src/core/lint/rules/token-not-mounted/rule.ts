import { keylessCalls, isApiTokenPath, mountOf, tokenPathOf } from "../../keyless.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const tokenNotMounted: LintRule = {
  id: "token-not-mounted",
  code: "SIG-02",
  severity: "high",
  source: ["Kubernetes, projected volumes: serviceAccountToken", "sigstore/cosign pkg/providers/filesystem"],
  reach: "step",
  check: ({ signingSteps }) =>
    keylessCalls(signingSteps).flatMap(({ facts, call }) => {
      const token = tokenPathOf(call);
      if (!token || isApiTokenPath(token.path) || mountOf(facts.step, token.path)) return [];
      return [
        found(token.word.scalar, {
          at: token.word.at,
          message: `The token is read from ${token.path}, and no volume is mounted there: there is nothing to sign with.`,
          fix: "Add a `projected` volume with a `serviceAccountToken` source, and mount it in this step at that folder.",
        }),
      ];
    }),
};
