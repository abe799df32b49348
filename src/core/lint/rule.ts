import { pathOf, placeOf, type SourceNode, type SourcePlace } from "../pipelines/definitions/source-node.ts";
import type { NonEmpty } from "../verdict.ts";
import type { LintScene } from "./scene.ts";

export type LintSeverity = "critical" | "high" | "medium" | "low";

/** One thing wrong, or one that could not be judged, where, and what to write instead. */
export type RuleFinding = {
  readonly at: SourcePlace;
  /** `spec.steps[0].image`. */
  readonly path: string;
  /** What is true. */
  readonly message: string;
  /** What to write. */
  readonly fix: string;
  /** `fail` unless said: `unknown` is what opaque content leaves open, and never a pass. */
  readonly verdict?: "unknown";
  /** Where the rule's own does not hold, such as in a signing pod. */
  readonly severity?: LintSeverity;
  readonly evidence?: readonly string[];
};

/** What a rule looks into, so that content that was not read leaves it open: steps of StepActions, or whole Tasks. */
export type RuleReach = "step" | "task";

/** A rule sees all definitions at once and answers with what it finds; an empty answer is a pass. Pure, total, and never throws. */
export type LintRule = {
  /** The name of its folder and page. */
  readonly id: string;
  /** The short code that findings carry, stable for ever. */
  readonly code: string;
  readonly severity: LintSeverity;
  /** The section of the standard, source or guide that the rule enforces. */
  readonly source: NonEmpty<string>;
  /** Set for rules that judge the content of steps: references that lead out of the set are answered `unknown`. */
  readonly reach?: RuleReach;
  readonly check: (scene: LintScene) => readonly RuleFinding[];
};

type Said = Omit<RuleFinding, "at" | "path"> & { readonly at?: SourcePlace };

/** A finding at a node. */
export function found(node: SourceNode, said: Said): RuleFinding {
  return { ...said, at: said.at ?? placeOf(node), path: pathOf(node) };
}
