import { sameBytes } from "../bytes/bytes.ts";
import type { UnixMs } from "../time.ts";
import type { Certificate } from "./certificate.ts";
import { judgeCrl } from "./crl.ts";
import { judgeOcsp } from "./judge-ocsp.ts";
import { ocspRequest } from "./ocsp-id.ts";
import { revocationPointsOf, type CrlPoint } from "./revocation-points.ts";
import type { RevocationStatus } from "./revocation-status.ts";

/** Something to ask about revocation, and whom. */
export type RevocationQuestion =
  | { readonly kind: "ocsp"; readonly url: string; readonly request: Uint8Array }
  | { readonly kind: "crl"; readonly url: string };

/** What came of it; `gap` says why nothing did. */
export type RevocationReply = { readonly question: RevocationQuestion } & (
  | { readonly bytes: Uint8Array }
  | { readonly gap: string }
);

/** A certificate, the certificate that issued it, what has been heard so far, and the time. */
export type RevocationCase = {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly replies: readonly RevocationReply[];
  readonly now: UnixMs;
};

/** An answer that was good, and until when it may be kept. */
export type KeptReply = { readonly question: RevocationQuestion; readonly until: UnixMs };

export type RevocationAssessment =
  | { readonly kind: "good"; readonly isRevocable: boolean; readonly kept: readonly KeptReply[] }
  | { readonly kind: "revoked"; readonly detail: string; readonly kept: readonly KeptReply[] }
  | { readonly kind: "unknown"; readonly detail: string }
  /** Cannot be said before this has been asked. */
  | { readonly kind: "ask"; readonly question: RevocationQuestion };

/**
 * Says whether a certificate is revoked, or what to ask next: OCSP first, then every list, of which each must answer.
 * A certificate that names no place to ask cannot be revoked at all.
 */
export function assessRevocation(asked: RevocationCase): RevocationAssessment {
  const points = revocationPointsOf(asked.certificate);
  if (!points.ok) return { kind: "unknown", detail: `places of revocation: ${points.code}, ${points.detail}` };
  const { ocsp, crls, isRevocable, hasDelta } = points.value;
  if (!isRevocable) return { kind: "good", isRevocable, kept: [] };
  const online = assessOcsp(asked, ocsp);
  if (online.kind !== "open") return online;
  if (hasDelta) return { kind: "unknown", detail: `${online.detail}; lists with changes beside them are not read` };
  return assessLists(asked, crls, online.detail);
}

/** `open`: no responder has said anything, so a list may. */
type Open = { readonly kind: "open"; readonly detail: string };

function assessOcsp(asked: RevocationCase, urls: readonly string[]): RevocationAssessment | Open {
  const details: string[] = [];
  const request = urls.length > 0 ? ocspRequest(asked) : new Uint8Array(0);
  for (const url of urls) {
    const question = { kind: "ocsp", url, request } as const;
    const status = statusOf(asked, question, (bytes) => judgeOcsp(bytes, asked));
    if (!status) return { kind: "ask", question };
    const settled = settle(question, status);
    if (settled) return settled;
    // Who does not know the certificate is not overruled by a list, which could not hold it either.
    if (status.kind === "denied") return { kind: "unknown", detail: status.detail };
    if (status.kind === "unusable") details.push(status.detail);
  }
  return { kind: "open", detail: details.join("; ") || "no OCSP responder" };
}

function settle(question: RevocationQuestion, status: RevocationStatus): RevocationAssessment | undefined {
  if (status.kind !== "good" && status.kind !== "revoked") return undefined;
  const kept = [{ question, until: status.until }];
  if (status.kind === "good") return { kind: "good", isRevocable: true, kept };
  return { kind: "revoked", detail: `${question.url} says so`, kept };
}

function assessLists(asked: RevocationCase, points: readonly CrlPoint[], before: string): RevocationAssessment {
  const kept: KeptReply[] = [];
  const details = [before];
  let answered = 0;
  for (const point of points) {
    const one = assessList(asked, point);
    if (one.kind === "ask" || one.kind === "revoked") return one;
    if (one.kind === "unknown") details.push(one.detail);
    else {
      answered++;
      kept.push(...one.kept);
    }
  }
  const isAnswered = points.length > 0 && answered === points.length;
  return isAnswered ? { kind: "good", isRevocable: true, kept } : { kind: "unknown", detail: details.join("; ") };
}

function assessList(asked: RevocationCase, { urls, isWhole }: CrlPoint): RevocationAssessment {
  if (!isWhole || urls.length === 0) return { kind: "unknown", detail: "a list that is not read here" };
  const details: string[] = [];
  for (const url of urls) {
    const question = { kind: "crl", url } as const;
    const status = statusOf(asked, question, (bytes) => judgeCrl(bytes, { ...asked, url, urls }));
    if (!status) return { kind: "ask", question };
    const settled = settle(question, status);
    if (settled) return settled;
    if (status.kind === "unusable") details.push(status.detail);
  }
  return { kind: "unknown", detail: details.join("; ") };
}

/** What the reply to a question says; `undefined` while it has not been asked. */
function statusOf(
  { replies }: RevocationCase,
  question: RevocationQuestion,
  judge: (bytes: Uint8Array) => RevocationStatus,
): RevocationStatus | undefined {
  const reply = replies.find((known) => isSameQuestion(known.question, question));
  if (!reply) return undefined;
  return "bytes" in reply ? judge(reply.bytes) : { kind: "unusable", detail: `${question.url}: ${reply.gap}` };
}

/** True when two questions are one: the same place, and the same certificate where the place answers for one. */
export function isSameQuestion(a: RevocationQuestion, b: RevocationQuestion): boolean {
  if (a.url !== b.url) return false;
  return a.kind === "ocsp" ? b.kind === "ocsp" && sameBytes(a.request, b.request) : b.kind === "crl";
}
