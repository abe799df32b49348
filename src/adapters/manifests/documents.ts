import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { POLICY_CODES, type PolicyCode } from "../../core/policy/problem-codes.ts";
import type { PolicyProblem, SourceDocument } from "../../core/policy/problem.ts";
import { parseYaml } from "./yaml.ts";

/** The limit of a ConfigMap, which is where policies live (trust-policy chapter §1.1). */
export const SET_BYTES_MAX: number = 1024 * 1024;

export type DocumentFile = { readonly path: string; readonly bytes: Uint8Array };

export type ReadDocuments = {
  readonly documents: readonly SourceDocument[];
  /** TP001 and TP002. With any of them nothing should be judged by `documents`. */
  readonly problems: readonly PolicyProblem[];
};

/**
 * Reads a set of YAML 1.2 files, each of one or many documents, into values that know where each part of them stands.
 * Strict, because a lenient reader is a bypass: what two readers could understand differently is refused.
 */
export function readDocuments(files: readonly DocumentFile[]): ReadDocuments {
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total > SET_BYTES_MAX) {
    const message = `the set has ${total} bytes where ${SET_BYTES_MAX} are allowed`;
    return { documents: [], problems: [toProblem(files[0]?.path ?? "", { id: "TP001", message, line: 1, column: 1 })] };
  }
  const read = files.map((file) => readFile(file));
  return {
    documents: read.flatMap(({ documents }) => documents),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** All but tab, line feed and carriage return; a byte order mark too. */
const CONTROL = /[^\P{Cc}\t\n\r]|\uFEFF/u;

function readFile({ path, bytes }: DocumentFile): ReadDocuments {
  const text = parseUtf8(bytes);
  if (text === undefined) {
    return { documents: [], problems: [toProblem(path, { id: "TP001", message: "not UTF-8", line: 1, column: 1 })] };
  }
  const control = CONTROL.exec(text);
  if (control) {
    const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const before = text.slice(0, control.index).split("\n");
    const at = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    return {
      documents: [],
      problems: [toProblem(path, { id: "TP001", message: `control character U+${code}`, ...at })],
    };
  }
  const { documents, problems } = parseYaml(text);
  return {
    documents: documents.map((document) => ({ file: path, ...document })),
    problems: problems.map((problem) => toProblem(path, { id: "TP002", ...problem })),
  };
}

/** What the parser itself says begins with its code. Everything else we refuse although YAML has it. */
const SYNTAX = /^[A-Z_]+: /;

type Found = { readonly id: PolicyCode; readonly message: string; readonly line: number; readonly column: number };

function toProblem(file: string, { id, message, line, column }: Found): PolicyProblem {
  return { id, level: "error", file, line, column, path: "", message, fix: fixOf(id, message) };
}

function fixOf(id: PolicyCode, message: string): string {
  if (id !== "TP002") return POLICY_CODES[id].fix;
  if (SYNTAX.test(message)) return "Correct the YAML there: the place is where it stops being any.";
  return /^(?:nested|more than) /.test(message)
    ? "Write it with less nesting, one thing a line."
    : POLICY_CODES[id].fix;
}
