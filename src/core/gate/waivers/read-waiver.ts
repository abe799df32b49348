import { API_GROUP } from "../../names.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import { parseRfc3339, type UnixMs } from "../../time.ts";
import { findMissing, toCover } from "../decide/find-missing.ts";
import { newSearcher } from "../decide/searcher.ts";
import type { Box, Origin } from "../form/need.ts";
import { anyText, exactText, globText, wholeText, type TextLanguage } from "../form/text-language.ts";
import { choiceIn, EVERYWHERE, textIn, toZone, zoneKey, type Literal, type Zone } from "../form/zone.ts";
import { fieldOf, type Field, type GateDocument } from "../readers/field.ts";
import { isOfKind } from "../readers/object.ts";
import type { GateWaiver, WaivedFinding, WaivedPolicy } from "./waiver.ts";

/** What waivers are read against. */
export type WaiverSetting = {
  readonly patterns: PatternEngine;
  /** Names of trust roots, as the configuration of the base has them. */
  readonly trustRoots: Readonly<Record<string, readonly string[]>>;
};

export type WaiverProblem = { readonly origin: Origin; readonly message: string };
export type WaiverReading = { readonly waiver?: GateWaiver; readonly problems: readonly WaiverProblem[] };

const FOLDER = /(?:^|\/)\.countersign\/waivers\/[^/]+\.ya?ml$/;
const DAY_MS = 86_400_000;
const LIFETIME_DAYS_MAX = 90;
const REASON_CHARACTERS = { min: 10, max: 500 };

/** Whether a document is a waiver where waivers are. */
export function isWaiver(document: GateDocument): boolean {
  return FOLDER.test(document.file) && isOfKind(document, API_GROUP, "GateWaiver");
}

/** Reads a waiver: strict, since one that is read half covers more than was approved. */
export function readWaiver(document: GateDocument, setting: WaiverSetting): WaiverReading {
  const problems: WaiverProblem[] = [];
  const root = fieldOf(document, (origin, message) => problems.push({ origin, message }));
  root.only("apiVersion", "kind", "metadata", "spec");
  const spec = root.at("spec");
  spec.only("reason", "ticket", "requestedBy", "approvedBy", "approval", "created", "expires", "covers");
  spec.at("approval").only("commit");
  const term = readTerm(spec);
  const name = required(root.at("metadata").only("name", "annotations", "labels").at("name"));
  readReason(spec);
  const covers = spec.at("covers").only("policy", "findings");
  const policy = covers.at("policy").present ? readPolicy(covers.at("policy"), setting) : undefined;
  const findings = covers
    .at("findings")
    .items()
    .flatMap((one) => readFinding(one) ?? []);
  if (!policy && findings.length === 0) spec.problem("the waiver covers nothing");
  const requestedBy = required(spec.at("requestedBy"));
  const approvedBy = spec.at("approvedBy").texts();
  if (approvedBy.length === 0) spec.problem("approvedBy is missing");
  if (problems.length > 0 || !term) return { problems };
  return {
    waiver: { name, origin: root.origin, requestedBy, approvedBy, ...term, ...(policy && { policy }), findings },
    problems,
  };
}

function required(field: Field): string {
  const text = field.text();
  if (text === undefined) field.problem(`${field.origin.pointer} is missing`);
  return text ?? "";
}

function readReason(spec: Field): void {
  const { length } = required(spec.at("reason"));
  if (length < REASON_CHARACTERS.min || length > REASON_CHARACTERS.max) {
    spec.at("reason").problem(`a reason has ${REASON_CHARACTERS.min} to ${REASON_CHARACTERS.max} characters`);
  }
  required(spec.at("ticket"));
}

function readTerm(spec: Field): Pick<GateWaiver, "created" | "expires"> | undefined {
  const [created, expires] = [readTime(spec.at("created")), readTime(spec.at("expires"))];
  if (created === undefined || expires === undefined) return undefined;
  const isLong = expires - created > LIFETIME_DAYS_MAX * DAY_MS;
  if (expires <= created) spec.at("expires").problem("expires is not after created");
  if (isLong) spec.at("expires").problem(`expires is more than ${LIFETIME_DAYS_MAX} days after created`);
  return { created, expires };
}

/** A date is its first moment in UTC. */
function readTime(field: Field): UnixMs | undefined {
  const text = required(field);
  const at = parseRfc3339(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (at === undefined && text !== "") field.problem(`${text.slice(0, 64)} is no date or time`);
  return at;
}

function readFinding(field: Field): WaivedFinding | undefined {
  field.only("code", "entry", "artifact", "identity");
  const code = required(field.at("code"));
  if (!/^G[IS]\d{3}$/.test(code))
    field.at("code").problem("only codes GI and GS are waived by name; policies are waived by sets");
  const about = (["entry", "artifact", "identity"] as const).flatMap((name) => {
    const text = field.at(name).text();
    if (text?.includes("*")) field.at(name).problem("no wildcards: a finding is waived by exactly what it is about");
    return text === undefined ? [] : [[name, text] as const];
  });
  if (!about.some(([name]) => name !== "entry")) field.problem("neither artifact nor identity");
  return { code, ...Object.fromEntries(about) };
}

function readPolicy(policy: Field, setting: WaiverSetting): WaivedPolicy {
  policy.only("systems", "where", "evidence");
  const where = policy.at("where").only("images", "dialect", "namespaces");
  const zones = readWhere(where, setting);
  const evidence = readEvidence(policy.at("evidence"), setting);
  const searcher = newSearcher(new Map(), UNIVERSAL_STEPS_MAX);
  const isEvery = (zone: Zone): boolean => findMissing(EVERYWHERE, [toCover(zone)], searcher).kind === "none";
  const isWide = zones.some(isEvery);
  if (evidence !== "none" && isWide && isEvery(evidence.zone)) policy.problem("the waiver covers everything");
  if (evidence === "none") refuseOpen(where, setting, isEvery);
  return {
    systems: policy.at("systems").texts(),
    where: zones,
    evidence,
    opaque: policy.at("evidence").at("opaque").texts(),
  };
}

/** More than any waiver that can be read in its place needs. */
const UNIVERSAL_STEPS_MAX = 2_000_000;

/** Nothing signed at all is taken on for some images of some namespaces, never for all of either. */
function refuseOpen(where: Field, setting: WaiverSetting, isEvery: (zone: Zone) => boolean): void {
  const parts = [imagesIn(where, setting), namespacesIn(where)];
  const isNarrow = parts.every((literals) => {
    const zone = toZone(...literals);
    return literals.length > 0 && zone !== undefined && !isEvery(zone);
  });
  if (!isNarrow) where.problem("evidence none needs images and namespaces, and not all of them");
}

function readWhere(where: Field, setting: WaiverSetting): readonly Zone[] {
  const zone = toZone(...imagesIn(where, setting), ...namespacesIn(where));
  return zone ? [zone] : [];
}

function imagesIn(where: Field, { patterns }: WaiverSetting): readonly Literal[] {
  const dialect = where.at("dialect").text() ?? "pc";
  if (!["pc", "kyverno", "own", "exact", "re2"].includes(dialect))
    where.at("dialect").problem(`dialect ${dialect.slice(0, 64)} is not pc, kyverno, own, exact or re2`);
  const languages = where
    .at("images")
    .items()
    .flatMap((field) => {
      const text = field.text() ?? "";
      const read =
        dialect === "re2"
          ? wholeText(patterns, text)
          : dialect === "pc" || dialect === "kyverno" || dialect === "own"
            ? globText(dialect, text)
            : ({ ok: true, value: exactText(text) } as const);
      if (!read.ok) field.problem(read.detail);
      return read.ok ? [read.value] : [];
    });
  return literalOf("image", languages);
}

function namespacesIn(where: Field): readonly Literal[] {
  const globs = where
    .at("namespaces")
    .texts()
    .flatMap((text) => {
      const read = globText("kyverno", text);
      return read.ok ? [read.value] : [];
    });
  return literalOf("namespace", globs);
}

function literalOf(dimension: string, languages: readonly TextLanguage[]): readonly Literal[] {
  const either = anyText(languages);
  return either.ok ? [textIn(dimension, either.value)] : [];
}

function readEvidence(evidence: Field, setting: WaiverSetting): Box | "none" {
  if (evidence.node?.kind === "scalar") {
    if (evidence.text() !== "none") evidence.problem("evidence is not none and no set");
    return "none";
  }
  evidence.only("roots", "issuer", "san", "kind", "predicateType", "opaque");
  const roots = evidence
    .at("roots")
    .items()
    .flatMap((field) => rootsOf(field, setting));
  const zone = toZone(
    ...(evidence.at("roots").present ? [choiceIn("root", roots)] : []),
    ...textsIn("issuer", evidence.at("issuer"), setting),
    ...textsIn("san", evidence.at("san"), setting),
    ...textsIn("predicateType", evidence.at("predicateType"), setting),
    ...(evidence.at("kind").present ? [choiceIn("kind", [evidence.at("kind").text() ?? ""])] : []),
  );
  if (!evidence.present) evidence.problem("evidence is missing: what has to be there, or none");
  const used = zone ?? EVERYWHERE;
  if (!zone) evidence.problem("no evidence can be in the set");
  return { key: zoneKey(used), zone: used, origin: evidence.origin };
}

/** A name of the configuration, or an anchor as reports print it. */
function rootsOf(field: Field, { trustRoots }: WaiverSetting): readonly string[] {
  const name = field.text() ?? "";
  const known = Object.hasOwn(trustRoots, name) ? trustRoots[name] : undefined;
  if (!known && !name.includes(":") && name !== "sigstore-public-good")
    field.problem(`trust root ${name.slice(0, 200)} is not in gate.yaml`);
  return known ?? [name];
}

function textsIn(dimension: string, field: Field, { patterns }: WaiverSetting): readonly Literal[] {
  if (!field.present) return [];
  field.only("exact", "re2", "re2full", "any");
  if (field.at("any").flag() === true) return [];
  const exact = field.at("exact").text();
  if (exact !== undefined) return [textIn(dimension, exactText(exact))];
  const pattern = field.at("re2").present ? field.at("re2") : field.at("re2full");
  const read = wholeText(patterns, pattern.text() ?? "");
  if (!pattern.present) field.problem("neither exact, re2 nor any");
  else if (!read.ok) pattern.problem(read.detail);
  return read.ok ? [textIn(dimension, read.value)] : [];
}
