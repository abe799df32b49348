import type { LintScene } from "../../lint/scene.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import type { UnixMs } from "../../time.ts";
import type { GateCode } from "../codes.ts";
import type { GateFindingDraft, GateWhere } from "../finding.ts";
import type { IdentityBox } from "./box.ts";
import type { IdentityRegister, RegisterPlace } from "./register.ts";

/** One side of a change, as far as identities enter by it. */
export type IdentitySide = {
  readonly scene: LintScene;
  /** What the policies of this side accept. */
  readonly boxes: readonly IdentityBox[];
  /** `undefined` when the side has none. */
  readonly register: IdentityRegister | undefined;
};

export type IdentityQuestion = {
  readonly before: IdentitySide;
  readonly after: IdentitySide;
  readonly config: IdentityGateConfig;
  /** The evaluation clock. */
  readonly now: UnixMs;
  readonly patterns: PatternEngine;
};

/** What the base says about identities. */
export type IdentityGateConfig = {
  /** `Group name`, `User name`, `ServiceAccount namespace/name`. */
  readonly allowedSubjects: readonly string[];
  /** What did not change is judged like what did. */
  readonly strict: boolean;
  /** Anchors by the alias that entries use for a root. */
  readonly trustRoots: Readonly<Record<string, readonly string[]>>;
};

/** What a check says. */
export type IdentityFinding = {
  readonly code: GateCode;
  /** New with this change; what was there before is a warning, unless the configuration is strict. */
  readonly isNew: boolean;
  readonly level?: GateFindingDraft["level"];
  readonly says: string;
  readonly witness?: NonNullable<GateFindingDraft["witness"]>;
  readonly tier?: NonNullable<GateFindingDraft["tier"]>;
  readonly where: GateWhere;
  readonly open?: NonNullable<GateFindingDraft["open"]>;
};

/** The place of something in one of the sides. */
export function placed(revision: GateWhere["revision"], { file, line, pointer }: RegisterPlace): GateWhere {
  return { revision, file, line, pointer };
}
