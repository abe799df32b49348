import { renderCanonicalJson } from "../json/canonical.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../json/read-json.ts";

/**
 * Whether two statements say the same. Compared as values: clients order members differently, and Cosign writes empty
 * annotations beside a subject where we write none. What is not JSON is the same as nothing.
 */
export function isSameStatement(a: Uint8Array, b: Uint8Array): boolean {
  const said = normalForm(a);
  return said !== undefined && said === normalForm(b);
}

function normalForm(payload: Uint8Array): string | undefined {
  const json = readJson(payload, { bytesMax: payload.length, depthMax: JSON_DEPTH_MAX });
  if (!json.ok || !isJsonObject(json.value)) return undefined;
  const { subject } = json.value;
  return renderCanonicalJson(
    isJsonArray(subject) ? { ...json.value, subject: subject.map(withoutEmptyAnnotations) } : json.value,
  );
}

function withoutEmptyAnnotations(subject: JsonValue): JsonValue {
  if (!isJsonObject(subject)) return subject;
  const { annotations, ...rest } = subject;
  return isJsonObject(annotations) && isEmpty(annotations) ? rest : subject;
}

function isEmpty(value: JsonObject): boolean {
  return Object.keys(value).length === 0;
}
