import type { DefinitionFile } from "../pipelines/definitions/definition-file.ts";
import type { Reference } from "../pipelines/definitions/definition.ts";
import { readDefinitions } from "../pipelines/definitions/read-definitions.ts";
import { pathOf, placeOf, type SourcePlace } from "../pipelines/definitions/source-node.ts";
import type { ReadScript } from "./calls.ts";
import { found, type LintRule, type LintSeverity, type RuleFinding } from "./rule.ts";
import { makeScene, type LintKnowledge, type LintScene } from "./scene.ts";

/** A finding as it is reported, stored and compared: the rule's, with its name and place. */
export type LintFinding = {
  /** `SIG-03`; `LINT-01` and on for what could not be read. */
  readonly rule: string;
  readonly name: string;
  readonly severity: LintSeverity;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  readonly evidence: readonly string[];
  readonly verdict: "fail" | "unknown";
};

export type LintReport = {
  /** By file, line, column and rule. */
  readonly findings: readonly LintFinding[];
  readonly documents: number;
  /** Those of them that are no Kubernetes objects: no rule looked at them. */
  readonly unjudged: number;
  readonly files: number;
};

export type LintRequest = {
  readonly files: readonly DefinitionFile[];
  readonly rules: readonly LintRule[];
  readonly knowledge: LintKnowledge;
  readonly read: ReadScript;
  /** Whether a file stands for what a resolver would fetch from elsewhere; none unless given. */
  readonly isGiven?: (path: string) => boolean;
};

/** Judges a set of files together: what they refer to is looked for among them. Never throws. */
export function lintDefinitions({ files, rules, knowledge, read, isGiven }: LintRequest): LintReport {
  const documents = files.flatMap((file) => file.documents);
  const set = readDefinitions(documents, isGiven);
  const scene = makeScene(set, knowledge, read);
  const opaque = opaqueReferences(scene);
  const judged = rules.flatMap((rule) =>
    [...rule.check(scene), ...openOf(rule, opaque)].map((one) => toFinding(rule, one)),
  );
  const findings = [...files.flatMap(problemsOf), ...notesOf(scene), ...judged];
  return {
    findings: uniqueOf(findings.toSorted(byPlace)),
    documents: documents.length,
    unjudged: set.notes.filter(({ code }) => code === "no-kind").length,
    files: files.length,
  };
}

function toFinding(
  { code, id, severity }: Pick<LintRule, "code" | "id" | "severity">,
  finding: RuleFinding,
): LintFinding {
  const { at, path, message, fix } = finding;
  return {
    rule: code,
    name: id,
    severity: finding.severity ?? severity,
    ...at,
    path,
    message,
    fix,
    evidence: finding.evidence ?? [],
    verdict: finding.verdict ?? "fail",
  };
}

/** What a reference that leads out of the set leaves open: said once, for every rule that would have looked there. */
type Opaque = { readonly reach: "step" | "task"; readonly finding: RuleFinding };

function opaqueReferences({ set }: LintScene): readonly Opaque[] {
  const steps = set.tasks.flatMap((task) =>
    task.steps.flatMap(({ origin, reference, name }): readonly Opaque[] =>
      origin === "opaque" && reference ? [toOpaque("step", reference, `step ${name}`)] : [],
    ),
  );
  const tasks = set.pipelines.flatMap((pipeline) =>
    pipeline.tasks.flatMap(({ task, reference, name }): readonly Opaque[] =>
      !task && reference && reference.kind !== "custom" ? [toOpaque("task", reference, `task ${name}`)] : [],
    ),
  );
  const runs = set.runs.flatMap(({ task, pipeline, reference, kind }): readonly Opaque[] =>
    !task && !pipeline && reference
      ? [toOpaque("task", reference, kind === "TaskRun" ? "its task" : "its pipeline")]
      : [],
  );
  return [...steps, ...tasks, ...runs];
}

function toOpaque(reach: Opaque["reach"], { node, name, kind }: Reference, what: string): Opaque {
  const named = name === undefined ? "" : ` (${name}, by ${kind})`;
  const message = `What ${what} runs is not in the files that were read${named}.`;
  const fix = "Give its definition to lint as well.";
  return { reach, finding: found(node, { message, fix, verdict: "unknown" }) };
}

function openOf(rule: LintRule, opaque: readonly Opaque[]): readonly RuleFinding[] {
  if (rule.reach === undefined) return [];
  return opaque.filter(({ reach }) => reach === "task" || rule.reach === "step").map(({ finding }) => finding);
}

function problemsOf({ problems }: DefinitionFile): readonly LintFinding[] {
  return problems.map(({ code, message, at }) => {
    const isLost = code === "unreadable";
    const rule = isLost ? UNREADABLE : DUPLICATE_KEY;
    return toFinding(rule, { at, path: "", message: `${message.slice(0, 300)}.`, fix: rule.fix });
  });
}

const UNREADABLE = {
  code: "LINT-01",
  id: "lint-unreadable",
  severity: "high",
  fix: "Correct the file, or lint what its template renders to.",
} as const;
const DUPLICATE_KEY = {
  code: "LINT-03",
  id: "lint-duplicate-key",
  severity: "medium",
  fix: "Keep one of the two: readers differ in which they take.",
} as const;
const REMOVED_KIND = { code: "LINT-02", id: "lint-removed-kind", severity: "medium" } as const;

function notesOf({ set }: LintScene): readonly LintFinding[] {
  return set.notes.flatMap(({ code, message, node }) => {
    if (code !== "removed-kind") return [];
    const fix = "Write a Task, Pipeline or run of tekton.dev/v1.";
    return [toFinding(REMOVED_KIND, { at: placeOf(node), path: pathOf(node), message, fix })];
  });
}

function byPlace(a: LintFinding, b: LintFinding): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What two ways of reading one place both find is said once. */
function uniqueOf(sorted: readonly LintFinding[]): readonly LintFinding[] {
  return sorted.filter((finding, i) => {
    const before = sorted[i - 1];
    return !(
      before &&
      placeKey(before) === placeKey(finding) &&
      before.rule === finding.rule &&
      before.message === finding.message
    );
  });
}

function placeKey({ file, line, column }: SourcePlace): string {
  return `${file}:${line}:${column}`;
}
