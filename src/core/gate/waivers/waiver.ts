import type { UnixMs } from "../../time.ts";
import type { Box, Origin } from "../form/need.ts";
import type { Zone } from "../form/zone.ts";

/** A set of admissions that somebody has taken on, for a while (change-gate chapter §6). */
export type GateWaiver = {
  readonly name: string;
  readonly origin: Origin;
  readonly requestedBy: string;
  readonly approvedBy: readonly string[];
  readonly created: UnixMs;
  readonly expires: UnixMs;
  /** Absent: it covers findings by name alone. */
  readonly policy?: WaivedPolicy;
  readonly findings: readonly WaivedFinding[];
};

export type WaivedPolicy = {
  /** Ids of systems; none is all. */
  readonly systems: readonly string[];
  readonly where: readonly Zone[];
  /** `none`: admission without any evidence. */
  readonly evidence: Box | "none";
  /** Opaque predicates, of both sides, whose difference is taken on. */
  readonly opaque: readonly string[];
};

/** A finding that is no set: a code, and exactly what it is about. */
export type WaivedFinding = {
  readonly code: string;
  readonly entry?: string;
  readonly artifact?: string;
  readonly identity?: string;
};
