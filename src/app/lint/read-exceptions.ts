import { parseYaml } from "../../adapters/manifests/yaml.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/json/json.ts";
import type { LintException } from "../../core/lint/suppress.ts";
import { parseRfc3339 } from "../../core/time.ts";
import { readInput } from "../read-input.ts";

const BYTES_MAX = 1024 * 1024;
const FIELDS = new Set(["rule", "file", "owner", "reason", "expires"]);

/** Reads a register of exceptions: a list, each with rule, owner, reason and expires; file is optional. */
export async function readExceptions(path: string): Promise<readonly LintException[]> {
  const text = parseUtf8(await readInput(path, BYTES_MAX));
  if (text === undefined) throw new Fault("input.malformed", `${path}: not UTF-8`);
  const { documents, problems } = parseYaml(text);
  const [problem] = problems;
  if (problem) throw new Fault("input.malformed", `${path}:${problem.line}:${problem.column}: ${problem.message}`);
  return documents.flatMap(({ value, places }) => {
    const list = isJsonObject(value) ? value["exceptions"] : value;
    const prefix = isJsonObject(value) ? "/exceptions" : "";
    if (!isJsonArray(list)) throw new Fault("input.malformed", `${path}: not a list of exceptions`);
    return list.map((item, i) => {
      const exception = toException(item);
      if (typeof exception !== "string") return exception;
      const line = places.get(`${prefix}/${i}`)?.line ?? 1;
      throw new Fault("input.malformed", `${path}:${line}: ${exception}`);
    });
  });
}

/** The exception, or what is wrong with it. */
function toException(item: JsonValue): LintException | string {
  if (!isJsonObject(item)) return "not an exception";
  const stranger = Object.keys(item).find((key) => !FIELDS.has(key));
  if (stranger !== undefined) return `unknown field ${stranger.slice(0, 50)}`;
  const { rule, file, owner, reason, expires } = item;
  if (!isText(rule) || !isText(owner) || !isText(reason)) return "rule, owner and reason are needed";
  if (file !== undefined && !isText(file)) return "file is not text";
  const expiresAt = isText(expires) ? parseRfc3339(/T/.test(expires) ? expires : `${expires}T00:00:00Z`) : undefined;
  if (expiresAt === undefined) return "expires is not a date";
  return { rule, owner, reason, expiresAt, ...(file !== undefined && { file }) };
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === "string" && value.trim() !== "";
}
