import { bug } from "../bug.ts";
import { parseDigestRef, type DigestRef } from "../digest.ts";
import { addMs, parseUnixMs, type UnixMs } from "../time.ts";
import type { PolicyException } from "./policy.ts";
import { readGlobs, readPattern } from "./read-pattern.ts";
import { EXCUSABLE_CODES } from "./reason-class.ts";
import type { StrictReader } from "./strict-reader.ts";

/** The longest that an exception lasts, with the right to approve long ones (audit chapter §4). */
const LASTS_MAX_MS = 90 * 86_400_000;
/** The end of an exception that has none that can be read: it has ended. */
const ENDED: UnixMs = parseUnixMs(0) ?? bug("1970 is no time");

/** Reads the `spec` of a TrustException. */
export function readException(spec: StrictReader, name: string): PolicyException {
  spec.only("scope", "reason", "ticket", "requester", "approver", "notBefore", "ends", "compensating");
  const scope = spec.at("scope").only("digests", "repository", "namespaces", "clusters", "reasonCodes");
  const [requester, approver] = [readPerson(spec.at("requester")), readPerson(spec.at("approver"))];
  if (requester === approver) spec.problem("TP601", "approver and requester are the same");
  if (!spec.at("ticket").present || !spec.at("reason").present) spec.problem("TP603", "ticket or reason missing");
  const notBefore = spec.at("notBefore").present ? spec.at("notBefore").time() : undefined;
  const namespaces = readGlobs(scope.at("namespaces"));
  if (namespaces.length === 0 || namespaces.some((glob) => /^\*+$/.test(glob))) {
    scope.problem("TP604", "the scope is too wide: name the namespaces");
  }
  return {
    name,
    digests: readDigests(scope.at("digests")),
    images: scope.at("repository").present ? readPattern(scope.at("repository")) : [],
    namespaces,
    reasonCodes: readCodes(scope.at("reasonCodes")),
    reason: optionalText(spec.at("reason")),
    ticket: optionalText(spec.at("ticket")),
    requester,
    approver,
    ...(notBefore !== undefined && { notBefore }),
    ends: readEnd(spec, notBefore),
  };
}

function readEnd(spec: StrictReader, notBefore: UnixMs | undefined): UnixMs {
  const ends = spec.at("ends").present ? spec.at("ends").time() : undefined;
  if (!spec.at("ends").present) spec.problem("TP602", "an exception without end");
  if (ends !== undefined && notBefore !== undefined && ends > addMs(notBefore, LASTS_MAX_MS)) {
    spec.at("ends").problem("TP602", "an exception lasts at most 90 days");
  }
  return ends ?? ENDED;
}

function readDigests(list: StrictReader): readonly DigestRef[] {
  return list.items().flatMap((item) => {
    const digest = parseDigestRef(item.text());
    if (!digest) item.problem("TP007", `${item.text()} is no digest`);
    return digest ?? [];
  });
}

function readCodes(list: StrictReader): readonly string[] {
  const codes = list.texts();
  if (codes.length === 0) list.problem("TP608", "reasonCodes is empty");
  for (const code of codes) {
    if (!EXCUSABLE_CODES.includes(code)) list.problem("TP605", `${code} is not excusable, or not a code`);
  }
  return codes;
}

function readPerson(person: StrictReader): string {
  person.only("issuer", "subject");
  return `${person.at("subject").text()} @ ${person.at("issuer").text()}`;
}

function optionalText(reader: StrictReader): string {
  return reader.present ? reader.text() : "";
}
