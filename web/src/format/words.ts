import type { EventItem, GradeJson, IdentityJson, WorkloadItem } from "../../../src/app/http/contract.ts";

/** What a grade means, in a sentence (pipelines chapter §7). */
export const GRADE_WORDS: Readonly<Record<GradeJson, string>> = {
  A: "proven: a record made at signing joins entry and run",
  "A-": "proven but for one part",
  B: "strong: several independent facts agree",
  C: "likely: time and identity agree",
  D: "possible: time alone",
  none: "not joined to a run",
};

/** `payments-prod/builder` for service accounts, the SAN for others. */
export function identityName(identity: IdentityJson | null): string {
  if (!identity) return "a bare key";
  return identity.namespace !== null && identity.serviceAccount !== null
    ? `${identity.namespace}/${identity.serviceAccount}`
    : identity.san;
}

export const SIGNING_WORDS: Readonly<Record<WorkloadItem["signing"], string>> = {
  signed: "signed",
  "unexpected-identity": "signed by an unexpected identity",
  unsigned: "unsigned",
  unresolvable: "not resolvable",
};

export const EXPECTED_WORDS: Readonly<Record<EventItem["expected"]["state"], string>> = {
  yes: "allowed",
  no: "not allowed",
  unknown: "not judged",
};

/** The kinds of comparison that join an entry to a run, in words short enough for an edge. */
export const JOIN_WORDS: Readonly<Record<string, string>> = {
  record: "record",
  invocation: "invocation",
  certificate: "certificate",
  credential: "token",
  claim: "claim",
  "audit-body": "audit log",
  "audit-metadata": "audit log",
  results: "results",
  annotation: "annotation",
  window: "time",
};

/** The last part of a repository: `payments/api` of `registry.example/payments/api`. */
export function repositoryName(repository: string): string {
  const parts = repository.split("/");
  return parts.length > 1 ? parts.slice(1).join("/") : repository;
}
