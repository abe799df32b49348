import type { NonEmpty } from "../verdict.ts";
import type { EvidencePlan, Plan } from "./plan.ts";

/**
 * One artifact that a verifier must answer in one way (trust-policy chapter §7). Beside it stands `case.md`: what it is,
 * how it is made, the correct answer, and where somebody once got it wrong.
 */
export type DrillCase = {
  /** `C07`: the group, and a number in it. Never renamed, never reused. */
  readonly id: string;
  readonly name: string;
  readonly channel: DrillChannel;
  /** Who could make it against a verifier in service: anybody, or only who has an authority's keys. */
  readonly root: "production" | "drill";
  readonly trials: NonEmpty<Trial>;
};

/** Pushed to any registry; served by one that lies; an AdmissionReview; the text of a policy. */
export type DrillChannel = "push" | "serve" | "review" | "policy";

/** Most cases are one trial; some are the same mistake in several spellings. */
export type Trial = {
  /** Empty where the case is one trial. */
  readonly name: string;
  readonly plan: Plan;
  readonly expected: Expected;
};

/** The correct answer. A refusal is right only for one of its reasons. */
export type Expected = { readonly kind: "admit" } | { readonly kind: "refuse"; readonly codes: NonEmpty<string> };

export const ADMIT: Expected = { kind: "admit" };

/** A refusal for one of these reasons; the first is the chapter's. */
export function refuse(...codes: NonEmpty<string>): Expected {
  return { kind: "refuse", codes };
}

/** The one trial of a case, or one of several by name. */
export function trial(plan: Plan, expected: Expected, name = ""): Trial {
  return { name, plan, expected };
}

/** A case that any registry will hold. */
export function pushed(id: string, name: string, root: DrillCase["root"], trials: NonEmpty<Trial>): DrillCase {
  return { id, name, channel: "push", root, trials };
}

/** A case about the text of a policy. */
export function written(id: string, name: string, root: DrillCase["root"], trials: NonEmpty<Trial>): DrillCase {
  return { id, name, channel: "policy", root, trials };
}

/** A case that takes a registry of one's own. */
export function served(id: string, name: string, root: DrillCase["root"], trials: NonEmpty<Trial>): DrillCase {
  return { id, name, channel: "serve", root, trials };
}

/** A case about what an API server asks. */
export function reviewed(id: string, name: string, root: DrillCase["root"], trials: NonEmpty<Trial>): DrillCase {
  return { id, name, channel: "review", root, trials };
}

/** One signature with some things changed, and what else is not as usual. */
export function one(change: EvidencePlan = {}, more: Omit<Plan, "evidence"> = {}): Plan {
  return { evidence: [change], ...more };
}
