import type { GatePartName } from "../../core/gate/parts.ts";
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
    const isWanted = (part: GatePartName): boolean => question.only === undefined || part === question.only;
    const gathered = { change, sides: readSides(change, ports), registers: readRegisters(change, ports) };
    const others = judgeOthers(gathered, isWanted, ports);
    // Last, because waivers may name what the others found; it gives their findings back with what covers them.
    const policies = judgePolicies(change, gathered.sides, {
      ...ports,
      isWanted: isWanted("policy"),
      others: others.flatMap(({ findings }) => findings),
      register: gathered.registers.base,
    });
    const parts = [...others.map((part) => ({ ...part, findings: [] })), policies];
    return toGateReport(parts, {
      base: { oid: change.base.oid ?? "" },
      head: { oid: change.head.oid ?? "" },
      engine: ports.engine,
      evaluatedAt: renderRfc3339(ports.now),
    });
  };
}

type Gathered = { readonly change: GatheredChange; readonly sides: ReadSides; readonly registers: Registers };

function judgeOthers(
  { change, sides, registers }: Gathered,
  isWanted: (part: GatePartName) => boolean,
  ports: GatePorts,
): readonly GatePart[] {
  const { now } = ports;
  return [
    judgeFiles(change),
    ...(isWanted("identity") ? [judgeManaged(change, sides, { ...ports, registers })] : []),
    ...(isWanted("pipeline") ? [judgeSigning(change, sides, { register: registers.base, now })] : []),
  ];
}
