import type { JsonValue } from "../json/json.ts";
import type { PolicyCode } from "./problem-codes.ts";

/** A place in a file, from 1. */
export type Position = { readonly line: number; readonly column: number };

/** One thing wrong, or (warning) unwise, with a policy set (trust-policy chapter §1.5). */
export type PolicyProblem = {
  readonly id: PolicyCode;
  readonly level: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `spec.families[0].images[1]`; empty for the document itself. */
  readonly path: string;
  /** What is true. */
  readonly message: string;
  /** What to write; empty when the message says it. */
  readonly fix: string;
};

/** A document as its reader hands it over: a value, and where each part of it stands. */
export type SourceDocument = {
  readonly file: string;
  readonly value: JsonValue;
  /** By JSON Pointer (RFC 6901); a member has the place of its value, and of its name. */
  readonly places: ReadonlyMap<string, Place>;
};
export type Place = Position & { readonly name?: Position };

/** `file:line:column TP101 message`, as editors jump to it. */
export function renderProblem({ file, line, column, id, level, message }: PolicyProblem): string {
  return `${file}:${line}:${column} ${id}${level === "warning" ? " (warning)" : ""} ${message}`;
}
