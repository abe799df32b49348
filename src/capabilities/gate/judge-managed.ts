import { identityBoxesOf } from "../../core/gate/identity/boxes-of-system.ts";
import { judgeIdentities } from "../../core/gate/identity/judge-identities.ts";
import type { IdentitySide } from "../../core/gate/identity/identity-question.ts";
import { readSystemChanges, type SystemsOptions } from "../../core/gate/judge/read-systems.ts";
import type { GatePart } from "../../core/gate/report.ts";
import type { UnixMs } from "../../core/time.ts";
import type { GatheredChange } from "./gather-change.ts";
import { systemsOf } from "./judge-policies.ts";
import type { ReadSides } from "./read-sides.ts";
import type { Registers } from "./read-registers.ts";

/** What judging identities needs beside the change. */
export type IdentityJudging = Pick<SystemsOptions, "patterns" | "policies"> & {
  readonly registers: Registers;
  readonly now: UnixMs;
};

/** Judges whether the change brings in an identity that nobody manages. */
export function judgeManaged(change: GatheredChange, sides: ReadSides, judging: IdentityJudging): GatePart {
  const { allowedSubjects, strict, trustRoots } = change.config;
  const { patterns, policies, registers, now } = judging;
  const options = { patterns, policies, systems: systemsOf(change) };
  const systems = readSystemChanges(sides.base.tree, sides.head.tree, options);
  const sideOf = (side: "base" | "head"): IdentitySide => ({
    scene: sides[side].pipelines.scene,
    boxes: systems.flatMap(({ change: both }) => identityBoxesOf(both[side])),
    register: registers[side],
  });
  const part = judgeIdentities({
    before: sideOf("base"),
    after: sideOf("head"),
    config: { allowedSubjects, strict, trustRoots },
    now,
    patterns,
  });
  return { ...part, findings: [...registers.findings, ...part.findings] };
}
