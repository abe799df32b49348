import { unreachable } from "../../core/bug.ts";
import { GATE_PARTS, type GatePartName } from "../../core/gate/parts.ts";
import { toGateReport, type GatePart, type GateReport } from "../../core/gate/report.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import { gatherChange, type GatheredChange, type GatherPorts, type GatherQuestion } from "./gather-change.ts";
import { judgeFiles } from "./judge-files.ts";
import { judgeManaged } from "./judge-managed.ts";
import { judgePolicies, type PolicyJudging } from "./judge-policies.ts";
import { judgeSigning } from "./judge-signing.ts";
import { readSides, type ReadSides, type SidesReading } from "./read-sides.ts";
import { readRegisters, type Registers } from "./read-registers.ts";

export type GatePorts = GatherPorts &
  SidesReading &
  PolicyJudging & {
    readonly now: UnixMs;
    readonly engine: GateReport["engine"];
  };

export type GateQuestion = GatherQuestion & {
  /** One part alone; all unless given. */
  readonly only?: GatePartName;
};

/**
 * Compares the two sides of a change, and says whether it lets in what was not let in before, brings in an identity that
 * nobody manages, or weakens signing. Faults: those of gathering.
 */
export function checkChange(ports: GatePorts): (question: GateQuestion, signal: AbortSignal) => Promise<GateReport> {
  return async (question, signal) => {
    const change = await gatherChange(ports, question, signal);
    const wanted = GATE_PARTS.filter((part) => question.only === undefined || part === question.only);
    const gathered = { change, sides: readSides(change, ports), registers: readRegisters(change, ports) };
    const parts = [judgeFiles(change), ...wanted.map((part) => judgePart(part, gathered, ports))];
    return toGateReport(parts, {
      base: { oid: change.base.oid ?? "" },
      head: { oid: change.head.oid ?? "" },
      engine: ports.engine,
      evaluatedAt: renderRfc3339(ports.now),
    });
  };
}

type Gathered = { readonly change: GatheredChange; readonly sides: ReadSides; readonly registers: Registers };

function judgePart(part: GatePartName, { change, sides, registers }: Gathered, ports: GatePorts): GatePart {
  switch (part) {
    case "policy":
      return judgePolicies(change, sides, ports);
    case "pipeline":
      return judgeSigning(change, sides, { register: registers.base, now: ports.now });
    case "identity":
      return judgeManaged(change, sides, { ...ports, registers });
    default:
      return unreachable(part);
  }
}
