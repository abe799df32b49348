import { optionOf } from "../../calls.ts";
import { hasVariable, keylessCalls, type KeylessCall } from "../../keyless.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const implicitPublicPlacement: LintRule = {
  id: "implicit-public-placement",
  code: "SIG-09",
  severity: "high",
  source: ["sigstore/cosign cmd/cosign/cli/options: default Fulcio and Rekor URLs"],
  reach: "step",
  check: ({ signingSteps, knowledge }) =>
    knowledge.placement === "public"
      ? []
      : keylessCalls(signingSteps)
          .filter((keyless) => !isPlaced(keyless))
          .map(({ call }) =>
            found(call.name.scalar, {
              at: call.name.at,
              message:
                "No Fulcio and no log is named, so the public ones are used: the names of internal images become public for ever.",
              fix: "Give `--signing-config` and `--trusted-root`, or `--fulcio-url` and `--rekor-url`, or run the signing step with a placement.",
            }),
          ),
};

function isPlaced({ facts, call }: KeylessCall): boolean {
  const both = optionOf(call, "--fulcio-url") && optionOf(call, "--rekor-url");
  const whole = optionOf(call, "--signing-config", "--trusted-root", "--placement", "--bundle-config");
  const initialized = facts.calls.some(({ tool, words }) => tool === "cosign" && words[0]?.value === "initialize");
  const byVariables =
    hasVariable(facts, "COSIGN_FULCIO_URL", "SIGSTORE_FULCIO_URL", "GITSIGN_FULCIO_URL", "FULCIO_URL") &&
    hasVariable(facts, "COSIGN_REKOR_URL", "SIGSTORE_REKOR_URL", "GITSIGN_REKOR_URL", "REKOR_URL");
  const byTuf = hasVariable(facts, "TUF_ROOT", "TUF_MIRROR", "TUF_URL", "SIGSTORE_ROOT_FILE");
  return Boolean(both) || Boolean(whole) || initialized || byVariables || byTuf;
}
