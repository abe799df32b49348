import { Fault } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FactsStore, StoredFacts } from "../../ports/facts-store.ts";
import { codeOfFailure } from "./fault-code.ts";
import type { FactsQuestion, FindFacts, ImageFacts } from "./image-facts.ts";
import type { RecallFacts } from "./recall-facts.ts";

export type HeldFactsPorts = {
  readonly find: FindFacts;
  readonly store: FactsStore;
  readonly clock: Clock;
  /** Of the program: what an older one found is not what this one would find. */
  readonly engine: string;
  /** How long facts are held before the registry is asked again. */
  readonly intervalMs: number;
  /** Most times that registries are asked about an image in one second. */
  readonly perSecond: number;
};

/** Facts of what runs, held as long as they are to hold, and kept across restarts. */
export type HeldFacts = RecallFacts & {
  /** Brings facts of an earlier run back into memory. */
  readonly load: (questions: readonly Question[]) => Promise<void>;
  /** Writes down what was found since the last time. A fault leaves it to be written the next time. */
  readonly save: () => Promise<void>;
  /** Forgets, in memory and in the store, what nothing asks for any more. */
  readonly keepOnly: (questions: readonly Question[]) => Promise<void>;
  readonly foundAt: (question: Question) => UnixMs | undefined;
};

export type Question = Pick<FactsQuestion, "repository" | "digest" | "family" | "policy">;

/** Nothing could be found out: asked again after this, and not only when its time has come. */
const RETRY_MS = 300_000;
/** Not satisfied: somebody may have signed it since. */
const FAILED_MS = 3_600_000;

/**
 * The facts that the background verification goes by. Unlike those of admission they are asked for again when their time
 * has come although nothing speaks against them: that is what it is for. Registries are asked at a bounded rate.
 */
export function heldFacts(ports: HeldFactsPorts): HeldFacts {
  const { clock, store, engine } = ports;
  const held = new Map<string, StoredFacts>();
  const unsaved = new Map<string, StoredFacts>();
  const pace = pacer(clock, ports.perSecond);
  const keyOf = ({ digest, repository, family, policy }: Question): string =>
    `${digest} ${repository} ${policy.familyHash(family)} ${engine}`;
  const fresh = (key: string): ImageFacts | undefined => {
    const kept = held.get(key);
    const facts = kept && readFacts(kept.facts);
    return facts && clock.now() < endOf(facts, kept.foundAt, ports.intervalMs) ? facts : undefined;
  };
  return {
    recall: (question) => fresh(keyOf(question)),
    find: async (question, signal) => {
      const key = keyOf(question);
      const known = fresh(key);
      if (known) return { facts: known, cached: true };
      await pace(signal);
      const facts = await ports.find(question, signal).catch((error: unknown) => ofFailure(question, error));
      const found = { key, facts: JSON.stringify(facts), foundAt: clock.now() };
      held.set(key, found);
      unsaved.set(key, found);
      return { facts, cached: false };
    },
    forget: (digest) => {
      const keys = [...held.keys()].filter((key) => key.startsWith(`${digest} `));
      for (const key of keys) held.delete(key);
      return keys.length;
    },
    stats: () => ({ entries: held.size, bytes: 0, underWay: 0 }),
    load: async (questions) => {
      const missing = [...new Set(questions.map(keyOf))].filter((key) => !held.has(key));
      if (missing.length === 0) return;
      for (const found of await store.read(missing)) held.set(found.key, found);
    },
    save: async () => {
      const saving = [...unsaved.values()];
      if (saving.length === 0) return;
      await store.put(saving);
      for (const { key, foundAt } of saving) if (unsaved.get(key)?.foundAt === foundAt) unsaved.delete(key);
    },
    keepOnly: async (questions) => {
      const wanted = new Set(questions.map(keyOf));
      for (const key of held.keys()) if (!wanted.has(key)) held.delete(key);
      await store.dropBefore(addMs(clock.now(), -2 * ports.intervalMs));
    },
    foundAt: (question) => held.get(keyOf(question))?.foundAt,
  };
}

/** Facts that this program cannot read are none: they are found out again. */
function readFacts(text: string): ImageFacts | undefined {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Until when facts hold: their interval, or sooner where another answer may come; an age limit, or the end of a root. */
function endOf({ require, validUntil }: ImageFacts, foundAt: UnixMs, intervalMs: number): UnixMs {
  const soonerMs = { pass: intervalMs, fail: FAILED_MS, unknown: RETRY_MS }[require.state];
  const end = addMs(foundAt, Math.min(soonerMs, intervalMs));
  return validUntil !== undefined && validUntil < end ? validUntil : end;
}

/** The world failed, which says nothing about the image. A bug flies on, and so does the word to stop. */
function ofFailure({ family }: Question, error: unknown): ImageFacts {
  const failure = error instanceof Fault || isTimeout(error) ? codeOfFailure(error) : undefined;
  if (!failure) throw error;
  const { code } = failure;
  const require = { op: "term", term: `evidence of ${family.name}`, authority: "", candidates: [] } as const;
  return { require: { ...require, state: "unknown", nearest: code }, code, codes: [code], flags: [], trust: [] };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** Lets so many through in a second, in the order they came. */
function pacer(clock: Clock, perSecond: number): (signal: AbortSignal) => Promise<void> {
  const gapMs = 1000 / perSecond;
  let next: number | undefined;
  return async (signal) => {
    const now = clock.now();
    const mine = Math.max(next ?? now, now);
    next = mine + gapMs;
    if (mine > now) await clock.sleep(Math.ceil(mine - now), signal);
  };
}
