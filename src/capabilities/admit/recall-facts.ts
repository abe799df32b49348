import type { Clock } from "../../ports/clock.ts";
import { isAbsence, type FactsQuestion, type FindFacts, type ImageFacts } from "./image-facts.ts";
import { factsForm } from "./facts-form.ts";
import { codeOfFailure } from "./fault-code.ts";
import { keepUntil } from "./keep-until.ts";
import { singleFlight } from "./single-flight.ts";
import { verdictCache, type CacheStats } from "./verdict-cache.ts";

/** Facts, and whether they were known already. */
export type RecalledFacts = { readonly facts: ImageFacts; readonly cached: boolean };

/** Facts from memory where they are there, found out once where they are not. */
export type RecallFacts = {
  /** What is known now; without waiting for anything. */
  readonly recall: (question: FactsQuestion) => ImageFacts | undefined;
  /** Rejects with the signal's reason when it fires first; what is being found out is kept for the next who asks. */
  readonly find: (question: FactsQuestion, signal: AbortSignal) => Promise<RecalledFacts>;
  /** Forgets what is known of a digest: a new signature was seen. */
  readonly forget: (digest: string) => number;
  readonly stats: () => CacheStats & { readonly underWay: number };
};

/** How long a judgement goes on after everybody has stopped waiting for it. */
const WORKTIME_MS = 30_000;

/**
 * Keeps facts by digest, repository, family and roots. The repository is part of the key since evidence lies in one: whoever
 * asks for the same digest elsewhere must not be answered with what is missing there.
 */
export function recallFacts(find: FindFacts, clock: Clock, cacheBytesMax?: number): RecallFacts {
  const cache = verdictCache<ImageFacts>(factsForm(), cacheBytesMax);
  const flights = singleFlight<ImageFacts>(clock, WORKTIME_MS);
  const learn = async (key: string, question: FactsQuestion, signal: AbortSignal): Promise<ImageFacts> => {
    const facts = await find(question, signal).catch((error: unknown) => ofFailure(question, error));
    const now = clock.now();
    const kept = isAbsence(facts) ? key : keyOf(question);
    cache.put(kept, { value: facts, until: keepUntil(facts, now) });
    return facts;
  };
  const recall = (question: FactsQuestion): ImageFacts | undefined => {
    const now = clock.now();
    return cache.find(keyOf(question), now) ?? cache.find(taggedKeyOf(question), now);
  };
  return {
    recall,
    find: async (question, signal) => {
      const key = taggedKeyOf(question);
      const known = recall(question);
      if (known) return { facts: known, cached: true };
      const facts = await flights.join(key, (worktime) => learn(key, question, worktime), signal);
      return { facts, cached: false };
    },
    forget: (digest) => cache.drop(`${digest} `),
    stats: () => ({ ...cache.stats(), underWay: flights.underWay() }),
  };
}

function keyOf({ digest, repository, family, policy }: FactsQuestion): string {
  return `${digest} ${repository} ${policy.familyHash(family)}`;
}

/** What is said of a missing signature may depend on the tag; nothing else does. No other key has these three spaces. */
function taggedKeyOf(question: FactsQuestion): string {
  return `${keyOf(question)} ${question.tag ?? ""}`;
}

/** The world failed: undecided, which denies, and is asked again soon. A bug flies on. */
function ofFailure({ family }: FactsQuestion, error: unknown): ImageFacts {
  const failure = codeOfFailure(error);
  if (!failure) throw error;
  const { code } = failure;
  const require = { op: "term", term: `evidence of ${family.name}`, authority: "", candidates: [] } as const;
  return { require: { ...require, state: "unknown", nearest: code }, code, codes: [code], flags: [], trust: [] };
}
