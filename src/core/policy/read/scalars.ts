import { quote } from "../../json/fields.ts";
import { addMs, parseRfc3339, type UnixMs } from "../../time.ts";
import type { Field } from "./field.ts";

/** trust-policy chapter §1.3: lists of 1 to 64. */
const LIST_MAX = 64;
const TEXT_CHARACTERS_MAX = 2048;
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const DURATION = /^([1-9]\d{0,4})([hd])$/;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An opening ends within this time (TP504). */
const OPEN_MS_MAX = 90 * DAY_MS;

/** Text that is there; empty, and a problem, otherwise. */
export function textOf(field: Field): string {
  const { value, path } = field;
  if (typeof value === "string" && value !== "" && value.length <= TEXT_CHARACTERS_MAX) return value;
  if (!field.present) field.problem("TP004", `${path} is missing`);
  else if (typeof value === "string") field.problem("TP007", `${path} has ${value.length} characters`, "1 to 2048.");
  else field.problem("TP004", `${path} is not a text`, "Put it in quotes.");
  return "";
}

/** Text that may be left out; `undefined` then. */
export function optionalTextOf(field: Field): string | undefined {
  return field.present ? textOf(field) : undefined;
}

/** Either of YAML's true and false; `undefined` when nothing, or nothing good, is written. */
export function booleanOf(field: Field): boolean | undefined {
  if (typeof field.value === "boolean") return field.value;
  if (field.present) field.problem("TP004", `${field.path} is not true or false`);
  return undefined;
}

/** A DNS label: families, authorities, and what they refer to. */
export function nameOf(field: Field): string {
  const text = textOf(field);
  if (text !== "" && !DNS_LABEL.test(text)) {
    field.problem(
      "TP007",
      `${field.path}: ${quote(text)} is not a name`,
      "Lower-case letters, digits and -; at most 63.",
    );
  }
  return text;
}

/** A list that may be empty; a problem when it is too long. What is too much is not read. */
export function listOf(field: Field, max: number = LIST_MAX): readonly Field[] {
  const items = field.items();
  if (items.length > max) field.problem("TP007", `${field.path} has ${items.length} elements`, `At most ${max}.`);
  return items.slice(0, max);
}

/** A list that, where it is given, is not empty: whether an empty one means all or none, readers would differ. */
export function fullListOf(field: Field, max: number = LIST_MAX): readonly Field[] {
  const items = listOf(field, max);
  if (field.present && items.length === 0) field.problem("TP007", `${field.path} is empty`, `1 to ${max} elements.`);
  return items;
}

/** One of a few words; the first is what holds when nothing is written. */
export function choiceOf<Choice extends string>(field: Field, choices: readonly [Choice, ...Choice[]]): Choice {
  const [byDefault] = choices;
  if (!field.present) return byDefault;
  const choice = choices.find((known) => known === field.value);
  if (choice === undefined) {
    const what = typeof field.value === "string" ? "TP007" : "TP004";
    field.problem(what, `${field.path} is not ${choices.join(" or ")}`, `Write ${choices.join(" or ")}.`);
  }
  return choice ?? byDefault;
}

/** A whole number within bounds; `undefined` when nothing is written. */
export function wholeOf(
  field: Field,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (!field.present) return undefined;
  const { value, path } = field;
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    field.problem("TP004", `${path} is not a whole number`);
  else if (value < min || value > max) field.problem("TP007", `${path} is ${value}`, `${min} to ${max}.`);
  else return value;
  return undefined;
}

/** `Nd` or `Nh`, in milliseconds; `undefined` when nothing, or nothing good, is written. */
export function durationOf(field: Field): number | undefined {
  if (!field.present) return undefined;
  const [, count = "", unit] = typeof field.value === "string" ? (DURATION.exec(field.value) ?? []) : [];
  if (count !== "") return Number(count) * (unit === "h" ? HOUR_MS : DAY_MS);
  field.problem("TP007", `${field.path} is not a duration`, "A number and h or d, such as 7d.");
  return undefined;
}

/** A date, or date and time (RFC 3339); `undefined` when nothing, or nothing good, is written. A date is its first moment in UTC. */
export function timeOf(field: Field): UnixMs | undefined {
  if (!field.present) return undefined;
  const text = typeof field.value === "string" ? field.value : "";
  const at = parseRfc3339(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (at === undefined) {
    field.problem("TP007", `${field.path} is not a date or time`, "As in 2027-02-01 or 2027-02-01T08:00:00Z.");
  }
  return at;
}

/** The end of an opening (TP504); what has none, or none that can be believed, is over. */
export function untilOf(field: Field, { now, purpose }: { readonly now: UnixMs; readonly purpose: string }): UnixMs {
  const until = timeOf(field);
  if (!field.present) field.problem("TP504", `${field.path} is missing: an opening ends`);
  if (until === undefined) return now;
  if (until > addMs(now, OPEN_MS_MAX)) field.problem("TP504", `${field.path} is more than 90 days away`);
  if (until <= now && purpose === "check") field.problem("TP504", `${field.path} is past`, "Delete the entry.");
  return until;
}
