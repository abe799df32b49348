import type { StepFacts } from "../../lint/scene.ts";
import type { ScriptWord } from "../../pipelines/script/script-facts.ts";
import { nodeAt, scalarsIn, textAt, type SourceNode } from "../../pipelines/definitions/source-node.ts";
import { scanVariables } from "../../pipelines/definitions/variables.ts";
import type { Entry, EntryTask } from "./entry.ts";
import type { ParamSource } from "./fact.ts";
import { resultsOf } from "./results.ts";

/** A text longer than this, or a way longer than this, is left as it is written. */
const TEXT_CHARACTERS_MAX = 4096;
const WAY_STEPS_MAX = 24;
/** Texts put in for variables, for one entry: more is no pipeline that somebody wrote. */
const REPLACEMENTS_MAX = 20_000;

/** Follows values through the tasks of one entry: from the words of a script up to what the run says. */
export type Values = {
  /** A text of a step, in the words of the pipeline. Parameters of the run stay as written. */
  readonly ofStep: (text: string, at: EntryTask, step?: StepFacts) => string;
  /** A text of a pipeline's task, in the words of the pipeline. */
  readonly ofTask: (text: string) => string;
  /** A text in the words of the pipeline, with what the run and the defaults say put in. */
  readonly ofRun: (text: string) => string;
  /** What a parameter of the entry is, and who says so. */
  readonly param: (name: string) => { readonly value: SourceNode | undefined; readonly from: ParamSource };
};

/** Results that say where an artifact is, and parameters that say where it is to go. */
const IS_PLACE = /(?:IMAGE_URL|IMAGE_REF|^IMAGES|ARTIFACT_URI|_URL)$/;
const IS_DESTINATION =
  /^(?:image|image[-_]?(?:url|name|ref|reference)|output[-_]?image|destination|repository|target[-_]?image)$/i;

type Tracer = {
  readonly entry: Entry;
  readonly byName: ReadonlyMap<string, EntryTask>;
  /** Results that have been followed, or are being. */
  readonly known: Map<string, string>;
  budget: number;
};

/** The values of an entry. Total: cycles and growth end in the text as written. */
export function valuesOf(entry: Entry): Values {
  const tracer: Tracer = {
    entry,
    byName: new Map(entry.tasks.map((one) => [one.task.name, one])),
    known: new Map(),
    budget: REPLACEMENTS_MAX,
  };
  return {
    ofStep: (text, at, step) => inStep(tracer, text, { at, step, depth: 0 }),
    ofTask: (text) => inPipeline(tracer, text, 0),
    ofRun: (text) => inRun(tracer, text, 0),
    param: (name) => paramOf(entry, name),
  };
}

type Put = (names: readonly string[], depth: number) => string | undefined;

function replace(tracer: Tracer, text: string, depth: number, put: Put): string {
  if (depth > WAY_STEPS_MAX || text.length > TEXT_CHARACTERS_MAX) return text;
  let made = "";
  let end = 0;
  for (const variable of scanVariables(text)) {
    tracer.budget -= 1;
    const value = tracer.budget < 0 ? undefined : put(variable.names, depth + 1);
    made += text.slice(end, variable.offset) + (value ?? text.slice(variable.offset, variable.end));
    end = variable.end;
  }
  made += text.slice(end);
  return made.length > TEXT_CHARACTERS_MAX ? text : made;
}

function inRun(tracer: Tracer, text: string, depth: number): string {
  return replace(tracer, text, depth, ([root, name = "", member], below) => {
    const value = root === "params" ? memberOf(paramOf(tracer.entry, name).value, member) : undefined;
    return value === undefined ? undefined : inRun(tracer, value, below);
  });
}

function inPipeline(tracer: Tracer, text: string, depth: number): string {
  return replace(tracer, text, depth, ([root, task = "", kind, result = ""], below) => {
    const at = root === "tasks" && kind === "results" ? tracer.byName.get(task) : undefined;
    if (!at) return undefined;
    const own = `$(tasks.${task}.results.${result})`;
    const known = tracer.known.get(own);
    if (known !== undefined) return known;
    tracer.known.set(own, own);
    const value = resultValue(tracer, result, { at, step: undefined, depth: below }) ?? own;
    tracer.known.set(own, value);
    return value;
  });
}

/** Where a text stands. */
type Here = { readonly at: EntryTask; readonly step: StepFacts | undefined; readonly depth: number };

/** `undefined` where no script says what it writes, and for digests: their origin is what counts. */
function resultValue(tracer: Tracer, result: string, { at, depth }: Here): string | undefined {
  if (!at.unit) return IS_PLACE.test(result) ? placeOfOpaque(tracer, at, depth) : undefined;
  const written = resultsOf(at.unit, at.scene).get(result);
  return written && inStep(tracer, written.text, { at, step: written.step, depth });
}

/** Where a builder that is not in sight pushes to is what it is told. */
function placeOfOpaque(tracer: Tracer, { task }: EntryTask, depth: number): string | undefined {
  const named = [...task.params].find(([name]) => IS_DESTINATION.test(name));
  const text = named && textAt(named[1]);
  return text === undefined ? undefined : inPipeline(tracer, text, depth);
}

function inStep(tracer: Tracer, text: string, here: Here): string {
  const { at, step, depth } = here;
  const shelled = step ? withShell(text, step) : text;
  const inTask: Put = (names, below) => taskValue(tracer, names, { at, step, depth: below });
  if (step?.step.origin !== "step-action") return replace(tracer, shelled, depth, inTask);
  // Parameters of a StepAction are given by the step.
  return replace(tracer, shelled, depth, (names, below) => {
    const [root, name = ""] = names;
    const given = root === "params" ? step.step.values.get(name) : undefined;
    return given ? replace(tracer, given.text, below, inTask) : undefined;
  });
}

function taskValue(tracer: Tracer, names: readonly string[], { at, step, depth }: Here): string | undefined {
  const [root, name = "", third, fourth = ""] = names;
  if (root === "steps" && third === "results" && at.unit) {
    const written = resultsOf(at.unit, at.scene, name).get(fourth);
    return written && inStep(tracer, written.text, { at, step: written.step, depth });
  }
  if (root !== "params") return undefined;
  const given = memberOf(at.task.params.get(name), third);
  if (given !== undefined) return inPipeline(tracer, given, depth);
  const fallback = memberOf(nodeAt(at.unit?.params.get(name)?.node, "default"), third);
  if (fallback === undefined) return undefined;
  return replace(tracer, fallback, depth, (inner, below) => taskValue(tracer, inner, { at, step, depth: below }));
}

/** The text of a value, or of one member of an object. */
function memberOf(node: SourceNode | undefined, key: string | undefined): string | undefined {
  return key === undefined ? textAt(node) : textAt(node, key);
}

function paramOf(entry: Entry, name: string): ReturnType<Values["param"]> {
  const given = entry.params.get(name);
  if (given) {
    const isOpen = [...scalarsIn(given)].some(({ text }) => /\$\((?:tt|body|header|extensions)|\{\{/.test(text));
    return { value: given, from: isOpen ? "event" : "run" };
  }
  const declared = entry.declared.get(name)?.node;
  const fallback = declared && nodeAt(declared, "default");
  return fallback ? { value: fallback, from: "default" } : { value: undefined, from: "caller" };
}

/** Puts in the environment and the variables that a script assigns once. */
function withShell(text: string, { step, scripts }: StepFacts): string {
  if (!/\$[{A-Za-z_]/.test(text)) return text;
  const assigned = new Map<string, ScriptWord | undefined>();
  for (const { name, word } of scripts.flatMap(({ facts }) =>
    (facts?.commands ?? []).flatMap(({ assignments }) => assignments),
  )) {
    // Of two values, which one counts is not followed.
    assigned.set(name, assigned.has(name) ? undefined : word);
  }
  let made = text;
  for (let round = 0; round < 5; round++) {
    const before = made;
    made = made.replaceAll(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (whole, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? "";
      if (assigned.has(name)) return assigned.get(name)?.value ?? whole;
      return step.env.find((variable) => variable.name === name)?.value?.text ?? whole;
    });
    if (made === before || made.length > TEXT_CHARACTERS_MAX) break;
  }
  return made.length > TEXT_CHARACTERS_MAX ? text : made;
}
