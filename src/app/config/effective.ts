import type { Config } from "./config.ts";
import { parseConfigDocument, type ConfigDocument } from "./document.ts";
import { settings, toSettingValue } from "./environment.ts";
import { renderPath, type ConfigPath, type ConfigProblem } from "./problem.ts";
import { judgeSense } from "./sense.ts";
import { parseConfig } from "./shape.ts";

/** What a configuration is made of, strongest last: defaults, the file, the environment, flags. */
export type ConfigInput = {
  readonly file?: { readonly path: string; readonly text: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By path: `{"server.listen": "127.0.0.1:0"}`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
};

/** The configuration that holds, where each value comes from, and what is wrong with it. `config` is absent when there is an error. */
export type EffectiveConfig = {
  readonly config?: Config;
  readonly problems: readonly LocatedProblem[];
  /** `flag`, `env COUNTERSIGN_STORE_URL`, `countersign.yaml:12` or `default`. */
  readonly sourceOf: (path: ConfigPath) => string;
};
export type LocatedProblem = { readonly severity: "error" | "warning"; readonly text: string };

/** Merges by precedence flag > environment > file > default (product chapter §2.4) and judges the whole. */
export function toEffectiveConfig(input: ConfigInput): EffectiveConfig {
  const document = input.file ? parseConfigDocument(input.file.text) : undefined;
  if (document && "message" in document) {
    const where = `${input.file?.path ?? ""}:${document.line}`;
    return { problems: [{ severity: "error", text: `${where}: ${document.message}` }], sourceOf: () => where };
  }
  const overrides = overridesOf(input);
  const sourceOf = sourcesOf(input, document, overrides);
  const value = overrides.reduce<unknown>((tree, set) => withValue(tree, set.path, set.value), document?.value ?? {});
  const shaped = parseConfig(value);
  if (!("config" in shaped)) return { problems: shaped.problems.map((problem) => locate(problem, sourceOf)), sourceOf };
  const problems = judgeSense(shaped.config).map((problem) => locate(problem, sourceOf));
  const wrong = problems.some(({ severity }) => severity === "error");
  return wrong ? { problems, sourceOf } : { config: shaped.config, problems, sourceOf };
}

type Override = { readonly path: readonly string[]; readonly value: unknown; readonly source: string };

function overridesOf(input: ConfigInput): readonly Override[] {
  const all = settings();
  const fromEnv = all.flatMap(({ path, variable, type }) => {
    const text = input.env[variable];
    return text === undefined ? [] : [{ path, value: toSettingValue(text, type), source: `env ${variable}` }];
  });
  const fromFlags = all.flatMap(({ path, type }) => {
    const text = input.flags[path.join(".")];
    return text === undefined ? [] : [{ path, value: toSettingValue(text, type), source: "flag" }];
  });
  return [...fromEnv, ...fromFlags];
}

function sourcesOf(
  input: ConfigInput,
  document: ConfigDocument | undefined,
  overrides: readonly Override[],
): EffectiveConfig["sourceOf"] {
  return (path) => {
    const text = path.join(".");
    const override = overrides.findLast((set) => set.path.join(".") === text);
    if (override) return override.source;
    return input.file && document?.has(path) ? `${input.file.path}:${document.lineOf(path)}` : "default";
  };
}

function locate(problem: ConfigProblem, sourceOf: EffectiveConfig["sourceOf"]): LocatedProblem {
  const path = nearestWritten(problem.path, sourceOf);
  const places = [path === "default" ? "" : path, renderPath(problem.path)].filter((place) => place !== "");
  return { severity: problem.severity, text: `${places.join(" ")}: ${problem.message}` };
}

/** A field that is missing is shown where its parent stands. */
function nearestWritten(path: ConfigPath, sourceOf: EffectiveConfig["sourceOf"]): string {
  const source = sourceOf(path);
  return source === "default" && path.length > 1 ? nearestWritten(path.slice(0, -1), sourceOf) : source;
}

function withValue(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const object = typeof tree === "object" && tree !== null && !Array.isArray(tree) ? tree : {};
  return { ...object, [first]: withValue(Object.getOwnPropertyDescriptor(object, first)?.value, rest, value) };
}
