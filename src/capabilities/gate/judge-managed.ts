import { identityBoxesOf } from "../../core/gate/identity/boxes-of-system.ts";
import { judgeIdentities } from "../../core/gate/identity/judge-identities.ts";
import type { IdentitySide } from "../../core/gate/identity/identity-question.ts";
import { readSystemChanges, type ReadSystem, type SystemsOptions } from "../../core/gate/judge/read-systems.ts";
import type { GatePart } from "../../core/gate/report.ts";
import type { UnixMs } from "../../core/time.ts";
import type { GatheredChange } from "./gather-change.ts";
import { treesOf, systemsOf } from "./judge-policies.ts";
import { revisionOf, type PipelineJudging } from "./judge-signing.ts";
import type { Registers } from "./read-registers.ts";

/** What judging identities needs beside the change. */
export type IdentityJudging = PipelineJudging &
  Pick<SystemsOptions, "patterns" | "policies"> & { readonly now: UnixMs };

/** Judges whether the change brings in an identity that nobody manages. */
export function judgeManaged(change: GatheredChange, registers: Registers, judging: IdentityJudging): GatePart {
  const { config, base, head } = change;
  const { patterns, policies, now } = judging;
  const trees = treesOf(change);
  const systems = readSystemChanges(trees.base, trees.head, { patterns, policies, systems: systemsOf(change) });
  const sideOf = (side: "base" | "head", register: IdentitySide["register"]): IdentitySide => ({
    scene: revisionOf(side === "base" ? base : head, judging).scene,
    boxes: systems.flatMap(({ change: both }: ReadSystem) => identityBoxesOf(both[side])),
    register,
  });
  const { allowedSubjects, strict, trustRoots } = config;
  const part = judgeIdentities({
    before: sideOf("base", registers.base),
    after: sideOf("head", registers.head),
    config: { allowedSubjects, strict, trustRoots },
    now,
    patterns,
  });
  return { ...part, findings: [...registers.findings, ...part.findings] };
}
