import type { Program } from "../../automata/program.ts";
import type { EngineId, ExchangeContext, LossField } from "../exports/engine.ts";
import type { SourceDocument } from "../problem.ts";
import type { Authority, Requirement, TrustPolicySet } from "../trust-policy.ts";

/** What of an engine's policy is not in what was read: where it differs, what was read refuses more. */
export type ImportLoss = {
  readonly id: string;
  /** The object it is about, as `kind name`. */
  readonly where: string;
  readonly field: LossField | "engine" | "mode" | "match" | "evidence";
  /** Nothing is admitted for its sake, or less is; a note is of what only a CA that misbehaves would show. */
  readonly kind: "denied" | "narrowed" | "note";
  readonly effect: string;
  readonly remedy: string;
};
export type ImportDraft = Omit<ImportLoss, "id" | "where">;

export type Imported = { readonly policy: TrustPolicySet; readonly losses: readonly ImportLoss[] };

/** One format, read. */
export type ImportFormat = {
  readonly id: EngineId;
  readonly import: (documents: readonly SourceDocument[], context: ExchangeContext) => Imported;
};

/** A set of images as an engine says it. */
export type Region = {
  /** As it is written there. */
  readonly text: string;
  /** Our patterns for exactly these images; `undefined` when none say it. */
  readonly own: readonly string[] | undefined;
  /** Over references as the engine prints them; asked only where `own` is missing. */
  readonly language: Program;
};

/** A rule of an engine: what images of a region need. All rules that match an image hold together. */
export type ImportedRule = {
  readonly name: string;
  readonly regions: readonly Region[];
  /** Where the rule does not apply. */
  readonly except: readonly Region[];
  /** `undefined`: nobody meets it. */
  readonly require: Requirement | undefined;
  /** The name that was signed has to be the image's. */
  readonly reference?: "repository";
};

/** Where a reader writes down what it finds. */
export type ImportBook = {
  /** The name of an authority; the same for the same one. */
  readonly authority: (wish: string, authority: Authority) => string;
  readonly loss: (where: string, draft: ImportDraft) => void;
  readonly authorities: () => Readonly<Record<string, Authority>>;
  readonly losses: () => readonly ImportLoss[];
};
