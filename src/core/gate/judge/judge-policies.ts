import { DEFAULT_BUDGET } from "../../automata/includes.ts";
import { compareSystems, type SystemComparison } from "../decide/compare-systems.ts";
import { toGrammars, type Grammars, type IssuableIdentity } from "../decide/grammars.ts";
import type { Matching, Tuple } from "../decide/tuple.ts";
import { toFinding, type GateFinding, type WitnessTier } from "../finding.ts";
import type { GateTree } from "../readers/tree.ts";
import type { GatePart, GateSystem } from "../report.ts";
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
};

/** Says whether head accepts anything that base did not, system by system (change-gate chapter §1, 2). Pure: same trees, same answer. */
export function judgePolicyChange(base: GateTree, head: GateTree, options: PolicyChangeOptions): GatePart {
  const grammars = toGrammars(options.patterns, options.issuers);
  const judged = readSystemChanges(base, head, options).map((read) => judgeSystem(read, { options, grammars }));
  return {
    systems: judged.flatMap(({ system }) => system ?? []),
    findings: [...unreadableOf(head), ...judged.flatMap(({ findings }) => findings)],
    waivers: [],
    notCovered: judged.flatMap(({ notCovered }) => notCovered),
  };
}

type Judged = {
  readonly system?: GateSystem;
  readonly findings: readonly GateFinding[];
  readonly notCovered: GatePart["notCovered"];
};

function judgeSystem(
  { id, change, told }: ReadSystem,
  { options, grammars }: { readonly options: PolicyChangeOptions; readonly grammars: Grammars },
): Judged {
  if (told.some(({ level }) => level === "malformed")) return { findings: told, notCovered: [] };
  const comparison = compareSystems(change.base, change.head, {
    grammars,
    budget: options.budget ?? DEFAULT_BUDGET.steps,
    ...(options.inventory && { inventory: options.inventory }),
    ...(options.matches && { matches: options.matches }),
  });
  // What is the same on both sides is so whatever an open reference means; a change beside one is not known through.
  const open = told.filter(({ level }) => level === "undecided");
  const isSame = comparison.verdict === "EQUIVALENT";
  const findings = findingsOf(id, comparison, { change, options });
  return {
    system: toSystem(id, open.length > 0 && !isSame ? withOpen(comparison) : comparison, change),
    findings: [...told.filter(({ level }) => level !== "undecided"), ...(isSame ? [] : open), ...findings],
    notCovered: [],
  };
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
