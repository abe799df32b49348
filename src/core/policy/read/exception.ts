import { parseDigestRef } from "../../digest.ts";
import { parseRepository } from "../../image/reference.ts";
import { quote } from "../../json/fields.ts";
import { addMs, type UnixMs } from "../../time.ts";
import { EXCUSABLE_CODES, reasonClassOf } from "../reason-class.ts";
import type { TrustException } from "../trust-policy.ts";
import type { Person, PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { fullListOf, listOf, nameOf, textOf, timeOf } from "./scalars.ts";

const DAY_MS = 86_400_000;
/** audit chapter §4: 14 days, 90 with the right to approve long ones. */
const SHORT_DAYS = 14;
const LONG_DAYS = 90;
const NAMESPACES_MAX = 200;
const REASON_CHARACTERS = { min: 20, max: 500 };
const TAG_PATTERN = /^[\w.*-]{1,128}$/;

/** Reads the `spec` of a TrustException: TP601 to TP608, the overlap of two excepted. */
export function readTrustException(spec: Field, name: string, context: PolicyContext): TrustException {
  spec.only("scope", "reason", "ticket", "requester", "approver", "notBefore", "ends", "compensating");
  const [requester, approver] = [readPerson(spec.at("requester")), readPerson(spec.at("approver"))];
  if (requester.issuer === approver.issuer && requester.subject === approver.subject) {
    spec.at("approver").problem("TP601", "approver and requester are the same");
  }
  if (context.isApprovalVerified?.(name, approver) === false) {
    spec.at("approver").problem("TP606", `nothing confirms that ${quote(approver.subject)} approved ${name}`);
  }
  const compensating = spec.at("compensating");
  return {
    name,
    ...readScope(spec.at("scope")),
    ...readWhy(spec),
    requester,
    approver,
    ...readTerm(spec, approver, context),
    ...(compensating.present && { compensating: textOf(compensating) }),
  };
}

type Scope = Pick<TrustException, "digests" | "repository" | "tagPattern" | "namespaces" | "clusters" | "reasonCodes">;

function readScope(scope: Field): Scope {
  scope.only("digests", "repository", "tagPattern", "namespaces", "clusters", "reasonCodes");
  const repository = scope.at("repository").present ? readRepository(scope.at("repository")) : undefined;
  const tagPattern = scope.at("tagPattern").present ? readTagPattern(scope.at("tagPattern")) : undefined;
  const digests = listOf(scope.at("digests")).flatMap((item) => {
    const digest = parseDigestRef(textOf(item));
    if (!digest) item.problem("TP007", `${item.path} is not a digest`, "sha256: and 64 lower-case hexadecimal digits.");
    return digest ?? [];
  });
  const isOneKind = digests.length > 0 !== (repository !== undefined);
  if (!isOneKind) scope.problem("TP604", "the scope is neither digests alone nor a repository alone");
  if (tagPattern !== undefined && repository === undefined)
    scope.at("tagPattern").problem("TP604", "tagPattern without repository");
  return {
    digests,
    ...(repository !== undefined && { repository }),
    ...(tagPattern !== undefined && { tagPattern }),
    namespaces: readNames(scope.at("namespaces")),
    clusters: readNames(scope.at("clusters")),
    reasonCodes: readCodes(scope.at("reasonCodes")),
  };
}

function readRepository(field: Field): string {
  const text = textOf(field);
  const named = text.includes("*") ? undefined : parseRepository(text);
  if (text.includes("*")) field.problem("TP604", `${quote(text)} has a wildcard: an exception names one repository`);
  else if (!named?.ok || named.value !== text)
    field.problem("TP007", `${quote(text)} is not a repository in normal form`);
  return text;
}

function readTagPattern(field: Field): string {
  const text = textOf(field);
  if (/^\*+$/.test(text)) field.problem("TP604", "tagPattern * is every tag");
  else if (!TAG_PATTERN.test(text)) field.problem("TP007", `${quote(text)} is not a tag with *`);
  return text;
}

/** Names of namespaces or clusters, without wildcards. */
function readNames(field: Field): readonly string[] {
  if (!field.present) field.problem("TP604", `${field.path} is missing: an exception says where it holds`);
  return fullListOf(field, NAMESPACES_MAX).flatMap((item) => {
    if (typeof item.value === "string" && item.value.includes("*")) {
      item.problem("TP604", `${item.path}: ${quote(item.value)} is too wide`);
      return [];
    }
    return nameOf(item);
  });
}

function readCodes(field: Field): readonly string[] {
  const items = field.items();
  if (items.length === 0) field.problem("TP608", `${field.path} is empty: what is excused?`);
  return items.map((item) => {
    const code = textOf(item);
    if (code !== "" && reasonClassOf(code) === undefined) item.problem("TP608", `${quote(code)} is not a reason code`);
    else if (code !== "" && !EXCUSABLE_CODES.includes(code)) item.problem("TP605", `${code} cannot be excused`);
    return code;
  });
}

function readWhy(spec: Field): Pick<TrustException, "reason" | "ticket"> {
  for (const name of ["reason", "ticket"]) {
    if (!spec.at(name).present) spec.problem("TP603", `an exception without ${name}`);
  }
  const reason = spec.at("reason").present ? textOf(spec.at("reason")) : "";
  const ticket = spec.at("ticket").present ? textOf(spec.at("ticket")) : "";
  const { min, max } = REASON_CHARACTERS;
  if (reason !== "" && (reason.length < min || reason.length > max)) {
    spec.at("reason").problem("TP603", `the reason has ${reason.length} characters where ${min} to ${max} are due`);
  }
  if (ticket !== "" && !/^https:\/\/[^\s/]+\/\S*$/.test(ticket))
    spec.at("ticket").problem("TP603", `${quote(ticket)} is not the URL of a ticket`);
  return { reason, ticket };
}

/** What has no end that can be read has ended. */
function readTerm(
  spec: Field,
  approver: Person,
  context: PolicyContext,
): { readonly notBefore: UnixMs; readonly ends: UnixMs } {
  const field = spec.at("ends");
  const notBefore = timeOf(spec.at("notBefore")) ?? context.now;
  const ends = timeOf(field);
  if (!field.present) field.problem("TP602", "an exception without end");
  if (ends === undefined) return { notBefore, ends: notBefore };
  judgeTerm(field, { notBefore, ends, approver }, context);
  // An end that is refused must not be applied by mistake.
  return { notBefore, ends: ends > addMs(notBefore, LONG_DAYS * DAY_MS) ? notBefore : ends };
}

type Term = { readonly notBefore: UnixMs; readonly ends: UnixMs; readonly approver: Person };

function judgeTerm(
  field: Field,
  { notBefore, ends, approver }: Term,
  { now, purpose, mayApproveLong }: PolicyContext,
): void {
  const days = (ends - notBefore) / DAY_MS;
  const isLongAllowed = mayApproveLong?.(approver) ?? true;
  if (days > LONG_DAYS) field.problem("TP602", `lasts ${Math.ceil(days)} days where ${LONG_DAYS} are the most`);
  else if (days > SHORT_DAYS && !isLongAllowed) {
    field.problem("TP602", `lasts ${Math.ceil(days)} days, and ${quote(approver.subject)} may approve ${SHORT_DAYS}`);
  }
  if (ends <= notBefore) field.problem("TP602", "ends before it begins");
  else if (ends <= now && purpose === "check") field.problem("TP602", "the end is past", "Delete the exception.");
}

function readPerson(field: Field): Person {
  field.only("issuer", "subject");
  return { issuer: textOf(field.at("issuer")), subject: textOf(field.at("subject")) };
}
