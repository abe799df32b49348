import { renderPath } from "./problem.ts";
import type { Config } from "./config.ts";
import type { EffectiveConfig } from "./effective.ts";

/** Every value of a configuration as YAML, each line ending in where it comes from: `# from: env COUNTERSIGN_STORE_URL`. */
export function renderConfig(config: Config, sourceOf: EffectiveConfig["sourceOf"]): string {
  return linesOf(config, [], sourceOf)
    .map((line) => `${line}\n`)
    .join("");
}

type Path = readonly (string | number)[];

function linesOf(value: unknown, path: Path, sourceOf: EffectiveConfig["sourceOf"]): readonly string[] {
  const indent = "  ".repeat(path.length);
  return entriesOf(value).flatMap(([key, below]) => {
    const here = [...path, key];
    const label = typeof key === "number" ? `${indent}-` : `${indent}${key}:`;
    const nested = entriesOf(below);
    if (nested.length > 0) return [label, ...linesOf(below, here, sourceOf)];
    return [`${label} ${scalar(below)}  # from: ${sourceOf(here)}`];
  });
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((item: unknown, i) => [i, item] as const);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** JSON spells scalars and empty collections as YAML does. */
function scalar(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}

/** Where each value comes from, by path. */
export function sourcesOf(config: Config, sourceOf: EffectiveConfig["sourceOf"]): Readonly<Record<string, string>> {
  return Object.fromEntries(leavesOf(config, []).map((path) => [renderPath(path), sourceOf(path)]));
}

function leavesOf(value: unknown, path: Path): readonly Path[] {
  const entries = entriesOf(value);
  return entries.length === 0 ? [path] : entries.flatMap(([key, below]) => leavesOf(below, [...path, key]));
}
