import { toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf } from "../digest.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import type { JsonObject } from "../json/json.ts";
import type { GateCode } from "./codes.ts";
import type { GateLevel, GateVerdict } from "./verdict.ts";

/** How real a witness is: seen or running, possible with our issuers, or only a text (change-gate chapter §2.2). */
export type WitnessTier = "existing" | "issuable" | "theoretical";

/** A place of a revision. `pointer` is a JSON pointer into the document, empty for the document itself. */
export type GateWhere = {
  readonly revision: "base" | "head";
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly pointer: string;
};

/** Why a side admits the witness or does not: the part of a policy that decided, and what of it failed. */
export type GateReason = { readonly origin: string; readonly fails?: string };
export type GateSide = { readonly admitted: boolean; readonly because: readonly GateReason[] };

/** A character of the witness that is shown as an escape. */
export type GateEscape = { readonly shown: string; readonly codePoint: string };

/** What a question that stayed open needs. */
export type GateOpen = {
  readonly reason: string;
  /** What would decide it. */
  readonly decide: string;
  /** Unified difference of the two texts, when it is about texts. */
  readonly diff?: string;
};

export type GateFinding = {
  /** `sha256:` of code, system, witness and base origin: the same in every run. */
  readonly id: string;
  readonly code: GateCode;
  readonly level: GateLevel;
  /** Absent where no two sides are compared. */
  readonly verdict?: GateVerdict;
  readonly tier?: WitnessTier;
  /** `policy-controller@prod`, `pipelines`, `register`, `gate` … */
  readonly system: string;
  /** One sentence, without place and code. May quote the repository: outputs escape it. */
  readonly message: string;
  /** One concrete thing that is accepted, unmanaged or unsigned now and was not before. */
  readonly witness?: JsonObject;
  readonly escapes: readonly GateEscape[];
  readonly before?: GateSide;
  readonly after?: GateSide;
  readonly where: GateWhere;
  /** Codes of what led to it (pipelines). */
  readonly causes: readonly GateCode[];
  readonly open?: GateOpen;
  readonly engine?: { readonly steps: number; readonly budget: number };
  /** Name of the waiver that covers it. */
  readonly waiver?: string;
};

export type GateFindingDraft = Omit<GateFinding, "id" | "escapes" | "causes"> & {
  readonly escapes?: readonly GateEscape[];
  readonly causes?: readonly GateCode[];
  /** Pointer of the part of the base that the finding is about, `file#document/pointer`; empty when there is none. */
  readonly baseOrigin?: string;
};

/** Makes a finding of its parts; the id follows from them. */
export function toFinding({ baseOrigin = "", ...draft }: GateFindingDraft): GateFinding {
  const { code, system, witness } = draft;
  // Without a witness the place tells two findings apart.
  const about = witness ?? { file: draft.where.file, pointer: draft.where.pointer };
  const id = digestRefOf(toUtf8(renderCanonicalJson([code, system, about, baseOrigin])));
  return { ...draft, id, escapes: draft.escapes ?? [], causes: draft.causes ?? [] };
}
