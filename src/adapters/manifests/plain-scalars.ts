import type { ScalarNode } from "../../core/pipelines/definitions/source-node.ts";

export type ScalarValue = Pick<ScalarNode, "value" | "text">;

/** An unquoted scalar by the core schema of YAML 1.2 (§10.3.2). `undefined`: a spelling that the full parser is left to read. */
export function toPlainScalar(text: string): ScalarValue | undefined {
  if (!/^[-+.~\dnNtTfF]/.test(text)) return { value: text, text };
  if (/^(?:~|null|Null|NULL)$/.test(text)) return { value: null, text };
  if (/^(?:true|True|TRUE)$/.test(text)) return { value: true, text };
  if (/^(?:false|False|FALSE)$/.test(text)) return { value: false, text };
  if (/^[-+]?\d{1,15}$/.test(text)) return { value: Number(text), text };
  if (/^[-+]?(?:\.\d+|\d+\.\d*)$/.test(text)) return { value: Number(text), text };
  const isRare = /^(?:0[ox]|[-+.]?\d[\d.]*e|[-+]?\.(?:inf|nan))|^[-+]?\d+$/i.test(text);
  return isRare ? undefined : { value: text, text };
}

/** Where a quoted scalar that begins at `at` ends, and what it says; `undefined` when it has rare escapes or goes over the line. */
export function readQuoted(line: string, at: number): (ScalarValue & { readonly end: number }) | undefined {
  return line[at] === "'" ? readSingle(line, at) : readDouble(line, at);
}

function readSingle(line: string, at: number): (ScalarValue & { readonly end: number }) | undefined {
  let end = at + 1;
  for (;;) {
    end = line.indexOf("'", end);
    if (end < 0) return undefined;
    if (line[end + 1] !== "'") break;
    end += 2;
  }
  const text = line.slice(at + 1, end).replaceAll("''", "'");
  return { value: text, text, end: end + 1 };
}

/** With the escapes that JSON has too (RFC 8259 §7), but those by number. */
const DOUBLE = /"(?:[^"\\]|\\["\\/bfnrt])*"/y;

function readDouble(line: string, at: number): (ScalarValue & { readonly end: number }) | undefined {
  DOUBLE.lastIndex = at;
  const quoted = DOUBLE.exec(line)?.[0];
  if (quoted === undefined) return undefined;
  const text = unquoted(quoted);
  return { value: text, text, end: at + quoted.length };
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** What stands between double quotes, without its escapes. */
export function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return inner.includes("\\") ? inner.replaceAll(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char) : inner;
}

/** With the words put back that were held a place for. */
export function restored({ value, text }: ScalarValue, restore: (text: string) => string): ScalarValue {
  if (typeof value !== "string") return { value, text };
  const whole = restore(text);
  return { value: whole, text: whole };
}
