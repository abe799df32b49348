import type { EvidenceReport, EventReport } from "../../core/evidence/evidence-report.ts";
import { renderIdentity } from "../../core/identity/identity.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { ExitCode } from "../io.ts";
import type { JsonValue } from "../output/json-value.ts";

/** 0 only when all holds; 1 a check fails; 3 one could not be made; 5 the file or a log contradicts itself (chapter §8). */
const EXITS: Readonly<Record<EvidenceReport["outcome"], ExitCode>> = {
  holds: 0,
  fails: 1,
  undecided: 3,
  tampered: 5,
  "log-contradicted": 5,
};

export function exitOfEvidence({ outcome }: Pick<EvidenceReport, "outcome">): ExitCode {
  return EXITS[outcome];
}

export function toEvidenceJson(report: EvidenceReport): JsonValue {
  const { asOf, events, trustId, ...rest } = report;
  return {
    ...rest,
    trustId: trustId ?? null,
    asOf: asOf === undefined ? null : renderRfc3339(asOf),
    events: events.map(({ folder, logIndex, identity, checks }) => ({
      folder,
      logIndex: logIndex ?? null,
      identity: identity ? { ...identity } : null,
      checks: checks.map((check) => ({ ...check })),
    })),
  };
}

const ANSWERS: Readonly<Record<EvidenceReport["outcome"], string>> = {
  holds: "The evidence holds.",
  fails: "The evidence does not hold.",
  undecided: "The evidence is not complete: one check could not be made.",
  tampered: "The file is not what it was: it contradicts itself.",
  "log-contradicted": "The file shows that a log contradicted itself.",
};

/** What a person reads: the answer, each check, what the file does not show. */
export function renderEvidence(report: EvidenceReport): string {
  const { outcome, code, detail, scope, asOf, trust, trustId, events, notCovered } = report;
  const lines = [
    ANSWERS[outcome],
    ...(code === "" ? [] : [`  ${code}: ${detail}`]),
    ...(scope === "" ? [] : [`  about  ${scope}, as of ${asOf === undefined ? "?" : renderRfc3339(asOf)}`]),
    `  trust: ${trust}${trustId === undefined ? "" : `, root ${trustId}`}`,
    ...(trust === "self-supplied"
      ? ["  The file brought its own root, so this shows that it agrees with itself; --trusted-root shows more."]
      : []),
    ...events.flatMap(renderEvent),
    ...(notCovered.length > 0 ? ["not covered:", ...notCovered.map((sentence) => `  ${sentence}`)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function renderEvent({ folder, logIndex, identity, checks }: EventReport): readonly string[] {
  const who = identity ? ` by ${renderIdentity(identity)}` : "";
  return [
    `${folder}: log entry ${logIndex ?? "?"}${who}`,
    ...checks.map(({ name, state, code, detail }) => {
      const shown = code === "" ? detail : `${code}: ${detail}`;
      return `  ${state.padEnd(7)} ${name.padEnd(11)} ${shown}`;
    }),
  ];
}
