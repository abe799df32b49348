import type { JsonObject } from "../../json/json.ts";
import type { SystemComparison, TieredGain } from "../decide/compare-systems.ts";
import type { Open } from "../decide/find-difference.ts";
import { toFinding, type GateFinding, type GateOpen, type WitnessTier } from "../finding.ts";
import type { GateLevel } from "../verdict.ts";
import { isOpaque } from "../form/dimension.ts";
import { holdsPoint } from "../form/zone.ts";
import type { GateWaiver, WaivedPolicy } from "../waivers/waiver.ts";
import { codeOf, sidesOf, spellOrigin, toWhere, whereOf, type SystemChange } from "./explain.ts";
import { escapesOf, showTuple, type OpaqueTexts } from "./show-tuple.ts";
import { diffTexts } from "./text-diff.ts";

export type FindingSetting = {
  readonly change: SystemChange;
  readonly options: { readonly blockTier?: WitnessTier };
  /** The same comparison with what waivers take on added to the base. */
  readonly uncovered: SystemComparison;
  readonly waivers: readonly GateWaiver[];
};

/** What a comparison says, one finding for each obligation that no longer holds or stays open. */
export function findingsOf(
  system: string,
  comparison: SystemComparison,
  setting: FindingSetting,
): readonly GateFinding[] {
  const engine = { steps: comparison.steps, budget: comparison.budget };
  const { base, head } = setting.change;
  const of = { setting, comparison, opaque: new Map([...base.opaque, ...head.opaque]) };
  const drafts = [
    ...comparison.gained.map((gain) => describeGain(system, gain, of)),
    ...comparison.open.map((open) => describeOpen(system, open, of)),
    ...(comparison.isTooLarge ? [describeTooLarge(system, setting)] : []),
  ];
  return drafts.map((draft) => toFinding({ ...draft, engine }));
}

/** What of a gain is outside all waivers, or the waiver that takes it on. */
function coverGain(gain: TieredGain, { uncovered, waivers }: FindingSetting): TieredGain | string {
  const isSame = ({ refusing }: Pick<TieredGain, "refusing">): boolean =>
    obligationKey(refusing) === obligationKey(gain.refusing);
  const outside = uncovered.gained.find(isSame);
  if (outside) return outside;
  if (waivers.length === 0 || uncovered.isTooLarge || uncovered.open.some(isSame)) return gain;
  const holding = waivers.find(({ policy }) => policy && isInside(gain, policy));
  return (holding ?? waivers[0])?.name ?? gain;
}

function obligationKey({ kind, rule, reach }: TieredGain["refusing"]): string {
  return `${kind} ${spellOrigin(rule?.origin ?? reach.origin)} ${rule?.name ?? ""}`.replace(/ waiver .*$/, " ");
}

function isInside({ tuple }: TieredGain, { where, evidence }: WaivedPolicy): boolean {
  const isThere = where.some((zone) => holdsPoint(zone, tuple.place));
  return isThere && (evidence === "none" || tuple.evidence.some((piece) => holdsPoint(evidence.zone, piece)));
}

type Draft = Parameters<typeof toFinding>[0];

type Described = {
  readonly setting: FindingSetting;
  readonly comparison: SystemComparison;
  readonly opaque: OpaqueTexts;
};

function describeGain(system: string, found: TieredGain, of: Described): Draft {
  const covered = coverGain(found, of.setting);
  const gain = typeof covered === "string" ? found : covered;
  const witness = showTuple(gain.tuple, of.opaque);
  return {
    code: codeOf(gain, of.setting.change),
    level: levelOf(gain.tier, of.setting.options.blockTier),
    verdict: of.comparison.verdict,
    tier: gain.tier,
    system,
    message: sentenceOf(gain, witness),
    witness,
    escapes: escapesOf(witness),
    ...sidesOf(gain),
    where: whereOf(gain, of.setting.change),
    baseOrigin: spellOrigin(found.refusing.rule?.origin ?? found.refusing.reach.origin),
    ...(typeof covered === "string" && { waiver: covered }),
  };
}

const TIERS: readonly WitnessTier[] = ["existing", "issuable", "theoretical"];

function levelOf(tier: WitnessTier, blockTier: WitnessTier = "theoretical"): GateLevel {
  return TIERS.indexOf(tier) <= TIERS.indexOf(blockTier) ? "error" : "warning";
}

function sentenceOf({ refusing, tuple }: TieredGain, witness: JsonObject): string {
  const signers = tuple.evidence.map((piece) => spellPiece(piece));
  const what = signers.length === 0 ? "without any evidence" : `with ${signers.join(" and ")}`;
  const before = refusing.kind === "unmatched" ? "no rule matched it" : `${refusing.rule?.name ?? "a rule"} refused it`;
  const image = tuple.place.get("image") ?? "any image";
  return `${image}${inNamespace(witness)} is now accepted ${what}; before: ${before}`;
}

function inNamespace({ namespace }: JsonObject): string {
  return typeof namespace !== "string" || namespace === "any" ? "" : ` in namespace ${namespace}`;
}

/** What evidence mostly is, and the sentence says already. */
function isUsual(dimension: string): boolean {
  return ["san", "issuer", "root", "log", "ctlog", "tsa", "kind", "form"].includes(dimension) || isOpaque(dimension);
}

function spellPiece(piece: ReadonlyMap<string, string | number>): string {
  const [san, issuer, root] = ["san", "issuer", "root"].map((name) => piece.get(name));
  const by = san === undefined ? (root === undefined ? "anybody" : String(root)) : `signer ${san}`;
  const rest = [...piece]
    .filter(([name, value]) => !isUsual(name) && !(value === "true" && /^(?:strength|check):/.test(name)))
    .map(([name, value]) => `${name} ${value === "" ? "absent" : value}`);
  return `${by}${issuer === undefined ? "" : ` (issuer ${issuer})`}${rest.length > 0 ? `, ${rest.join(", ")}` : ""}`;
}

const DECIDE: Readonly<Record<Open["reason"], string>> = {
  opaque: "Compare the two texts by hand, and name the predicate in a waiver when nothing is let in by it.",
  budget: "Raise the budget of steps, or write the patterns so that less has to be compared.",
  cells: "Split the change: it compares more combinations of patterns than are followed.",
  regions: "Split the change: its rules cut the images into more regions than are followed.",
  terms: "Lower the threshold or the number of its branches: it has more combinations than are followed.",
};

function describeOpen(system: string, { refusing, reason, fresh, gone }: Open, { setting, opaque }: Described): Draft {
  const isPredicate = reason === "opaque";
  const name = refusing.rule?.name ?? "what no rule matches";
  const said = isPredicate
    ? `${name}: a predicate that is not evaluated here has changed`
    : `${name}: the search stopped at its limit of ${reason}`;
  const open: GateOpen = {
    reason: said,
    decide: DECIDE[reason],
    ...(isPredicate && { diff: diffTexts(textsOf(gone, opaque), textsOf(fresh, opaque)) }),
  };
  const place = fresh.map((one) => opaque.get(one)?.origin).find((origin) => origin !== undefined);
  const origin = refusing.rule?.origin ?? refusing.reach.origin;
  // A set covers nothing that is not known; only naming both predicates does.
  const waiver = setting.waivers.find(
    ({ policy }) => isPredicate && policy && [...fresh, ...gone].every((one) => policy.opaque.includes(one)),
  );
  return {
    ...(waiver && { waiver: waiver.name }),
    code: isPredicate ? "GP007" : "GC006",
    level: "undecided",
    verdict: "UNDECIDED",
    system,
    message: said,
    witness: { opaque: [...fresh, ...gone], obligation: name, reason },
    open,
    where: place && setting.change.head.rules.length > 0 ? toWhere(place, "head") : toWhere(origin, "base"),
    baseOrigin: spellOrigin(origin),
  };
}

function textsOf(dimensions: readonly string[], opaque: OpaqueTexts): string {
  return dimensions.map((dimension) => opaque.get(dimension)?.text ?? "").join("\n");
}

function describeTooLarge(system: string, { change }: FindingSetting): Draft {
  const [rule] = [...change.head.rules, ...change.base.rules];
  const message = "the rules cut requests into more regions than are followed";
  return {
    code: "GC006",
    level: "undecided",
    verdict: "UNDECIDED",
    system,
    message,
    open: { reason: message, decide: DECIDE.regions },
    where: toWhere(rule?.origin ?? { file: "", document: 0, pointer: "", line: 1 }, "head"),
  };
}
