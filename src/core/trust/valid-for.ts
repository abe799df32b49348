import { quote, shapeOf, toObject, toText, type Reading } from "../json/fields.ts";
import type { JsonValue } from "../json/json.ts";
import { parseRfc3339, parseUnixMs, type Interval, type UnixMs } from "../time.ts";
import { bug } from "../bug.ts";

export type ValidityCode = "trust-validity-start-missing" | "trust-validity";

/** When something was good: a closed interval with a start; without an end it still is. */
export type ValidFor = Interval & { readonly lo: UnixMs };

const VALID_FOR = shapeOf("validFor", ["start", "end"]);
const EPOCH: UnixMs = parseUnixMs(0) ?? bug("1970 is a year");

/**
 * Reads a `TimeRange` of `sigstore_common.proto`. Without a start the document is refused: "since ever" would make
 * a key good for times at which nobody vouched for it.
 */
export function toValidFor(reading: Reading<ValidityCode>, value: JsonValue | undefined, where: string): ValidFor {
  const range = value === undefined || value === null ? {} : toObject(reading, value, VALID_FOR);
  const { start, end } = range;
  if (start === undefined || start === null) {
    reading.refuse("trust-validity-start-missing", `${where}: validFor has no start`);
    return { lo: EPOCH };
  }
  const lo = toInstant(reading, start, where);
  if (end === undefined || end === null) return { lo };
  const hi = toInstant(reading, end, where);
  if (hi < lo) reading.refuse("trust-validity", `${where}: validFor ends before it starts`);
  return { lo, hi };
}

function toInstant(reading: Reading<ValidityCode>, value: JsonValue, where: string): UnixMs {
  const text = toText(reading, value, `${where}: validFor`);
  const instant = parseRfc3339(text);
  if (instant === undefined) reading.refuse("trust-validity", `${where}: ${quote(text)} is no time of RFC 3339`);
  return instant ?? EPOCH;
}
