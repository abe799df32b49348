import { chainsSettings } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsUnsigned: LintRule = {
  id: "chains-unsigned",
  code: "CFG-07",
  severity: "high",
  source: ["tektoncd/chains docs/config.md, artifacts.*.storage and artifacts.*.signer"],
  check: ({ set }) =>
    chainsSettings(set).flatMap(({ get }) =>
      ARTIFACTS.flatMap((artifact) => {
        const storage = get(`artifacts.${artifact}.storage`);
        const signer = get(`artifacts.${artifact}.signer`);
        return [
          ...(storage && storage.text.trim() === ""
            ? [
                found(storage, {
                  message: `Chains makes nothing for ${artifact}: an empty storage switches it off.`,
                  fix: "Set it to `oci`.",
                }),
              ]
            : []),
          ...(signer?.text === "none"
            ? [
                found(signer, {
                  message: `What Chains says of ${artifact} carries no signature.`,
                  fix: "Set it to `x509`.",
                }),
              ]
            : []),
        ];
      }),
    ),
};

const ARTIFACTS = ["taskrun", "pipelinerun", "oci"];
