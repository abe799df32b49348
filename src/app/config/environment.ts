import type { ConfigPath } from "./problem.ts";
import { configJsonSchema } from "./schema.ts";

/** A single value that the environment or a flag may set: lists can be set by file only. */
export type Setting = { readonly path: readonly string[]; readonly variable: string; readonly type: SettingType };
export type SettingType = "string" | "number" | "boolean";

/** Every setting, with its variable: `store.url` is `COUNTERSIGN_STORE_URL`, `server.publicUrl` `COUNTERSIGN_SERVER_PUBLIC_URL`. */
export function settings(): readonly Setting[] {
  return settingsBelow(configJsonSchema(), []);
}

function settingsBelow(schema: unknown, path: readonly string[]): readonly Setting[] {
  const properties = fieldOf(schema, "properties");
  if (typeof properties === "object" && properties !== null) {
    return Object.entries(properties).flatMap(([key, below]) => settingsBelow(below, [...path, key]));
  }
  const type = typeOf(schema);
  return type ? [{ path, variable: variableOf(path), type }] : [];
}

function typeOf(schema: unknown): SettingType | undefined {
  const type = fieldOf(schema, "type");
  if (type === "array" || type === "object") return undefined;
  if (type === "boolean") return "boolean";
  return type === "integer" || type === "number" ? "number" : "string";
}

function variableOf(path: ConfigPath): string {
  const words = path.map((part) => String(part).replaceAll(/[A-Z]/g, (letter) => `_${letter}`));
  return `COUNTERSIGN_${words.join("_").toUpperCase()}`;
}

/** Text of the environment as the value the schema expects; what does not fit stays text, for the schema to refuse. */
export function toSettingValue(text: string, type: SettingType): unknown {
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (type === "number" && /^-?\d{1,15}$/.test(text)) return Number(text);
  return text;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}
