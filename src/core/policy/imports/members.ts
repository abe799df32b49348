import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../json/json.ts";

/** The member of an object that is an object; empty where it is not one. */
export function objectAt(value: JsonValue | undefined, name: string): JsonObject {
  const inner = memberAt(value, name);
  return isJsonObject(inner) ? inner : {};
}

/** The objects of a member that is a list; what else it holds is passed over. */
export function objectsAt(value: JsonValue | undefined, name: string): readonly JsonObject[] {
  return listAt(value, name).filter((item) => isJsonObject(item));
}

export function listAt(value: JsonValue | undefined, name: string): readonly JsonValue[] {
  const inner = memberAt(value, name);
  return isJsonArray(inner) ? inner : [];
}

export function textsAt(value: JsonValue | undefined, name: string): readonly string[] {
  return listAt(value, name).filter((item) => typeof item === "string");
}

export function textAt(value: JsonValue | undefined, name: string): string | undefined {
  const inner = memberAt(value, name);
  return typeof inner === "string" ? inner : undefined;
}

export function memberAt(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Members that are there and are none of the known ones: what they ask is not understood. */
export function strangersOf(value: JsonObject, known: readonly string[]): readonly string[] {
  return Object.keys(value).filter((name) => !known.includes(name));
}
