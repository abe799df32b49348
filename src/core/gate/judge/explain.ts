import type { TieredGain } from "../decide/compare-systems.ts";
import { completeTuple, type Tuple } from "../decide/tuple.ts";
import type { GateCode } from "../codes.ts";
import type { GateReason, GateSide, GateWhere } from "../finding.ts";
import { isOpaque, type Dimension } from "../form/dimension.ts";
import type { Origin } from "../form/need.ts";
import { ENGINE_DOWN, type Rule, type System } from "../form/system.ts";
import { holdsPoint, type Zone } from "../form/zone.ts";

/** A system before and after; a side that has none of its objects has no `present`. */
export type SystemChange = {
  readonly base: System;
  readonly head: System;
  readonly isGone: boolean;
};

/** What of the policy moved: the first coordinate in which the new side differs where the old one refused (change-gate chapter §2.1). */
export function codeOf(gain: TieredGain, { base, head, isGone }: SystemChange): GateCode {
  if (isGone || head.reach.length === 0) return "GP012";
  if (gain.tuple.evidence.some((piece) => piece.get("root") === ENGINE_DOWN)) return "GP010";
  const { place } = completeTuple(gain.tuple, [base, head]);
  const inReach = head.reach.some(({ zones }) => zones.some((zone) => holdsPoint(zone, place)));
  if (!inReach) return "GP011";
  if (gain.admitting.length === 0) return codeOfFree(gain, head, place);
  return gain.refusing.kind === "unmatched" ? "GP006" : codeOfEvidence(gain);
}

type Place = Tuple["place"];

/** Nothing is demanded any more. */
function codeOfFree({ refusing }: TieredGain, head: System, place: Place): GateCode {
  const matched = head.rules.filter((rule) => isIn(rule.where, place) && !isIn(rule.except, place));
  if (matched.some(({ isException }) => isException)) return "GP014";
  if (matched.some(({ mode }) => mode !== "deny")) return "GP005";
  if (matched.length > 0) return "GP003";
  if (refusing.kind === "unmatched") return "GP013";
  const same = head.rules.filter(({ name }) => name === refusing.rule?.name);
  if (same.some(({ except }) => isIn(except, place))) return "GP014";
  return same.length > 0 ? "GP006" : "GP012";
}

function isIn(zones: readonly Zone[], place: Place): boolean {
  return zones.some((zone) => holdsPoint(zone, place));
}

const ROOTS = /^(?:root|log|ctlog|tsa)$/;
const STRENGTH = /^(?:strength|check):/;
const EVIDENCE = /^(?:kind|predicateType|form)$/;

function codeOfEvidence({ boxes, refusing }: TieredGain): GateCode {
  // Boxes that were asked for all along: only fewer of them are needed now.
  const known = new Set(refusing.boxes.map(({ key }) => key));
  if (boxes.every(({ box }) => known.has(box.key))) return "GP003";
  const fails = boxes.flatMap((one) => one.fails);
  const has = (test: (dimension: Dimension) => boolean): boolean => fails.some(test);
  if (has((dimension) => ROOTS.test(dimension))) return "GP002";
  if (has((dimension) => STRENGTH.test(dimension))) return "GP004";
  if (has((dimension) => EVIDENCE.test(dimension) || isOpaque(dimension))) return "GP003";
  return "GP001";
}

/** Where a person has to look: at what lets the tuple in now, or at what used to refuse it. */
export function whereOf(gain: TieredGain, { head, isGone }: SystemChange): GateWhere {
  const { refusing, boxes, admitting } = gain;
  const same = head.rules.find(({ name }) => name === refusing.rule?.name);
  const free = refusing.kind === "unmatched" ? head.unmatched.origin : same?.origin;
  const origin = boxes[0]?.box.origin ?? admitting[0]?.rule?.origin ?? free;
  return origin && origin.file !== "" && !isGone ? toWhere(origin, "head") : toWhere(originOf(gain), "base");
}

function originOf({ refusing }: TieredGain): Origin {
  return refusing.rule?.origin ?? refusing.reach.origin;
}

export function toWhere({ file, line, pointer }: Origin, revision: GateWhere["revision"]): GateWhere {
  return { revision, file, line, pointer };
}

/** A part of a policy as reports name it. */
export function spellOrigin({ file, document, pointer }: Origin): string {
  return `${file}#${document}${pointer}`;
}

/** Why the base refused, and why the head does not. */
export function sidesOf(gain: TieredGain): { readonly before: GateSide; readonly after: GateSide } {
  const fails = [...new Set(gain.boxes.flatMap((one) => one.fails))].filter((one) => !isOpaque(one));
  const refused: GateReason = {
    origin: spellOrigin(originOf(gain)),
    fails: gain.refusing.kind === "unmatched" ? "unmatched" : fails.length > 0 ? fails.join(", ") : "evidence",
  };
  const parts = gain.boxes.map(({ box }) => box.origin);
  const rules: readonly Rule[] = gain.admitting.flatMap(({ rule }) => rule ?? []);
  const because = (parts.length > 0 ? parts : rules.map(({ origin }) => origin)).map((origin): GateReason => ({
    origin: spellOrigin(origin),
  }));
  return { before: { admitted: false, because: [refused] }, after: { admitted: true, because } };
}
