import type { JsonObject } from "../json/json.ts";
import type { GateFinding } from "./finding.ts";
import { exitOfLevels, worstVerdict, type GateExit, type GateVerdict } from "./verdict.ts";

/** One system of the change, judged. `reverse`: whether everything that was accepted still is. */
export type GateSystem = {
  readonly id: string;
  readonly verdict: GateVerdict;
  readonly reverse: "proven" | "lost" | "undecided";
  /** One tuple for each obligation that is new: admitted before, refused now. */
  readonly lost?: readonly JsonObject[];
};

/** A waiver of the base and what it did. */
export type GateWaiverUse = {
  readonly name: string;
  readonly file: string;
  readonly state: "used" | "unused" | "expired" | "not-yet-valid" | "unapproved" | "head-only" | "invalid";
  /** Ids of the findings that it covers. */
  readonly findings: readonly string[];
  readonly detail: string;
};

/** What the gate could not look at. */
export type GateGap = { readonly what: string; readonly why: string; readonly file?: string };

export type GateEngineVersions = { readonly version: string; readonly re2js: string; readonly unicode: string };

/** What one part of the gate (policies, identities, pipelines) says. */
export type GatePart = {
  readonly systems: readonly GateSystem[];
  readonly findings: readonly GateFinding[];
  readonly waivers: readonly GateWaiverUse[];
  readonly notCovered: readonly GateGap[];
};

/** The whole answer (change-gate chapter §8, json): `countersign.gate.report/v1`. */
export type GateReport = {
  readonly schema: "countersign.gate.report/v1";
  readonly base: { readonly oid: string };
  readonly head: { readonly oid: string };
  readonly verdict: GateVerdict;
  readonly exit: GateExit;
  readonly systems: readonly GateSystem[];
  /** All but those that are undecided. */
  readonly findings: readonly GateFinding[];
  readonly undecided: readonly GateFinding[];
  readonly waivers: readonly GateWaiverUse[];
  readonly notCovered: readonly GateGap[];
  readonly engine: GateEngineVersions;
  /** RFC 3339; the clock of the caller. */
  readonly evaluatedAt: string;
};

export type GateSettingOfReport = Pick<GateReport, "base" | "head" | "engine" | "evaluatedAt">;

/** Puts the parts together: the worst verdict of all, and the exit code of what no waiver covers. */
export function toGateReport(parts: readonly GatePart[], setting: GateSettingOfReport): GateReport {
  const systems = parts.flatMap((part) => part.systems);
  const all = parts.flatMap(({ findings }) => findings);
  const verdicts = [...systems.map(({ verdict }) => verdict), ...all.flatMap(({ verdict }) => verdict ?? [])];
  return {
    schema: "countersign.gate.report/v1",
    ...setting,
    verdict: worstVerdict([...verdicts, ...(all.some(isUndecidable) ? (["UNDECIDED"] as const) : [])]),
    exit: exitOfLevels(all.filter(({ waiver }) => waiver === undefined).map(({ level }) => level)),
    systems,
    findings: all.filter(({ level }) => level !== "undecided"),
    undecided: all.filter(({ level }) => level === "undecided"),
    waivers: parts.flatMap(({ waivers }) => waivers),
    notCovered: parts.flatMap(({ notCovered }) => notCovered),
  };
}

/** Nothing is known about input that cannot be read. */
function isUndecidable({ level }: GateFinding): boolean {
  return level === "malformed" || level === "tamper" || level === "undecided";
}
