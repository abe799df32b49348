import { toFinding, type GateFinding, type GateWhere } from "../../core/gate/finding.ts";

/** A source of policies that somebody else renders, and has not: what it renders to is not decided (GC002). */
export function notRendered(reason: string, revision: GateWhere["revision"], file: string): GateFinding {
  return toFinding({
    code: "GC002",
    level: "undecided",
    verdict: "UNDECIDED",
    system: "gate",
    message: reason,
    where: { revision, file, line: 1, pointer: "" },
    open: { reason, decide: "give what both sides render to: --base-rendered DIR --head-rendered DIR" },
  });
}
