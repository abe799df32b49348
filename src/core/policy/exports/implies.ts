import { sameBytes } from "../../bytes/bytes.ts";
import { renderCanonicalJson } from "../../json/canonical.ts";
import type { Clause, Term } from "../cnf.ts";
import { escapeRegex } from "./escape-regex.ts";
import { lookUp } from "../look-up.ts";
import { parseDistinguishedName } from "../read/distinguished-name.ts";
import type {
  Authority,
  Condition,
  IdentityRule,
  KeyAuthority,
  LogRule,
  NotationAuthority,
  SigstoreAuthority,
  TextRule,
} from "../trust-policy.ts";

/** Whether every text of one rule is one of the other. */
export type Includes = (given: TextRule, wanted: TextRule) => boolean;

type Authorities = Readonly<Record<string, Authority>>;

/**
 * Whether evidence that meets one clause always meets another: each identity of each of its terms is let in by some term
 * of the other, under rules at least as strong (change-gate chapter §1.3: a box in a union of boxes).
 */
export function impliesClause(
  { given, in: ours }: { readonly given: Clause; readonly in: Authorities },
  { wanted, in: theirs }: { readonly wanted: Clause; readonly in: Authorities },
  includes: Includes,
): boolean {
  return given.every((term) => {
    const authority = lookUp(ours, term.by);
    if (!authority) return true;
    return splitIdentities(authority).every((part) =>
      wanted.some((other) => {
        const into = lookUp(theirs, other.by);
        return into !== undefined && impliesTerm(term, other, includes) && impliesAuthority(part, into, includes);
      }),
    );
  });
}

/** One authority for each identity: they are alternatives. */
function splitIdentities(authority: Authority): readonly Authority[] {
  if (authority.kind === "key") return [authority];
  if (authority.kind === "sigstore") return authority.identities.map((one) => ({ ...authority, identities: [one] }));
  return authority.identities.map((one) => ({ ...authority, identities: [one] }));
}

function impliesTerm(given: Term, wanted: Term, includes: Includes): boolean {
  const isThere = given.on === wanted.on || wanted.on === "either";
  if (given.op !== wanted.op || !isThere) return false;
  if (given.op !== "attestation" || wanted.op !== "attestation") return true;
  return (
    given.predicateType === wanted.predicateType &&
    wanted.where.every((condition) => given.where.some((other) => impliesCondition(other, condition, includes))) &&
    (wanted.maxAgeMs === undefined || (given.maxAgeMs !== undefined && given.maxAgeMs <= wanted.maxAgeMs))
  );
}

function impliesCondition(given: Condition, wanted: Condition, includes: Includes): boolean {
  if (given.every !== wanted.every || JSON.stringify(given.at) !== JSON.stringify(wanted.at)) return false;
  if (JSON.stringify(given.test) === JSON.stringify(wanted.test)) return true;
  const [left, right] = [toText(given.test), toText(wanted.test)];
  return left !== undefined && right !== undefined && includes(left, right);
}

/** A condition on a text as the set of texts that meet it. */
function toText(test: Condition["test"]): TextRule | undefined {
  if (test.kind === "matches") return { kind: "pattern", pattern: test.pattern };
  const values = test.kind === "is" ? [test.value] : test.kind === "in" ? test.values : [];
  const texts = values.filter((value) => typeof value === "string");
  const [only, ...others] = texts;
  if (only === undefined || texts.length < values.length) return undefined;
  if (others.length === 0) return { kind: "exact", text: only };
  return { kind: "pattern", pattern: `^(?:${texts.map((text) => escapeRegex(text)).join("|")})$` };
}

function impliesAuthority(given: Authority, wanted: Authority, includes: Includes): boolean {
  if (given.kind === "sigstore" && wanted.kind === "sigstore") return impliesSigstore(given, wanted, includes);
  if (given.kind === "key" && wanted.kind === "key") return impliesKey(given, wanted);
  return given.kind === "notation" && wanted.kind === "notation" && impliesNotation(given, wanted);
}

function impliesSigstore(given: SigstoreAuthority, wanted: SigstoreAuthority, includes: Includes): boolean {
  return (
    given.root === wanted.root &&
    isPart(given.formats, wanted.formats) &&
    impliesLog(given.log, wanted.log) &&
    (wanted.sct.kind === "absent" || given.sct.kind === "required") &&
    impliesTime(given, wanted) &&
    given.identities.every((one) => wanted.identities.some((other) => impliesIdentity(one, other, includes)))
  );
}

/** The type of the SAN is left out: no engine knows it, and its loss is told by itself. */
function impliesIdentity(given: IdentityRule, wanted: IdentityRule, includes: Includes): boolean {
  return (
    includes(given.issuer, wanted.issuer) &&
    includes(given.san, wanted.san) &&
    Object.entries(wanted.extensions).every(([number, value]) => lookUp(given.extensions, number) === value)
  );
}

function impliesLog(given: LogRule, wanted: LogRule): boolean {
  const { witnesses } = wanted;
  return (
    (wanted.proof === "promise" || given.proof === "inclusion") &&
    given.min >= wanted.min &&
    isNarrowed(given.logs, wanted.logs) &&
    (!witnesses ||
      (given.witnesses !== undefined &&
        given.witnesses.quorum >= witnesses.quorum &&
        isPart(given.witnesses.of, witnesses.of)))
  );
}

function impliesTime({ time: given }: SigstoreAuthority, { time: wanted }: SigstoreAuthority): boolean {
  return (
    isPart(given.sources, wanted.sources) &&
    given.min >= wanted.min &&
    (!given.sources.includes("tsa") || isNarrowed(given.tsas, wanted.tsas))
  );
}

function impliesKey(given: KeyAuthority, wanted: KeyAuthority): boolean {
  return (
    sameBytes(given.publicKey, wanted.publicKey) &&
    isPart(given.formats, wanted.formats) &&
    given.validity.from >= wanted.validity.from &&
    given.validity.to <= wanted.validity.to &&
    (!wanted.log ||
      (given.log !== undefined && given.log.root === wanted.log.root && impliesLog(given.log, wanted.log)))
  );
}

function impliesNotation(given: NotationAuthority, wanted: NotationAuthority): boolean {
  return (
    notationRules(given) === notationRules(wanted) &&
    isPart(given.trustStores, wanted.trustStores) &&
    isPart(given.tsaStores, wanted.tsaStores) &&
    given.identities.every((one) => wanted.identities.some((other) => impliesName(one, other)))
  );
}

function notationRules({ level, overrides, revocation, verifyTimestamp }: NotationAuthority): string {
  return renderCanonicalJson([level, { ...overrides }, revocation, verifyTimestamp]);
}

/** More attributes name fewer certificates. */
function impliesName(given: string, wanted: string): boolean {
  if (wanted === "*" || given === wanted) return true;
  const [left, right] = [given, wanted].map((text) => parseDistinguishedName(text.slice(text.indexOf(":") + 1)));
  return given !== "*" && left !== undefined && right !== undefined && [...right].every(([k, v]) => left.get(k) === v);
}

function isPart<T>(part: readonly T[], whole: readonly T[]): boolean {
  return part.every((one) => whole.includes(one));
}

/** An empty list stands for all there are. */
function isNarrowed<T>(given: readonly T[], wanted: readonly T[]): boolean {
  return wanted.length === 0 || (given.length > 0 && isPart(given, wanted));
}
