import type { Identity } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";

/** What is checked of each event, in this order. */
export const EVIDENCE_CHECKS = [
  "signature",
  "chain",
  "sct",
  "inclusion",
  "consistency",
  "time",
  "correlation",
] as const;

/** `stated`: told by who made the file, and not proven by a log; it never counts for or against. */
export type EvidenceCheck = {
  readonly name: (typeof EVIDENCE_CHECKS)[number];
  readonly state: "pass" | "fail" | "unknown" | "stated";
  /** A stable code for a machine; empty for a pass. */
  readonly code: string;
  readonly detail: string;
};

export type EventReport = {
  /** Place in the file: `events/000`. */
  readonly folder: string;
  readonly logIndex?: number;
  readonly identity?: Identity;
  readonly checks: readonly EvidenceCheck[];
};

/** What an evidence file comes to. */
export type EvidenceReport = {
  /**
   * `holds`: every check of every event passes. `fails`: one does not. `undecided`: one could not be made with what is in
   * the file. `tampered`: the file contradicts itself. `log-contradicted`: the file shows that its log signed two
   * statements that cannot both be true.
   */
  readonly outcome: "holds" | "fails" | "undecided" | "tampered" | "log-contradicted";
  readonly code: string;
  readonly detail: string;
  readonly scope: string;
  /** The time of the file, which all of this is said for. There is no other clock. */
  readonly asOf?: UnixMs;
  /** Whose keys were believed: the file's own, which only shows that it agrees with itself, or ones that were given. */
  readonly trust: "self-supplied" | "given" | "none";
  readonly trustId?: string;
  readonly events: readonly EventReport[];
  readonly notCovered: readonly string[];
};

export function passed(name: EvidenceCheck["name"], detail: string): EvidenceCheck {
  return { name, state: "pass", code: "", detail };
}

export function failed(name: EvidenceCheck["name"], code: string, detail: string): EvidenceCheck {
  return { name, state: "fail", code, detail };
}

export function undecided(name: EvidenceCheck["name"], code: string, detail: string): EvidenceCheck {
  return { name, state: "unknown", code, detail };
}
