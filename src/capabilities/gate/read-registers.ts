import { toFinding, type GateFinding } from "../../core/gate/finding.ts";
import { readRegister } from "../../core/gate/identity/read-register.ts";
import type { IdentityRegister } from "../../core/gate/identity/register.ts";
import { matchesPath } from "../../core/gate/tree/path-glob.ts";
import type { PatternEngine } from "../../core/policy/read/context.ts";
import type { PolicyProblem } from "../../core/policy/problem.ts";
import type { GatheredChange, GatherPorts } from "./gather-change.ts";

/** The registers of both sides; one that cannot be read is a finding, and ends the run with exit 2. */
export type Registers = {
  readonly base: IdentityRegister | undefined;
  readonly head: IdentityRegister | undefined;
  readonly findings: readonly GateFinding[];
};

export type RegisterPorts = Pick<GatherPorts, "readStrictly"> & { readonly patterns: PatternEngine };

/** Reads the registers of a change. */
export function readRegisters(change: GatheredChange, ports: RegisterPorts): Registers {
  const [base, head] = [readSide("base", change, ports), readSide("head", change, ports)];
  return { base: base.register, head: head.register, findings: [...base.findings, ...head.findings] };
}

type SideRegister = { readonly register: IdentityRegister | undefined; readonly findings: readonly GateFinding[] };

function readSide(revision: "base" | "head", change: GatheredChange, ports: RegisterPorts): SideRegister {
  const files = [...change[revision].own].filter(([path]) =>
    change.config.registers.some((glob) => matchesPath(glob, path)),
  );
  if (files.length === 0) return { register: undefined, findings: [] };
  const read = files.map(([path, bytes]) => ports.readStrictly(path, bytes));
  const documents = read.flatMap((one) => one.documents);
  const { register, problems } = readRegister(documents, ports.patterns);
  const all = [...read.flatMap((one) => one.problems), ...problems];
  return all.length === 0
    ? { register, findings: [] }
    : { register: undefined, findings: all.map((one) => tell(revision, one)) };
}

function tell(revision: "base" | "head", { file, line, path, message }: PolicyProblem): GateFinding {
  return toFinding({
    code: "GP020",
    level: "malformed",
    system: "identities",
    message,
    where: { revision, file, line, pointer: path },
  });
}
