import { DEFAULT_BUDGET } from "../../automata/includes.ts";
import { compareSystems, type ComparisonSetting, type SystemComparison } from "../decide/compare-systems.ts";
import { toGrammars, type Grammars, type IssuableIdentity } from "../decide/grammars.ts";
import type { Matching, Tuple } from "../decide/tuple.ts";
import { toFinding, type GateFinding, type WitnessTier } from "../finding.ts";
import { documentsOf, type GateTree } from "../readers/tree.ts";
import type { GatePart, GateSystem, GateWaiverUse } from "../report.ts";
import { coverFindings, judgeWaivers, type WaiverRules } from "../waivers/judge-waivers.ts";
import type { GateWaiver } from "../waivers/waiver.ts";
import { isFor, withWaivers } from "../waivers/with-waivers.ts";
import type { SystemChange } from "./explain.ts";
import { findingsOf } from "./findings.ts";
import { readSystemChanges, type ReadSystem, type SystemsOptions } from "./read-systems.ts";
import { showTuple } from "./show-tuple.ts";

export type PolicyChangeOptions = SystemsOptions & {
  /** The least real tier that blocks; less real ones are warnings. */
  readonly blockTier?: WitnessTier;
  /** Steps for each system and direction. */
  readonly budget?: number;
  readonly issuers?: readonly IssuableIdentity[];
  readonly inventory?: readonly Tuple[];
  readonly matches?: Matching;
  /** When a waiver of the base counts; without it none does. */
  readonly waivers?: WaiverRules;
  /** What other parts of the gate found: waivers may name it too. */
  readonly others?: readonly GateFinding[];
};

/** Says whether head accepts anything that base did not, system by system (change-gate chapter §1, 2). Pure: same trees, same answer. */
export function judgePolicyChange(base: GateTree, head: GateTree, options: PolicyChangeOptions): GatePart {
  const { patterns, policies, waivers = NO_WAIVERS, others = [] } = options;
  const grammars = toGrammars(patterns, options.issuers);
  const setting = { ...waivers, patterns, now: policies.now };
  const waived = judgeWaivers(documentsOf(base), documentsOf(head), setting);
  const place = { options, grammars, waivers: waived.active };
  const judged = readSystemChanges(base, head, options).map((read) => judgeSystem(read, place));
  const findings = [
    ...unreadableOf(head),
    ...judged.flatMap((one) => one.findings),
    ...coverFindings(others, waived.active),
    ...waived.findings,
  ];
  const uses = waived.active.map((waiver) => useOf(waiver, findings));
  return {
    systems: judged.flatMap(({ system }) => system ?? []),
    findings: [...findings, ...uses.filter(({ state }) => state === "unused").map(unusedFinding)],
    waivers: [...uses, ...waived.others],
    notCovered: [],
  };
}

const NO_WAIVERS: WaiverRules = { approvers: [], requireSigned: false, trustRoots: {} };

function useOf({ name, origin }: GateWaiver, findings: readonly GateFinding[]): GateWaiverUse {
  const covered = findings.filter(({ waiver }) => waiver === name).map(({ id }) => id);
  const state = covered.length > 0 ? "used" : "unused";
  return { name, file: origin.file, state, findings: covered, detail: state === "used" ? "" : "nothing is inside it" };
}

function unusedFinding({ name, file }: GateWaiverUse): GateFinding {
  return toFinding({
    code: "GC003",
    level: "note",
    system: "waivers",
    message: `waiver ${name} covers nothing of this change`,
    where: { revision: "base", file, line: 1, pointer: "" },
  });
}

type Judged = { readonly system?: GateSystem; readonly findings: readonly GateFinding[] };
type Place = {
  readonly options: PolicyChangeOptions;
  readonly grammars: Grammars;
  readonly waivers: readonly GateWaiver[];
};

function judgeSystem({ id, change, told }: ReadSystem, { options, grammars, waivers }: Place): Judged {
  if (told.some(({ level }) => level === "malformed")) return { findings: told };
  const setting: ComparisonSetting = {
    grammars,
    budget: options.budget ?? DEFAULT_BUDGET.steps,
    ...(options.inventory && { inventory: options.inventory }),
    ...(options.matches && { matches: options.matches }),
  };
  const comparison = compareSystems(change.base, change.head, setting);
  // What is the same on both sides is so whatever an open reference means; a change beside one is not known through.
  const open = told.filter(({ level }) => level === "undecided");
  const isSame = comparison.verdict === "EQUIVALENT";
  const uncovered = uncoveredOf(id, { change, comparison, waivers, setting });
  const findings = findingsOf(id, comparison, {
    change,
    options,
    uncovered,
    waivers: waivers.filter((one) => isFor(one, id)),
  });
  return {
    system: toSystem(id, open.length > 0 && !isSame ? withOpen(comparison) : comparison, change),
    findings: [...told.filter(({ level }) => level !== "undecided"), ...(isSame ? [] : open), ...findings],
  };
}

/** What head accepts beyond base and all that waivers take on; without waivers for the system, all that it accepts. */
function uncoveredOf(
  id: string,
  {
    change,
    comparison,
    waivers,
    setting,
  }: {
    readonly change: SystemChange;
    readonly comparison: SystemComparison;
    readonly waivers: readonly GateWaiver[];
    readonly setting: ComparisonSetting;
  },
): SystemComparison {
  const own = waivers.filter((waiver) => isFor(waiver, id));
  if (own.length === 0 || comparison.gained.length === 0) return comparison;
  return compareSystems(withWaivers(change.base, own), change.head, setting);
}

function withOpen(comparison: SystemComparison): SystemComparison {
  return comparison.gained.length > 0 ? comparison : { ...comparison, verdict: "UNDECIDED" };
}

function toSystem(id: string, { verdict, reverse, lost }: SystemComparison, { base, head }: SystemChange): GateSystem {
  const opaque = new Map([...base.opaque, ...head.opaque]);
  return { id, verdict, reverse, lost: lost.map(({ tuple }) => showTuple(tuple, opaque)) };
}

/** Files of head that could not be read. */
function unreadableOf({ files }: GateTree): readonly GateFinding[] {
  return files.flatMap(({ problems }) =>
    problems.map(({ message, at }) =>
      toFinding({
        code: "GP020",
        level: "malformed",
        system: "gate",
        message,
        where: { revision: "head", file: at.file, line: at.line, pointer: "" },
      }),
    ),
  );
}
