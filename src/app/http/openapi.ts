import { z } from "zod";
import { PROBLEMS, type ProblemCode } from "./problem.ts";
import type { Route } from "./route.ts";
import { ProblemSchema } from "./schemas.ts";

/** The version of the document; a change of any shape moves it. */
export const API_DOCUMENT_VERSION = "1.0.0";

/** Problems that every path can answer with. */
const ALWAYS: readonly ProblemCode[] = ["unauthenticated", "rate-limited", "internal", "store-unavailable"];

/** The OpenAPI 3.1 document of the routes, made from the schemas that the answers are held against. */
export function openApiOf(routes: readonly Route[]): object {
  const components: Record<string, unknown> = {};
  const paths = Object.fromEntries(routes.map((route) => [route.path, { get: operationOf(route, components) }]));
  const problem = schemaOf(ProblemSchema, components, "output");
  return {
    openapi: "3.1.0",
    info: {
      title: "countersign",
      version: API_DOCUMENT_VERSION,
      description: "Signing events, what they prove, and where the signed artifacts run. Read only.",
    },
    paths,
    components: {
      schemas: sortKeys(components),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "countersign-session" },
      },
      responses: {
        Problem: {
          description: "What went wrong (RFC 9457).",
          content: { "application/problem+json": { schema: problem } },
        },
      },
    },
    security: [{ bearer: [] }, { session: [] }],
  };
}

function operationOf(route: Route, components: Record<string, unknown>): object {
  const codes = [...ALWAYS, ...route.problems];
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))].toSorted((a, b) => a - b);
  const schema = schemaOf(route.response, components, "output");
  return {
    operationId: route.operation,
    summary: route.summary,
    parameters: [...parametersOf(route.params, "path", components), ...parametersOf(route.query, "query", components)],
    responses: {
      200: { description: route.summary, content: { "application/json": { schema } } },
      ...Object.fromEntries(statuses.map((status) => [status, { $ref: "#/components/responses/Problem" }])),
    },
  };
}

function parametersOf(
  schema: z.ZodType,
  place: "path" | "query",
  components: Record<string, unknown>,
): readonly object[] {
  const { properties, required } = objectSchema(schemaOf(schema, components, "input"));
  return Object.entries(properties).map(([name, below]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: below,
  }));
}

function objectSchema(schema: object): {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly unknown[];
} {
  const properties = "properties" in schema && isRecord(schema.properties) ? schema.properties : {};
  const required = "required" in schema && Array.isArray(schema.required) ? schema.required : [];
  return { properties, required };
}

/** A schema with what it names moved to `components`. */
function schemaOf(schema: z.ZodType, components: Record<string, unknown>, io: "input" | "output"): object {
  const document: Record<string, unknown> = { ...z.toJSONSchema(schema, { io }) };
  const { $schema: _, $defs, ...rest } = document;
  for (const [name, definition] of Object.entries(isRecord($defs) ? $defs : {})) components[name] = moved(definition);
  const whole = moved(rest);
  const id = schema.meta()?.id;
  if (id === undefined) return isRecord(whole) ? whole : {};
  components[id] = whole;
  return { $ref: `#/components/schemas/${id}` };
}

/** `#/$defs/X` becomes `#/components/schemas/X`; an `id` of ours is a name, not an address. */
function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([key, below]) => !(key === "id" && typeof below === "string"));
  return Object.fromEntries(
    entries.map(([key, below]) => [
      key,
      key === "$ref" && typeof below === "string" ? below.replace("#/$defs/", "#/components/schemas/") : moved(below),
    ]),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
