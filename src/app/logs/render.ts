import type { StepReport } from "../../capabilities/follow/followed-log.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { renderCoverage, stateCoverage } from "../../core/coverage/statement.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { FollowPosition, LogState, Misbehaviour } from "../../ports/event-store.ts";
import type { ExitCode } from "../io.ts";
import type { JsonValue } from "../output/json-value.ts";
import type { Table } from "../output/table.ts";

/** 5 when a log is proven to have contradicted itself, 3 when something could not be known, else 0. */
export function exitOfState(state: LogState): ExitCode {
  if (state === "disputed") return 5;
  return state === "unproven" ? 3 : 0;
}

/** The same for a step: what is only not read yet cannot be known yet. */
export function exitOfStep({ outcome }: Pick<StepReport, "outcome">): ExitCode {
  if (outcome === "contradiction") return 5;
  return outcome === "current" ? 0 : 3;
}

/** One log in a list. */
export function toLogJson(position: FollowPosition): JsonValue {
  const { log, state, reason, startIndex, indexedUpto, head, updatedAt, tally } = position;
  return {
    log,
    state,
    reason,
    startIndex,
    indexedUpto,
    head: head ? { size: head.size, root: toHex(head.root), firstSeen: renderRfc3339(head.firstSeen) } : null,
    lookedAt: renderRfc3339(updatedAt),
    unparsed: tally?.unparsed ?? 0,
    untrusted: tally?.untrusted ?? 0,
  };
}

export function logTable(rows: readonly FollowPosition[]): Table<FollowPosition> {
  return {
    rows,
    columns: [
      { title: "log", cell: ({ log }) => log },
      { title: "state", cell: ({ state }) => state },
      { title: "head", cell: ({ head }) => head?.size ?? "-" },
      { title: "read", cell: ({ indexedUpto }) => indexedUpto },
      { title: "from", cell: ({ startIndex }) => startIndex },
      { title: "looked at", cell: ({ updatedAt }) => renderRfc3339(updatedAt) },
      { title: "reason", cell: ({ reason }) => reason },
    ],
  };
}

/** One log with what was seen of it, what was not, and what it did. */
export function toLogDetail(position: FollowPosition, found: readonly Misbehaviour[], now: UnixMs): JsonValue {
  return {
    coverage: renderCoverage(stateCoverage([position], now)),
    misbehaviours: found.map(({ code, detail, at, evidence }) => ({
      code,
      detail,
      at: renderRfc3339(at),
      evidence: Object.keys(evidence),
    })),
  };
}

/** What a person reads of one log: the answer, the evidence, what was not seen. */
export function renderLogDetail(position: FollowPosition, found: readonly Misbehaviour[], now: UnixMs): string {
  const { log, state, reason, head, indexedUpto, startIndex, tally } = position;
  const lines = [
    `${log} is ${state}${reason === "" ? "" : `: ${reason}`}`,
    head
      ? `  proven to size ${head.size}, root ${toHex(head.root)}, first seen ${renderRfc3339(head.firstSeen)}`
      : "  no checkpoint has been proven",
    `  entries ${startIndex} to ${indexedUpto} are stored; ${tally?.unparsed ?? 0} could not be parsed, ${tally?.untrusted ?? 0} bear a certificate of no known authority`,
    ...found.map(({ code, detail, at }) => `  ${renderRfc3339(at)} ${code}: ${detail}`),
    "not covered:",
    ...stateCoverage([position], now).notCovered.map((sentence) => `  ${sentence}`),
  ];
  return `${lines.join("\n")}\n`;
}

export function toStepJson(report: StepReport): JsonValue {
  return { ...report };
}

export function stepTable(rows: readonly StepReport[]): Table<StepReport> {
  return {
    rows,
    columns: [
      { title: "log", cell: ({ log }) => log },
      { title: "outcome", cell: ({ outcome }) => outcome },
      { title: "state", cell: ({ state }) => state },
      { title: "head", cell: ({ headSize }) => headSize },
      { title: "read", cell: ({ indexedUpto }) => indexedUpto },
      { title: "new", cell: ({ added }) => added },
      { title: "why", cell: ({ code, detail }) => (code === "" ? "" : `${code}: ${detail}`) },
    ],
  };
}
