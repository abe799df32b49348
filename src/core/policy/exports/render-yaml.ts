import { isJsonArray, isJsonObject, type JsonValue } from "../../json/json.ts";

/**
 * Renders a JSON value as YAML 1.2 in block style: texts in double quotes unless they are plain words, texts of several
 * lines as literal blocks. Every reader of YAML gives the same value back.
 */
export function renderYaml(value: JsonValue): string {
  return `${lines(value).join("\n")}\n`;
}

/** Renders documents of one file, each under its comments. */
export function renderYamlDocuments(
  documents: readonly { readonly value: JsonValue; readonly comments: readonly string[] }[],
): string {
  return documents.map(({ value, comments }) => `---\n${renderComments(comments)}${renderYaml(value)}`).join("");
}

/** Comment lines; what would end one is shown. */
export function renderComments(comments: readonly string[]): string {
  return comments.map((comment) => `# ${comment.replaceAll(/[^\x20-\x7e]/g, "?")}\n`).join("");
}

function lines(value: JsonValue): readonly string[] {
  if (isJsonArray(value)) return value.length === 0 ? ["[]"] : value.flatMap(item);
  if (!isJsonObject(value)) return [scalar(value)];
  const members = Object.entries(value);
  return members.length === 0 ? ["{}"] : members.flatMap(([name, inner]) => member(name, inner));
}

function item(value: JsonValue): readonly string[] {
  const [first = "", ...rest] = isBlock(value) ? block(value) : lines(value);
  return [`- ${first}`, ...rest.map((line) => (line === "" ? "" : `  ${line}`))];
}

function member(name: string, value: JsonValue): readonly string[] {
  const key = isPlain(name) ? name : JSON.stringify(name);
  if (isBlock(value)) {
    const [head = "", ...body] = block(value);
    return [`${key}: ${head}`, ...body];
  }
  const inner = lines(value);
  const isNested = (isJsonArray(value) && value.length > 0) || (isJsonObject(value) && Object.keys(value).length > 0);
  if (!isNested) return [`${key}: ${inner.join("")}`];
  return [`${key}:`, ...inner.map((line) => (line === "" ? "" : `  ${line}`))];
}

/** Text of several lines that a literal block gives back byte for byte. */
function isBlock(value: JsonValue): value is string {
  return typeof value === "string" && /^[\x21-\x7e][\x20-\x7e]*(?:\n[\x20-\x7e]+)+\n?$/.test(value);
}

function block(text: string): readonly string[] {
  const ends = text.endsWith("\n");
  const body = ends ? text.slice(0, -1) : text;
  return [ends ? "|" : "|-", ...body.split("\n").map((line) => `  ${line}`)];
}

function scalar(value: JsonValue): string {
  return typeof value === "string" && isPlain(value) ? value : JSON.stringify(value);
}

/** Words that no version of YAML reads as anything but text. */
function isPlain(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) && !/^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text);
}
