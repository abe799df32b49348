import type { z } from "zod";
import type { MeJson } from "./contract.ts";
import type { Problem, ProblemCode } from "./problem.ts";
import type { Queries } from "./queries.ts";

/** Who asks. */
export type Principal = { readonly name: string; readonly mode: string };

/** One path of the API. `params` and `query` are what is accepted: anything else is `invalid-parameter`. */
export type Route = {
  readonly path: string;
  /** `operationId` of the OpenAPI document. */
  readonly operation: string;
  readonly summary: string;
  readonly params: z.ZodType<Texts>;
  readonly query: z.ZodType<Texts>;
  readonly response: z.ZodType;
  readonly problems: readonly ProblemCode[];
  readonly answer: (request: ApiRequest) => Promise<Answer>;
};

/** Parameters stay text here; the route's schema has checked their form. */
export type Texts = Readonly<Record<string, string>>;

export type ApiRequest = {
  readonly params: Texts;
  readonly query: Texts;
  readonly principal: Principal;
  readonly queries: Queries;
  readonly me: MeJson;
};

export type Answer =
  /** JSON; `etagOf` leaves out what changes without the content changing (`asOf`). */
  | { readonly kind: "json"; readonly value: unknown; readonly etagOf?: unknown; readonly csv?: Csv }
  /** Bytes that never change under this path. */
  | { readonly kind: "immutable"; readonly contentType: string; readonly bytes: Uint8Array }
  | ({ readonly kind: "problem" } & Problem);

/** A list as a table, for `Accept: text/csv`. */
export type Csv = {
  readonly name: string;
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export function problem(found: Problem): Answer {
  return { kind: "problem", ...found };
}

export function notFound(what: string): Answer {
  return problem({ problem: "not-found", detail: what });
}
