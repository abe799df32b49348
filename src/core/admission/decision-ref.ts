import { toUtf8 } from "../bytes/utf8.ts";
import { sha256 } from "../digest.ts";
import type { JsonValue } from "../json/json.ts";
import { renderCanonicalJson } from "../json/canonical.ts";

/** RFC 4648 §6. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const REF_CHARACTERS = 4;
const BITS = 5;

/** The name of a decision, `CS-DENY-7F3A`: the first 20 bits of the SHA-256 of its record's canonical JSON, in base32. */
export function decisionRef(record: JsonValue): string {
  const [a = 0, b = 0, c = 0] = sha256(toUtf8(renderCanonicalJson(record)));
  const bits = a * 65_536 + b * 256 + c;
  const digits = Array.from({ length: REF_CHARACTERS }, (_, i) => BASE32[(bits >> (24 - BITS * (i + 1))) & 31] ?? "");
  return `CS-DENY-${digits.join("")}`;
}
