import { weaknessesOf } from "../../../pipelines/chains-config.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";
import { NO_REFS } from "../../step-accounts.ts";

/** Tekton Chains is told to sign, store or log less than everything (pipelines chapter §11, 13). */
export const chainsWeakened: Detector = detectorOf(
  { id: "P08", name: "chains-weakened", playbook: "PB-GATE-1" },
  observe,
);

function observe({ estate }: DetectWorld): readonly Observation[] {
  return estate.chainsConfigs.flatMap(({ cluster, value, observedAt }): readonly Observation[] => {
    const weaknesses = weaknessesOf(value);
    if (weaknesses.length === 0) return [];
    const { namespace, name } = value.meta;
    return [
      {
        ...NO_REFS,
        subject: `${cluster}\n${weaknesses.join("\n")}`,
        severity: "high",
        at: observedAt,
        title: `Tekton Chains in ${cluster} signs or logs less than everything`,
        sentence: `ConfigMap ${cluster}/${namespace}/${name}: ${weaknesses.join("; ")}`,
        keys: [`chains:${cluster}`],
      },
    ];
  });
}
