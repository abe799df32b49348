import type { LintScene, StepFacts } from "../../lint/scene.ts";
import type { TaskUnit } from "../../pipelines/definitions/definition.ts";
import { textAt } from "../../pipelines/definitions/source-node.ts";
import { pushesOf } from "./pushes.ts";

/** What a step writes into a result, in the words of the step. */
export type WrittenResult = { readonly text: string; readonly step: StepFacts };

/** Results that are digests are followed by their name: what wrote them matters, not their text. */
const DIGEST = /DIGEST|SHA/i;

/** What the steps of a Task write into its results, as far as their scripts say; of one step, when it is named. */
export function resultsOf(unit: TaskUnit, scene: LintScene, stepName?: string): ReadonlyMap<string, WrittenResult> {
  const steps = scene.stepsOf(unit);
  const own = stepName === undefined ? steps : steps.filter(({ step }) => step.name === stepName);
  const written = own.flatMap((step) => writesOf(step).map(([name, text]) => [name, { text, step }] as const));
  const all = [...guessed(unit, steps), ...declared(unit, steps), ...written.toReversed()];
  // Of several, the later entry of a map counts: what a script writes first.
  return new Map(all.filter(([name]) => !DIGEST.test(name)));
}

type Named = readonly (readonly [string, WrittenResult])[];

/** `results[].value: $(steps.build.results.url)` */
function declared({ results }: TaskUnit, [step]: readonly StepFacts[]): Named {
  return [...results].flatMap(([name, node]) => {
    const text = textAt(node, "value");
    return text !== undefined && step ? [[name, { text, step }] as const] : [];
  });
}

/** A Task that pushes to one place puts that out as its URL. */
function guessed({ results }: TaskUnit, steps: readonly StepFacts[]): Named {
  const pushes = steps.flatMap((step) => pushesOf(step).map(({ text }) => ({ text, step })));
  const [only] = pushes;
  if (!only || pushes.some(({ text }) => text !== only.text)) return [];
  return [...results.keys()]
    .filter((name) => /URL$|IMAGE_REF$|^IMAGES$/.test(name))
    .map((name) => [name, only] as const);
}

/** `printf %s X > $(results.URL.path)` and its like. */
function writesOf({ scripts }: StepFacts): readonly (readonly [string, string])[] {
  return scripts.flatMap(({ facts }) =>
    (facts?.commands ?? []).flatMap(({ words, redirects, readsFrom }) => {
      const name = words[0]?.value;
      const isTee = name === "tee";
      const source = isTee && readsFrom !== undefined ? facts?.commands[readsFrom] : { words };
      const text = wordsSaid(source?.words.map(({ value }) => value) ?? []);
      const targets = isTee
        ? words.slice(1).map(({ value }) => value)
        : redirects.filter(({ operator }) => operator.startsWith(">")).map(({ target }) => target.value);
      return targets.flatMap((target): readonly (readonly [string, string])[] => {
        const result = /^\$\((?:step\.)?results\.([\w-]+)\.path\)$/.exec(target)?.[1];
        return result !== undefined && text !== undefined ? [[result, text]] : [];
      });
    }),
  );
}

/** What `echo` and `printf` say of one word; `undefined` for anything cleverer. */
function wordsSaid([name, ...words]: readonly string[]): string | undefined {
  const said = words.filter((word) => !/^-[neE]+$/.test(word));
  if (name === "echo") return said.length === 1 ? said[0] : undefined;
  if (name !== "printf") return undefined;
  const [format = "", ...values] = said;
  if (values.length === 0) return format.includes("%") ? undefined : format.replace(/\\n$/, "");
  return values.length === 1 && /^["']?%s(?:\\n)?["']?$/.test(format) ? values[0] : undefined;
}
