import { readFile, stat } from "node:fs/promises";
import { LineCounter, parseAllDocuments, type Document } from "yaml";
import { Fault } from "../../core/fault.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { TrustPolicy } from "../../core/policy/policy.ts";
import { readPolicy, type PolicyContext } from "../../core/policy/read-policy.ts";
import type { PolicyProblem } from "../../core/policy/strict-reader.ts";

/** The limit of a ConfigMap, which is where policies live. */
const POLICY_BYTES_MAX = 1024 * 1024;

/** A problem with the place it is at, `file:line:column` from 1. */
export type PlacedProblem = PolicyProblem & { readonly place: string };

export type PolicyFile =
  | { readonly ok: true; readonly policy: TrustPolicy }
  | { readonly ok: false; readonly problems: readonly PlacedProblem[] };

/** Reads a policy set from a file of one or many YAML documents. Faults: `input.missing`, `input.unreadable`, `input.too-large`. */
export async function readPolicyFile(path: string, context: PolicyContext): Promise<PolicyFile> {
  return readPolicyText(await readText(path), path, context);
}

/**
 * Reads a policy set from YAML 1.2. No aliases, merge keys, tags or duplicate keys: a lenient reader is a bypass. What the
 * parser only warns of is an error here.
 */
export function readPolicyText(text: string, path: string, context: PolicyContext): PolicyFile {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, { version: "1.2", merge: false, uniqueKeys: true, lineCounter, strict: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  const place = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const syntax = documents.flatMap((document) =>
    [...document.errors, ...document.warnings].map(({ message, pos }) => {
      const [first = "not YAML"] = message.split("\n", 1);
      return { id: "TP002", path: "", message: first, place: place(pos[0]) };
    }),
  );
  if (syntax.length > 0) return { ok: false, problems: syntax };
  const values = documents.map((document) => toValue(document));
  const bad = values.findIndex((value) => value === undefined);
  if (bad >= 0 || values.length === 0) {
    const message = values.length === 0 ? "no document" : "an alias, a tag or a value that JSON has not";
    return { ok: false, problems: [{ id: "TP002", path: "", message, place: `${path}:1:1` }] };
  }
  const read = readPolicy(
    values.flatMap((value) => value ?? []),
    context,
  );
  if (read.ok) return read;
  return {
    ok: false,
    problems: read.problems.map((problem) => ({ ...problem, place: place(offsetOf(documents, problem.path)) })),
  };
}

/** The document as JSON; `undefined` when it holds what JSON does not. */
function toValue(document: Document.Parsed): JsonValue | undefined {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return isJson(value, 0) ? value : undefined;
  } catch (cause) {
    // `yaml` throws a ReferenceError for an alias beyond the count, which is none.
    if (cause instanceof ReferenceError) return undefined;
    throw cause;
  }
}

const DEPTH_MAX = 32;

function isJson(value: unknown, depth: number): value is JsonValue {
  if (depth > DEPTH_MAX) return false;
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  return (
    typeof value === "object" &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.entries(value).every(([key, item]) => key !== "<<" && key !== "__proto__" && isJson(item, depth + 1))
  );
}

/** Where a path of a problem begins: the deepest part of it that the document has. */
function offsetOf(documents: readonly Document.Parsed[], path: string): number {
  const steps = [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) =>
    index === undefined ? text : Number(index),
  );
  const [first] = steps;
  const isNumbered = typeof first === "number";
  const document = documents[isNumbered ? first : 0];
  const rest = isNumbered ? steps.slice(1) : steps;
  for (let length = rest.length; length > 0; length--) {
    const node: unknown = document?.getIn(rest.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return document?.range[0] ?? 0;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > POLICY_BYTES_MAX) throw new Fault("input.too-large", `${path}: more than ${POLICY_BYTES_MAX} bytes`);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new Fault(cause.code === "ENOENT" ? "input.missing" : "input.unreadable", path, { cause });
  }
}
