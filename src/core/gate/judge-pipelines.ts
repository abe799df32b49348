import type { JsonObject } from "../json/json.ts";
import type { GateCode } from "./codes.ts";
import { CHANGE_RULES } from "./changes.ts";
import type {
  ChangeRule,
  FactPair,
  ManagedAccounts,
  PipelineChange,
  PipelineGateConfig,
  Raised,
} from "./changes/change.ts";
import { whereOf } from "./changes/change.ts";
import { pairFacts } from "./changes/pairs.ts";
import { prefixOf } from "./facts/artifact.ts";
import { rankOfIsolation, rankOfStrength } from "./facts/fact.ts";
import { placeOf } from "../pipelines/definitions/source-node.ts";
import { duplicatesIn } from "./facts/duplicates.ts";
import { factsOf } from "./facts/facts.ts";
import type { Revision } from "./facts/revision.ts";
import { toFinding, type GateFinding } from "./finding.ts";
import type { GatePart } from "./report.ts";
import { worstVerdict, type GateVerdict } from "./verdict.ts";

export type PipelineQuestion = {
  readonly before: Revision;
  readonly after: Revision;
  readonly config: PipelineGateConfig;
  readonly accounts?: ManagedAccounts;
  readonly rules?: readonly ChangeRule[];
};

const SYSTEM = "pipelines";

/** Judges what a change does to the signing of pipelines: the ratchet and the floor (change-gate chapter §5). Never throws. */
export function judgePipelines({ before, after, config, accounts, rules = CHANGE_RULES }: PipelineQuestion): GatePart {
  const sides = { before: factsOf(before), after: factsOf(after) };
  const change: PipelineChange = { ...sides, ...pairFacts(sides.before, sides.after), config, accounts };
  const raised = rules.flatMap((rule) => rule.check(change).map((one) => ({ code: rule.code, one })));
  const findings = merge(raised);
  const found = worstVerdict(findings.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict])));
  const verdict: GateVerdict = found === "EQUIVALENT" && isStronger(change) ? "NARROWED" : found;
  const isEmpty = sides.before.entries.length === 0 && sides.after.entries.length === 0;
  return {
    // Whatever signs more surely refuses what passed before.
    systems: isEmpty ? [] : [{ id: SYSTEM, verdict, reverse: isStronger(change) ? "lost" : "proven" }],
    findings: [...duplicated(after), ...findings],
    waivers: [],
    notCovered: [...sides.after.gaps, ...retired(change), ...unplaced(change)],
  };
}

type Coded = { readonly code: GateCode; readonly one: Raised };

/** One finding for each fact: the gravest is its code, and the others are its causes. */
function merge(raised: readonly Coded[]): readonly GateFinding[] {
  const byFact = Map.groupBy(raised, ({ one }, i) => one.pair ?? i);
  return [...byFact.values()].flatMap((all) => {
    const sorted = all.toSorted((a, b) => orderOf(a) - orderOf(b));
    const [first] = sorted;
    return first ? [toMerged(first, sorted)] : [];
  });
}

const LEVELS: readonly Raised["level"][] = ["error", "undecided", "warning", "note"];

/** A definite no before what is open; the floor last, because it says least. */
function orderOf({ code, one }: Coded): number {
  return LEVELS.indexOf(one.level) * 100 + (code === "GS014" ? 99 : Number(code.slice(2)));
}

function toMerged({ code, one }: Coded, all: readonly Coded[]): GateFinding {
  const others = all.slice(1);
  const witness: JsonObject = Object.assign({}, ...all.toReversed().map((each) => each.one.witness), nameOf(one.pair));
  const verdict = verdictOf(all);
  const causes = [...new Set(others.map((each) => each.code))].filter((each) => each !== code);
  const because = others
    .map((each) => each.one.says)
    .filter((says, i, said) => says !== one.says && said.indexOf(says) === i);
  return toFinding({
    code,
    level: one.level,
    ...(verdict !== undefined && { verdict }),
    system: SYSTEM,
    message: `${titleOf(one.pair, witness)}${one.says}${because.map((says) => `; ${says}`).join("")}`,
    witness,
    where: whereFound(code, one, others),
    causes,
    ...(one.open && { open: one.open }),
  });
}

/** What took the signature away, where something else than its signing step did. */
function whereFound(code: GateCode, one: Raised, others: readonly Coded[]): Raised["where"] {
  const cause = code === "GS001" ? others.find((each) => ELSEWHERE.has(each.code)) : undefined;
  return cause?.one.where ?? one.where;
}

const ELSEWHERE: ReadonlySet<GateCode> = new Set(["GS003", "GS004", "GS005", "GS013"]);

function verdictOf(all: readonly Coded[]): GateVerdict | undefined {
  const [first] = all;
  if (first?.one.verdict === undefined) return undefined;
  return worstVerdict(
    all.flatMap(({ one }) => (one.verdict === undefined || one.level !== first.one.level ? [] : [one.verdict])),
  );
}

function nameOf(pair: FactPair | undefined): JsonObject {
  const fact = pair?.after ?? pair?.before;
  return fact ? { entry: fact.entry, artifact: fact.artifact, family: fact.family } : {};
}

function titleOf(pair: FactPair | undefined, witness: JsonObject): string {
  const fact = pair?.after ?? pair?.before;
  if (fact) return `${fact.entry}, ${fact.family} ${fact.artifact}: `;
  return typeof witness["entry"] === "string" ? `${witness["entry"]}: ` : "";
}

function isStronger({ pairs }: PipelineChange): boolean {
  return pairs.some(({ before, after }) => {
    const [was, is] = [before?.signatures[0], after?.signatures[0]];
    if (!before || !after || !is) return false;
    return (
      rankOfStrength(after.strength) > rankOfStrength(before.strength) ||
      (was !== undefined && rankOfIsolation(is.isolation) > rankOfIsolation(was.isolation))
    );
  });
}

/** Artifacts that were signed and that nothing makes any more. */
function retired({ pairs }: PipelineChange): GatePart["notCovered"] {
  return pairs
    .filter(({ fate, before }) => fate === "retired" && before !== undefined && before.strength !== "none")
    .map(({ before }) => ({
      what: `${before?.family ?? ""} ${before?.artifact ?? ""}`,
      why: "retired: it was signed, and nothing in the head makes it any more",
    }));
}

/** Artifacts of which a parameter says where they go: whether they must be signed is not known. */
function unplaced({ after, config }: PipelineChange): GatePart["notCovered"] {
  if (config.mustSign.length === 0) return [];
  return after.facts
    .filter(
      ({ family, producer, strength, artifact }) =>
        family === "image" && producer !== undefined && strength !== "guaranteed" && prefixOf(artifact).text === "",
    )
    .map(({ entry, artifact, node }) => ({
      what: `${entry}, image ${artifact}`,
      why: "where it goes is not in the tree, so whether it must be signed is not known",
      file: node.source.path,
    }));
}

/** Of two objects of one name, which one the cluster will have is not in the tree. */
function duplicated({ scene }: Revision): readonly GateFinding[] {
  return duplicatesIn(scene).map(({ object, first }) => {
    const { file, line } = placeOf(first.node);
    return toFinding({
      code: "GP020",
      level: "malformed",
      system: SYSTEM,
      message: `${object.kind} ${object.name} is there twice; the other is in ${file}:${line}`,
      where: whereOf("head", object.node),
    });
  });
}
