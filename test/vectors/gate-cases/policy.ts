import type { System } from "../../../src/core/gate/form/system.ts";
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
  const differenceOf = ({ evidence, ...place }: NamedTuple): Change => {
    const tuple = { place: toPlace(place), evidence: evidence.flatMap((name) => pieces.get(name) ?? []) };
    const [was, is] = [isAdmitted(sides.base, tuple, systems), isAdmitted(sides.head, tuple, systems)];
    return was === is ? "none" : is ? "gained" : "lost";
  };
  const want = (what: string, tuple: NamedTuple | undefined, change: Change): readonly string[] => {
    const is = tuple ? differenceOf(tuple) : change;
    return is === change ? [] : [`${what} is ${is}`];
  };
  const seen = new Set(tuplesOf(universe).map(differenceOf));
  const [gained, lost] = [seen.has("gained"), seen.has("lost")];
  const byForce = gained ? (lost ? "INCOMPARABLE" : "LOOSENED") : lost ? "NARROWED" : "EQUIVALENT";
  return [
    ...want("the witness", expect.witness, "gained"),
    ...want("what should be lost", expect.lost, "lost"),
    ...want("what should be unchanged", expect.alsoUnchanged, "none"),
    ...(byForce === expect.verdict ? [] : [`walking through the universe gives ${byForce}`]),
  ];
}

type Change = "none" | "gained" | "lost";

function tuplesOf({ images, namespaces, evidence }: PolicyCase["universe"]): readonly NamedTuple[] {
  return images.flatMap((image) =>
    (namespaces ?? ["any"]).flatMap((namespace) =>
      smallSubsets(Object.keys(evidence)).map((names) => ({ image, namespace, evidence: names })),
    ),
  );
}

function smallSubsets(names: readonly string[]): readonly (readonly string[])[] {
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
  return [[], ...names.map((name) => [name]), ...pairs];
}
