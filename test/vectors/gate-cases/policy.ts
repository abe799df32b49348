import type { System } from "../../../src/core/gate/form/system.ts";
import type { Point } from "../../../src/core/gate/form/zone.ts";
import { readSystemChanges } from "../../../src/core/gate/judge/read-systems.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";
import { isAdmitted, OPTIONS, reportOf, toPiece, toPlace, treeOf, type EvidenceSpec } from "./world.ts";

type NamedTuple = { readonly image: string; readonly namespace?: string; readonly evidence: readonly string[] };
type PolicyCase = GateCase & {
  readonly engine: string;
  readonly before: string;
  readonly after: string;
  readonly universe: {
    readonly images: readonly string[];
    readonly namespaces?: readonly string[];
    readonly evidence: Readonly<Record<string, EvidenceSpec>>;
  };
  readonly expect: {
    readonly verdict: string;
    readonly witness?: NamedTuple;
    readonly lost?: NamedTuple;
    readonly alsoUnchanged?: NamedTuple;
  };
};

/** Runs a case about the policies of one engine: the verdict, the tuples it names, and every tuple of its universe. */
export function runPolicyCase(given: GateCase): CaseResult {
  const c = given as PolicyCase;
  const path = c.before.trimStart().startsWith("{\n") || c.before.startsWith("{ ") ? "policy.json" : "policy.yaml";
  const [base, head] = [treeOf({ [path]: c.before }), treeOf({ [path]: c.after })];
  const report = reportOf(base, head);
  const wrong: string[] = [];
  if (report.verdict !== c.expect.verdict) wrong.push(`verdict is ${report.verdict}, not ${c.expect.verdict}`);
  const exit = ["LOOSENED", "INCOMPARABLE"].includes(c.expect.verdict) ? 1 : 0;
  if (report.exit !== exit)
    wrong.push(`exit is ${report.exit}, not ${exit}: ${report.findings.map(({ message }) => message).join()}`);
  const [changed, ...others] = readSystemChanges(base, head, OPTIONS);
  if (!changed || others.length > 0)
    return resultOf([...wrong, `${others.length + (changed ? 1 : 0)} systems are read`]);
  return resultOf([...wrong, ...walk(c, changed.change)]);
}

type Sides = { readonly base: System; readonly head: System };

function walk(c: PolicyCase, sides: Sides): readonly string[] {
  const { universe, expect } = c;
  const systems = [sides.base, sides.head];
  const pieces = new Map(Object.entries(universe.evidence).map(([name, spec]) => [name, toPiece(spec, systems)]));
  const side = (place: Point, names: readonly string[]) => {
    const tuple = { place, evidence: names.flatMap((name) => pieces.get(name) ?? []) };
    return { was: isAdmitted(sides.base, tuple, systems), is: isAdmitted(sides.head, tuple, systems) };
  };
  const named = (tuple: NamedTuple) => side(toPlace(tuple), tuple.evidence);
  const wrong: string[] = [];
  if (expect.witness && !isGained(named(expect.witness)))
    wrong.push(`the witness is ${JSON.stringify(named(expect.witness))}`);
  if (expect.lost && !isLost(named(expect.lost))) wrong.push(`what is lost is ${JSON.stringify(named(expect.lost))}`);
  if (expect.alsoUnchanged) {
    const { was, is } = named(expect.alsoUnchanged);
    if (was !== is) wrong.push("what is unchanged has changed");
  }
  let [gained, lost] = [false, false];
  for (const image of universe.images) {
    for (const namespace of universe.namespaces ?? ["any"]) {
      for (const names of smallSubsets([...pieces.keys()])) {
        const both = side(toPlace({ image, namespace }), names);
        gained ||= isGained(both);
        lost ||= isLost(both);
      }
    }
  }
  const byForce = gained ? (lost ? "INCOMPARABLE" : "LOOSENED") : lost ? "NARROWED" : "EQUIVALENT";
  if (byForce !== expect.verdict) wrong.push(`walking through the universe gives ${byForce}`);
  return wrong;
}

type Both = { readonly was: boolean; readonly is: boolean };
const isGained = ({ was, is }: Both): boolean => is && !was;
const isLost = ({ was, is }: Both): boolean => was && !is;

function smallSubsets(names: readonly string[]): readonly (readonly string[])[] {
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
  return [[], ...names.map((name) => [name]), ...pairs];
}
