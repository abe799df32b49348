import type { InclusionAnswer } from "../../automata/includes.ts";
import type { Domain } from "../../automata/alphabet.ts";
import { includes } from "../../automata/includes.ts";
import { matchesText } from "../../automata/matches.ts";
import { EVERYTHING, type Program } from "../../automata/program.ts";
import type { RegisterFamily, RegisterPlace } from "./register.ts";

/** A set of texts of a policy: those that are in all of `inside` and in none of `outside`. */
export type BoxTexts = {
  readonly inside: readonly Program[];
  readonly outside: readonly Program[];
  /** The only member. */
  readonly exact?: string;
};

/** Identities that a policy accepts for some images: every pair of an issuer and a SAN of the two sets. */
export type IdentityBox = {
  /** The same for boxes that say the same, wherever they stand. */
  readonly key: string;
  /** `ClusterImagePolicy pay`, for people. */
  readonly name: string;
  readonly issuer: BoxTexts;
  readonly san: BoxTexts;
  /** Any of them; none is any image. */
  readonly images: readonly BoxTexts[];
  /** What has to be signed; `undefined` when the policy does not say. */
  readonly families?: readonly RegisterFamily[];
  /** Names or anchors of the trust roots; `undefined` when they are not known. */
  readonly roots?: readonly string[];
  readonly place: RegisterPlace;
};

type Bounds = {
  /** In any of these, or a witness is found. */
  readonly positive: readonly Program[];
  /** Only texts that are in all of these count. */
  readonly clip?: readonly Program[];
  readonly domain?: Domain;
};

/** Whether all of a set, clipped, is in the union of others. */
export function isWithin({ inside, outside }: BoxTexts, { positive, clip = [], domain }: Bounds): InclusionAnswer {
  const [left = EVERYTHING, ...others] = inside;
  return includes({
    left,
    positive: [...outside, ...positive],
    negative: [...others, ...clip],
    ...(domain && { domain }),
  });
}

/** Whether a text is in a set. */
export function holds({ inside, outside, exact }: BoxTexts, text: string): boolean {
  if (exact !== undefined) return exact === text;
  return inside.every((one) => matchesText(one, text)) && !outside.some((one) => matchesText(one, text));
}
