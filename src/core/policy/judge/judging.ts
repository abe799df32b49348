import type { DigestRef } from "../../digest.ts";
import type { UnixMs } from "../../time.ts";
import type { Verdict } from "../../verdict.ts";
import type { WallClock } from "../build-window.ts";
import type { RequirementVerdict } from "../review-verdict.ts";
import type { Authority, ImageFamily } from "../trust-policy.ts";
import type { MatchesWhole } from "./judge-authority.ts";

/** What evidence is judged by. */
export type Judging = {
  readonly family: ImageFamily;
  readonly authorities: Readonly<Record<string, Authority>>;
  /** `host/path` of the image, normalised. */
  readonly repository: string;
  readonly now: UnixMs;
  readonly matches: MatchesWhole;
  readonly clock: WallClock;
};

/** Where a term is judged. */
export type Place = {
  readonly judging: Judging;
  /** Predicate types that any term of the family asks for. */
  readonly wanted: ReadonlySet<string>;
  readonly platform?: string;
  readonly signedParent?: DigestRef | undefined;
};

/** A part of a requirement with its verdict, and what it means for the whole. */
export type JudgedTerm = {
  readonly verdict: RequirementVerdict;
  /** What failed or is not known; the first is told first. */
  readonly codes: readonly string[];
  readonly flags: readonly string[];
  /** When an age limit ends the pass. */
  readonly validUntil?: UnixMs;
};

/** What was signed and when, beside who signed. */
export type JudgedSaying = {
  readonly verdict: Verdict<string>;
  readonly flags: readonly string[];
  readonly validUntil?: UnixMs;
};
