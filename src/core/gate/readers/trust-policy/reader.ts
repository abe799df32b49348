import { API_GROUP } from "../../../names.ts";
import { readPolicySet, type PolicyDocuments } from "../../../policy/read/read-set.ts";
import type {
  BreakGlass,
  ImageFamily,
  NamespaceMode,
  TrustException,
  TrustPolicySet,
} from "../../../policy/trust-policy.ts";
import { EXCUSABLE_CODES } from "../../../policy/reason-class.ts";
import type { UnixMs } from "../../../time.ts";
import { NOTHING_NEEDED, allOf, someOf, type Origin } from "../../form/need.ts";
import type { Rule, System } from "../../form/system.ts";
import { anyText, exactText, globText } from "../../form/text-language.ts";
import { choiceIn, EVERYWHERE, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { GateDocument } from "../field.ts";
import { headOf, isOfKind } from "../object.ts";
import type { GateReader, Reading } from "../reading.ts";
import { needOf } from "./requirement.ts";
import { toSourceDocument } from "./to-source-document.ts";

/** Our own policies: exactly one family is for an image, the rest is as the default says; exceptions open for a while. */
export const trustPolicyReader: GateReader = {
  engine: "trust-policy",
  name: "countersign",
  claims: isOwn,
  founds: (document) => isOfKind(document, API_GROUP, "TrustPolicy"),
  concerns: isOwn,
  read: (reading): System => {
    const documents = readDocuments(reading);
    return {
      id: reading.id,
      engine: "trust-policy",
      rules: documents ? toRules(documents, reading) : [],
      unmatched: { kind: "deny", origin: originOf(reading, "TrustPolicy") },
      reach: [{ zones: [EVERYWHERE], onError: "deny", origin: originOf(reading, "TrustPolicy") }],
      images: undefined,
      opaque: reading.opaqueTexts,
    };
  },
};

function isOwn(document: GateDocument): boolean {
  return isOfKind(document, API_GROUP, "TrustPolicy", "TrustException", "BreakGlass");
}

/** Strict: a policy with a mistake is refused as a whole, and lets nobody in. */
function readDocuments(reading: Reading): PolicyDocuments | undefined {
  const { documents, problems } = readPolicySet(reading.documents.map(toSourceDocument), reading.policies);
  for (const { level, file, line, id, message, path } of problems) {
    const origin = { file, document: 0, pointer: path, line };
    if (level === "error") reading.refuse(origin, `${id} ${message}`);
  }
  return documents;
}

function originOf({ documents }: Reading, kind: string, name?: string): Origin {
  const found = documents.find((one) => headOf(one).kind === kind && (name === undefined || headOf(one).name === name));
  if (!found) return { file: documents[0]?.file ?? "", document: 0, pointer: "", line: 1 };
  const { file, document, pointer, root } = found;
  return { file, document, pointer, line: root.source.lineStarts.filter((start) => start <= root.offset).length };
}

function toRules({ policy, exceptions, breakGlass }: PolicyDocuments, reading: Reading): readonly Rule[] {
  const exempt = policy.enforcement.exempt.flatMap(({ match }) => zoneOf(namesIn(match)));
  const opened = [
    ...exceptions.map((one) => ruleOfException(one, reading)),
    ...breakGlass.filter(({ approved }) => approved).map((one) => ruleOfEmergency(one, reading)),
  ];
  const except = [...opened.flatMap(({ where }) => where), ...exempt];
  const families = policy.families.map((family) => ruleOfFamily(family, policy, reading));
  const matched = families.flatMap((family) => family.where);
  const unmatched = unmatchedRule(policy, matched, reading);
  const free: Rule = { ...freeRule("exempt namespaces", reading), where: exempt };
  return [
    ...families.flatMap((family) => byNamespace({ ...family, except: [...family.except, ...except] }, policy)),
    ...opened,
    ...(exempt.length > 0 ? [free] : []),
    ...unmatched,
    ...auditRules(policy, reading),
  ];
}

function freeRule(name: string, reading: Reading): Rule {
  const origin = originOf(reading, "TrustPolicy");
  return { name, where: [], except: [], need: NOTHING_NEEDED, mode: "audit", isException: true, origin };
}

function zoneOf(literals: readonly Literal[]): readonly Zone[] {
  const zone = toZone(...literals);
  return zone ? [zone] : [];
}

/** Names of namespaces: a star is any run, as in the globs of Kyverno. */
function namesIn(globs: readonly string[]): readonly Literal[] {
  const names = anyText(globs.flatMap((glob) => languageOf("kyverno", glob)));
  return names.ok ? [textIn("namespace", names.value)] : [];
}

function languageOf(dialect: "own" | "kyverno", pattern: string) {
  const read = globText(dialect, pattern);
  return read.ok ? [read.value] : [];
}

function during(from: UnixMs | undefined, to: UnixMs): Literal {
  const span = { from: from ?? Number.NEGATIVE_INFINITY, to };
  return { dimension: "time", set: { kind: "time", spans: [span] } };
}

function ruleOfFamily(family: ImageFamily, policy: TrustPolicySet, reading: Reading): Rule {
  const origin = originOf(reading, "TrustPolicy");
  const [images, except] = [family.images, family.except].map((patterns) =>
    anyText(patterns.flatMap((pattern) => languageOf("own", pattern))),
  );
  // What is asked of time, platforms and names is the same for all evidence: one predicate that has to stay.
  const rest = { platforms: family.platforms, time: family.time };
  const isPlain =
    family.platforms.length === 0 &&
    family.time.windows.length === 0 &&
    family.time.notBefore === undefined &&
    family.time.maxAgeMs === undefined;
  const settings = isPlain ? [] : zoneOf([reading.opaque("family", JSON.stringify(rest, undefined, 2), origin)]);
  const need = needOf(family.require, policy, { reading, origin });
  const strict = family.reference === "repository" ? zoneOf([choiceIn("strength:name-repository", ["true"])]) : [];
  return {
    name: `family ${family.name}`,
    where: images?.ok ? zoneOf([textIn("image", images.value)]) : [],
    except: except?.ok ? zoneOf([textIn("image", except.value)]) : [],
    need: allOf([need, ...[...settings, ...strict].map((zone) => someOf(zone, origin))]),
    mode: "deny",
    origin,
  };
}

/** The first entry that matches a namespace says whether it is enforced there; an audit ends. */
function byNamespace(rule: Rule, { enforcement }: TrustPolicySet): readonly Rule[] {
  const taken: Zone[] = [];
  const parts = enforcement.namespaces.flatMap(({ match, mode }) => {
    const made = partOf(rule, { literals: namesIn(match), except: [...taken], mode });
    taken.push(...zoneOf(namesIn(match)));
    return made;
  });
  return [...parts, ...partOf(rule, { literals: [], except: taken, mode: enforcement.byDefault })];
}

type Part = { readonly literals: readonly Literal[]; readonly except: readonly Zone[]; readonly mode: NamespaceMode };

function partOf(rule: Rule, { literals, except, mode }: Part): readonly Rule[] {
  const where = rule.where.flatMap((zone) => narrow(zone, ...literals) ?? []);
  const enforced: Rule = { ...rule, where, except: [...rule.except, ...except] };
  if (mode.kind === "enforce") return [enforced];
  const audited = where.flatMap((zone) => narrow(zone, during(undefined, mode.until)) ?? []);
  return [
    { ...enforced, where: audited, mode: "audit" },
    { ...enforced, except: [...enforced.except, ...zoneOf([during(undefined, mode.until)])] },
  ];
}

/** What is in no family, where that is let in for a while. */
function unmatchedRule({ unmatched }: TrustPolicySet, matched: readonly Zone[], reading: Reading): readonly Rule[] {
  if (unmatched.kind === "deny") return [];
  return [
    {
      ...freeRule("images of no family", reading),
      isException: false,
      where: zoneOf([during(undefined, unmatched.until)]),
      except: matched,
    },
  ];
}

/** Namespaces in audit let in what no family matches, too. */
function auditRules({ enforcement }: TrustPolicySet, reading: Reading): readonly Rule[] {
  const taken: Zone[] = [];
  const entries = [...enforcement.namespaces, { match: [], mode: enforcement.byDefault }];
  return entries.flatMap(({ match, mode }) => {
    const names = namesIn(match);
    const except = [...taken];
    taken.push(...zoneOf(names));
    if (mode.kind === "enforce") return [];
    const where = zoneOf([...names, during(undefined, mode.until)]);
    return [{ ...freeRule("audited namespaces", reading), isException: false, where, except }];
  });
}

function ruleOfException(exception: TrustException, reading: Reading): Rule {
  const origin = originOf(reading, "TrustException", exception.name);
  const { digests, repository, tagPattern, namespaces, clusters, reasonCodes, notBefore, ends } = exception;
  // One that excuses only some reasons opens less; how much is not worked out here.
  const isWhole = reasonCodes.length === 0 || EXCUSABLE_CODES.every((code) => reasonCodes.includes(code));
  const literals = [
    ...(digests.length > 0 ? [choiceIn("digest", digests)] : []),
    ...(repository === undefined ? [] : [textIn("image", exactText(repository))]),
    ...(tagPattern === undefined ? [] : languageOf("kyverno", tagPattern).map((tag) => textIn("tag", tag))),
    ...namesIn(namespaces),
    ...(clusters.length > 0 ? [choiceIn("cluster", clusters)] : []),
    ...(isWhole ? [] : [choiceIn("failing", reasonCodes)]),
    during(notBefore, ends),
  ];
  return { ...freeRule(`TrustException ${exception.name}`, reading), where: zoneOf(literals), origin };
}

function ruleOfEmergency({ name, namespaces, created, ends }: BreakGlass, reading: Reading): Rule {
  const origin = originOf(reading, "BreakGlass", name);
  return {
    ...freeRule(`BreakGlass ${name}`, reading),
    where: zoneOf([...namesIn(namespaces), during(created, ends)]),
    origin,
  };
}
