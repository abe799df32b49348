import { URN } from "../../core/names.ts";
import type { ProblemJson } from "./contract.ts";

/** Every problem the API can answer with (product chapter §4.1). A code is forever. */
export const PROBLEMS = {
  "invalid-parameter": { status: 400, title: "A parameter is not valid", fix: "Correct the named parameter." },
  "cursor-mismatch": {
    status: 400,
    title: "The cursor belongs to another query",
    fix: "Start again without a cursor, or repeat the filters it was made with.",
  },
  "range-too-wide": {
    status: 400,
    title: "The time range is too wide",
    fix: "Ask for at most 400 days, or 31 days without identity or digest.",
  },
  unauthenticated: { status: 401, title: "Sign in first", fix: "Send a bearer token, or open the sign-in link." },
  forbidden: { status: 403, title: "Not allowed", fix: "Ask for the permission that is named." },
  "not-found": { status: 404, title: "Nothing is known by this name", fix: "Check the path." },
  "method-not-allowed": { status: 405, title: "The method is not allowed here", fix: "Use GET." },
  "not-acceptable": {
    status: 406,
    title: "The resource has no such representation",
    fix: "Accept application/json or text/csv.",
  },
  "too-large": { status: 413, title: "The request is too large", fix: "Send less." },
  "misdirected-request": {
    status: 421,
    title: "This server does not answer under that name",
    fix: "Use the address it printed when it started, or set server.publicUrl.",
  },
  "rate-limited": { status: 429, title: "Too many requests", fix: "Wait as long as Retry-After says." },
  internal: { status: 500, title: "A bug of the server", fix: "Report the request id to the operator." },
  "dependency-unavailable": {
    status: 503,
    title: "Something the server depends on did not answer",
    fix: "Try again; `countersign doctor` says what does not answer.",
  },
  "store-unavailable": { status: 503, title: "The store did not answer", fix: "Try again; see the server's log." },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a route answers when it cannot answer. */
export type Problem = {
  readonly problem: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
};

/** The body of a problem. `requestId` is all that links it to the server's log: never a stack, a path or an upstream body. */
export function toProblemJson(found: Problem, requestId: string): ProblemJson {
  const { status, title, fix } = PROBLEMS[found.problem];
  return {
    type: `${URN}problem:${found.problem}`,
    title,
    status,
    detail: found.detail,
    instance: requestId,
    fix,
    ...(found.errors && { errors: found.errors }),
  };
}
