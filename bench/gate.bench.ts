import { readDefinitionFile } from "../src/adapters/manifests/definition-file.ts";
import { re2jsCompiler } from "../src/adapters/re2js/regex-compiler.ts";
import { DEFAULT_BUDGET } from "../src/core/automata/includes.ts";
import { bug } from "../src/core/bug.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";
import { compareSystems } from "../src/core/gate/decide/compare-systems.ts";
import { toGrammars } from "../src/core/gate/decide/grammars.ts";
import type { SystemChange } from "../src/core/gate/judge/explain.ts";
import { readSystemChanges } from "../src/core/gate/judge/read-systems.ts";
import type { GateTree } from "../src/core/gate/readers/tree.ts";
import { isTimeZone } from "../src/core/policy/build-window.ts";
import type { PatternEngine } from "../src/core/policy/read/context.ts";
import { parseRfc3339 } from "../src/core/time.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { shellRows } from "./gate-shell.ts";
import budgets from "./budgets.json" with { type: "json" };

const AUTHORITIES = 1000;
const ROUNDS = 9;
const ONE_ADDED_MS_MAX = 100;
const READING_MS_MAX = 1000;
const ALL_CHANGED_MS_MAX = 3000;
const HOSTILE_MS_MAX = 2000;

/**
 * What it costs to judge a change of policies: systems that were read in, findings out, patterns compiled before. Reading
 * itself has a row of its own.
 */
export const gateBench: Bench = {
  name: "gate",
  run: async () => {
    const teams = Array.from({ length: AUTHORITIES }, (_, i) => subjectOf(`team-${i}`));
    const narrower = teams.map((subject) => subject.replace("[a-z]+", "[a-f]+"));
    const [base, added] = [treeOf(teams), treeOf([...teams, subjectOf("new")])];
    const hostile = read(treeOf([HOSTILE[0]]), treeOf([HOSTILE[1]]));
    const { gate } = budgets;
    return [
      row("one authority added among 1,000", judging(read(base, added), "LOOSENED"), gate.added, ONE_ADDED_MS_MAX),
      row("reading both sides of it", () => void read(base, added), gate.reading, READING_MS_MAX),
      row(
        "1,000 policies of one authority, each changed",
        judging(read(policiesOf(teams), policiesOf(narrower)), "NARROWED"),
        gate.changed,
        ALL_CHANGED_MS_MAX,
      ),
      row(
        "all 1,000 authorities changed",
        judging(read(base, treeOf(narrower)), "NARROWED"),
        gate.changed,
        ALL_CHANGED_MS_MAX,
      ),
      row("a hostile pair of patterns, to the stop", judging(hostile, "UNDECIDED"), gate.hostile, HOSTILE_MS_MAX),
      ...shellRows(),
    ];
  },
};

/** Two spellings of one language whose deterministic automaton has a million states. */
const HOSTILE = ["^(a|b)*a(a|b){20}$", "^(b|a)*a(b|a){20}$"] as const;

function subjectOf(namespace: string): string {
  return String.raw`^https://kubernetes\.io/namespaces/${namespace}/serviceaccounts/[a-z]+$`;
}

/** A policy for each, of images of its own. */
function policiesOf(subjects: readonly string[]): GateTree {
  const files = subjects.map((subject, i) => {
    const file = treeOf([subject], `team-${i}`, `registry.example/team-${i}/**`).files;
    return file.map((one) => ({ ...one, path: `policies/${i}.json` }));
  });
  return { files: files.flat(), blobs: new Map() };
}

function treeOf(subjects: readonly string[], name = "all", glob = "registry.example/**"): GateTree {
  const authorities = subjects.map((subjectRegExp) => ({
    keyless: { identities: [{ issuer: "https://kubernetes.default.svc", subjectRegExp }] },
  }));
  const policy = {
    apiVersion: "policy.sigstore.dev/v1beta1",
    kind: "ClusterImagePolicy",
    metadata: { name },
    spec: { images: [{ glob }], authorities },
  };
  return { files: [readDefinitionFile("policy.json", toUtf8(JSON.stringify(policy)))], blobs: new Map() };
}

/** Each pattern compiled once, as a gathering half would have done before. */
function compiledOnce(): PatternEngine {
  const known = new Map<string, ReturnType<PatternEngine["compile"]>>();
  return {
    compile: (pattern) => {
      const compiled = known.get(pattern) ?? re2jsCompiler.compile(pattern);
      known.set(pattern, compiled);
      return compiled;
    },
  };
}

/** Both sides in the form that is compared, patterns compiled. */
function read(base: GateTree, head: GateTree): SystemChange {
  const patterns = compiledOnce();
  const now = parseRfc3339("2026-11-25T00:00:00Z") ?? bug("the time of the bench is none");
  const policies = { now, purpose: "load" as const, patterns, isTimeZone, clusters: {} };
  return readSystemChanges(base, head, { patterns, policies })[0]?.change ?? bug("the bench has no policies");
}

const GRAMMARS = toGrammars(re2jsCompiler);

/** The middle of some rounds, in milliseconds of CPU: other programs on the machine do not count. */
function measure(run: () => void): number {
  run();
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

/** A judgement, both ways, with witnesses, tiers and the check of each witness. A fast wrong answer is none. */
function judging({ base, head }: SystemChange, expected: string): () => void {
  return () => {
    const { verdict } = compareSystems(base, head, { grammars: GRAMMARS, budget: DEFAULT_BUDGET.steps });
    if (verdict !== expected) bug(`the bench says ${verdict}, not ${expected}`);
  };
}

const ALONE = { floor: null, peer: null, peerName: null };

function row(name: string, run: () => void, goal: string, max: number): BenchRow {
  const ours = measure(run);
  return { ...ALONE, case: name, unit: "ms of CPU", ours, goal, met: ours <= max };
}
