import type { StepFacts } from "../../lint/scene.ts";
import { whyUserControlled } from "../../lint/user-controlled.ts";
import { textAt } from "../../pipelines/definitions/source-node.ts";
import type { Step, TaskUnit } from "../../pipelines/definitions/definition.ts";
import type { Entry, EntryTask } from "./entry.ts";
import type { FactIsolation, FactToken } from "./fact.ts";

const DEFAULT_LIFETIME_SECONDS = 3600;

/** How far a signing step is kept from other people's code, and why not further (change-gate chapter §5). */
export function isolationOf(
  signer: StepFacts,
  at: EntryTask,
  entry: Entry,
): { readonly isolation: FactIsolation; readonly why: string } {
  const { unit, scene } = at;
  if (!unit) return { isolation: "separate", why: "" };
  const others = scene
    .stepsOf(unit)
    .filter((facts) => facts !== signer && facts.signings.length === 0)
    .flatMap((facts) => {
      const why = whyUserControlled(facts);
      return why ? [{ facts, why: why.text }] : [];
    });
  const holder = others.find(({ facts }) => holdsToken(facts.step, unit, signer.step));
  if (holder)
    return { isolation: "exposed", why: `step ${holder.facts.step.name} can read the token, and ${holder.why}` };
  const own = whoseEnvironment(
    signer,
    others.map(({ facts }) => facts),
  );
  if (own !== undefined) return { isolation: "exposed", why: own };
  const [beside] = others;
  if (beside)
    return { isolation: "sameTask", why: `it shares its pod with step ${beside.facts.step.name}, and ${beside.why}` };
  const shared = sharedWorkspace(at, entry);
  return shared === undefined ? { isolation: "separate", why: "" } : { isolation: "sameTask", why: shared };
}

/** A token that the signer mounts too counts whatever its audience, any other when it has one. */
function holdsToken(step: Step, unit: TaskUnit, signer: Step): boolean {
  const signers = new Set(signer.mounts.map(({ name }) => name));
  const held = unit.volumes.filter(
    ({ name, tokens }) =>
      tokens.length > 0 && (signers.has(name) || tokens.some(({ audience }) => audience !== undefined)),
  );
  return step.mounts.some(({ name }) => held.some((volume) => volume.name === name));
}

/** A token that a step writes where another reads it. */
function whoseEnvironment(signer: StepFacts, others: readonly StepFacts[]): string | undefined {
  const paths = signer.step.mounts.map(({ path }) => path).filter((path) => /sigstore|token/.test(path));
  const copy = others.find(({ step }) =>
    step.env.some(({ value }) => paths.some((path) => value?.text.includes(path))),
  );
  return copy && `the environment of step ${copy.step.name} leads to the token`;
}

/** A workspace that a task of somebody else's code could have written before. */
function sharedWorkspace({ task, unit }: EntryTask, entry: Entry): string | undefined {
  const own = new Set(
    (unit?.workspaces ?? []).map(({ name }) => task.workspaces.get(name)).filter((name) => name !== undefined),
  );
  for (const other of entry.tasks) {
    if (other.task === task || !other.unit) continue;
    for (const { name, readOnly } of other.unit.workspaces) {
      const bound = other.task.workspaces.get(name);
      if (bound === undefined || readOnly || !own.has(bound)) continue;
      const writer = other.scene
        .stepsOf(other.unit)
        .map(whyUserControlled)
        .find((why) => why !== undefined);
      if (writer)
        return `it has the workspace ${bound}, which task ${other.task.name} writes, and of that ${writer.text}`;
    }
  }
  return undefined;
}

/** The tokens that a Task is given for its signing step: who mounts and copies them, for whom they are, how long they last. */
export function factTokensOf(signer: StepFacts, at: EntryTask): readonly FactToken[] {
  const { unit, scene } = at;
  if (!unit) return [];
  const steps = scene.stepsOf(unit);
  return signer.step.mounts.flatMap((mount) => {
    const volume = unit.volumes.find(({ name }) => name === mount.name);
    const holders = steps.filter(({ step }) => step.mounts.some(({ name }) => name === mount.name));
    const copies = steps.filter((facts) => takesElsewhere(facts, mount.path, facts === signer));
    return (volume?.tokens ?? []).map((token) => ({
      node: token.node,
      audience: token.audience?.text ?? "",
      lifetimeSeconds: lifetimeOf(token.lifetime?.text),
      holders: holders.map(({ step }) => step.name),
      copies: copies.map(({ step }) => step.name),
    }));
  });
}

const COPYING: ReadonlySet<string> = new Set(["cp", "mv", "ln", "install", "dd", "tee", "rsync"]);

/** Whether a step puts what lies under a path where others find it. The signing step itself may read it. */
function takesElsewhere({ step, calls }: StepFacts, path: string, isSigner: boolean): boolean {
  if (path === "") return false;
  const folder = textAt(step.body, "workingDir") ?? "";
  const isLed = folder.startsWith(path) || (!isSigner && step.env.some(({ value }) => value?.text.includes(path)));
  const isCopied = calls.some(({ tool, words, script }) => {
    const isNamed = words.some(({ value }) => value.includes(path));
    const isPut = script?.command.redirects.some(({ operator }) => operator.startsWith(">")) === true;
    return isNamed && (!isSigner || COPYING.has(tool) || (isPut && !tool.includes("sign")));
  });
  return isLed || isCopied;
}

/** A lifetime that is not a number may be any. */
function lifetimeOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIFETIME_SECONDS;
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER;
}
