import type { Need, Origin } from "./need.ts";
import type { TextLanguage } from "./text-language.ts";
import type { Zone } from "./zone.ts";

/** The verifiers whose policies are compared. */
export type GateEngine =
  | "policy-controller"
  | "kyverno"
  | "kyverno-ivp"
  | "openshift"
  | "containers"
  | "notation"
  | "trust-policy";

/** What an engine asks of requests in some region. All rules that a request meets hold together. */
export type Rule = {
  /** `ClusterImagePolicy a`: for people, and to find the same rule on the other side. */
  readonly name: string;
  /** Any of these zones; all of them without those of `except`. */
  readonly where: readonly Zone[];
  readonly except: readonly Zone[];
  readonly need: Need;
  /** Anything but `deny` takes its region as matched and demands nothing. */
  readonly mode: "deny" | "warn" | "audit";
  /** Of a rule with a registration of its own: whether it lets pass while the engine does not answer. */
  readonly onError?: Reach["onError"];
  /** Not a rule of a policy, but what takes a region out of all of them. */
  readonly isException?: boolean;
  readonly origin: Origin;
};

/** A registration of the engine: what it sees, and what happens when it does not answer. */
export type Reach = {
  readonly zones: readonly Zone[];
  readonly onError: "deny" | "admit";
  readonly origin: Origin;
};

/** Something nobody evaluates here: CUE, Rego, CEL, conditions. */
export type OpaqueText = { readonly kind: string; readonly text: string; readonly origin: Origin };

/**
 * Everything that decides one admission for one engine in one cluster (change-gate chapter §1.1, 1.2). It admits what it
 * does not see, and else what meets all rules; what meets none is as `unmatched` says.
 */
export type System = {
  /** `policy-controller@prod`. */
  readonly id: string;
  readonly engine: GateEngine;
  readonly rules: readonly Rule[];
  readonly unmatched: { readonly kind: "deny" | "admit"; readonly origin: Origin };
  readonly reach: readonly Reach[];
  /** What any image is, as this engine prints it. */
  readonly images: TextLanguage | undefined;
  /** By the id of the dimension `opaque:<id>`. */
  readonly opaque: ReadonlyMap<string, OpaqueText>;
};

/** The root of evidence that stands for "the engine does not answer". */
export const ENGINE_DOWN = "ENGINE_DOWN";
