import { includes } from "../../automata/includes.ts";
import type { Program } from "../../automata/program.ts";
import { quote } from "../../json/fields.ts";
import type { TextRule } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { shapeOfPattern, type PatternShape } from "./pattern-shape.ts";
import { textOf } from "./scalars.ts";

/** trust-policy chapter §1.5, TP204. */
const PATTERN_CHARACTERS_MAX = 512;
const PROGRAM_INSTRUCTIONS_MAX = 2000;

/** What a text of an identity is; the rules differ. */
export type TextKind = "issuer" | "uri" | "email" | "other";

/** Reads an exact text or `{pattern}`, and judges both by the rules TP203 to TP210. */
export function readTextRule(field: Field, kind: TextKind, context: PolicyContext): TextRule {
  if (typeof field.value !== "object" || field.value === null) {
    const text = textOf(field);
    if (text !== "") judgeExact(field, text, kind);
    return { kind: "exact", text };
  }
  const pattern = textOf(field.only("pattern").at("pattern"));
  if (pattern !== "") judgePattern(field.at("pattern"), pattern, kind, context);
  return { kind: "pattern", pattern };
}

/** Reads an anchored pattern outside of identities (a condition's `matches`); a problem is TP405. */
export function readPlainPattern(field: Field, { patterns }: PolicyContext): string {
  const pattern = textOf(field);
  if (pattern === "") return pattern;
  const fault = patternFault(shapeOfPattern(pattern)) ?? compileFault(pattern, patterns.compile(pattern));
  if (fault !== undefined) field.problem("TP405", `${field.path}: ${fault}`);
  return pattern;
}

function judgeExact(field: Field, text: string, kind: TextKind): void {
  // A question mark in an issuer is a query, which no issuer has.
  if ((kind === "issuer" ? /\*/ : /[*?]/).test(text)) {
    field.problem("TP207", `${quote(text)} has a wildcard inside an exact value: here it stands for itself`);
    return;
  }
  if (kind === "issuer") judgeIssuer(field, text);
  else judgeSan(field, text, kind);
}

function judgeIssuer(field: Field, text: string): void {
  const isUrl = /^https:\/\/[^/?#@\s]+(?:\/[^?#@\s]*)?$/.test(text) && /^[\x21-\x7e]+$/.test(text);
  if (!isUrl) field.problem("TP208", `${quote(text)} is not an https URL without query, fragment and user`);
}

/** Fulcio writes what the token says, and no token says these (trust-policy chapter §1.2). */
function judgeSan(field: Field, text: string, kind: TextKind): void {
  const host = kind === "uri" ? (/^[^:/]*:\/\/([^/]*)/.exec(text)?.[1] ?? "") : "";
  const isOdd = /[%\s]|[^\x20-\x7e]|(?:^|\/)\.\.?(?:\/|$)|\.\.\//.test(text) || /[A-Z]/.test(host);
  if (isOdd) field.problem("TP209", `${quote(text)}: no Fulcio issues such a name`);
  else if (kind === "uri" && !/^[a-z][a-z0-9+.-]*:/.test(text)) {
    field.problem("TP209", `${quote(text)} is not a URI: no Fulcio issues such a name`);
  }
}

function judgePattern(field: Field, pattern: string, kind: TextKind, { patterns }: PolicyContext): void {
  const shape = shapeOfPattern(pattern);
  const fault = patternFault(shape);
  if (fault !== undefined) {
    field.problem("TP203", `${quote(pattern)} ${fault}`);
    return;
  }
  const compiled = patterns.compile(pattern);
  const refusal = compileFault(pattern, compiled);
  if (refusal !== undefined || !compiled.ok) {
    field.problem("TP204", `${quote(pattern)}: ${refusal ?? "not RE2"}`);
    return;
  }
  if (/[%\s]|[^\x20-\x7e]/.test(pattern)) field.problem("TP209", `${quote(pattern)}: no Fulcio issues such names`);
  judgeBeginning(field, pattern, kind, shape);
  if (acceptsAll(compiled.value, kind, patterns.compile)) {
    field.problem("TP210", `${quote(pattern)} accepts every ${KIND_NAMES[kind]}`);
  }
}

function patternFault(shape: PatternShape): string | undefined {
  if (shape.hasFlags) return "has flags";
  if (shape.hasTopAlternation) return "has an alternation outside a group";
  return shape.isAnchored ? undefined : "does not begin with ^ and end with $";
}

function compileFault(pattern: string, compiled: ReturnType<PolicyContext["patterns"]["compile"]>): string | undefined {
  if (pattern.length > PATTERN_CHARACTERS_MAX)
    return `${pattern.length} characters where ${PATTERN_CHARACTERS_MAX} are allowed`;
  if (!compiled.ok) return `not RE2 (${compiled.detail})`;
  const { length } = compiled.value.instructions;
  return length > PROGRAM_INSTRUCTIONS_MAX ? `a program of ${length} instructions` : undefined;
}

/** Scheme and host are what a certificate authority vouches for; the path below belongs to whoever runs the host. */
function judgeBeginning(field: Field, pattern: string, kind: TextKind, { prefix, prefixDots }: PatternShape): void {
  if (kind === "email" || kind === "other") return;
  const [, scheme = "", host] = /^([a-z][a-z0-9+.-]*:\/\/)([^/]+)\//.exec(prefix) ?? [];
  const isLiteral = host !== undefined && (kind === "uri" || scheme === "https://");
  if (!isLiteral) {
    const what = kind === "issuer" ? "https://host/" : "scheme and authority";
    field.problem("TP205", `${quote(pattern)} has no literal ${what}`);
  } else if (prefixDots.some((dot) => dot < scheme.length + host.length)) {
    field.problem("TP206", `${quote(pattern)}: an unescaped dot in the host stands for any character`);
  }
}

const KIND_NAMES: Readonly<Record<TextKind, string>> = {
  issuer: "issuer",
  uri: "URI",
  email: "e-mail address",
  other: "name",
};

/** A language that is small and still has everybody in it: who accepts all of it accepts anybody. */
const EVERYBODY: Readonly<Record<TextKind, string>> = {
  issuer: "^https://[a-z0-9]+/[a-z0-9]+$",
  uri: "^(?:https|spiffe)://[a-z0-9]+/[a-z0-9/]+$",
  email: "^[a-z0-9]+@[a-z0-9.]+$",
  other: "^[a-z0-9]+$",
};

function acceptsAll(program: Program, kind: TextKind, compile: PolicyContext["patterns"]["compile"]): boolean {
  const everybody = compile(EVERYBODY[kind]);
  if (!everybody.ok) return false;
  return includes({ left: everybody.value, positive: [program], negative: [] }).kind === "included";
}
