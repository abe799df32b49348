import type { z } from "zod";
import { nearest } from "../nearest.ts";
import type { Config } from "./config.ts";
import type { ConfigPath, ConfigProblem } from "./problem.ts";
import { ConfigSchema, configJsonSchema } from "./schema.ts";

/** Reads a plain value as a configuration, or says everything that is wrong with its shape. */
export function parseConfig(
  value: unknown,
): { readonly config: Config; readonly problems: readonly [] } | { readonly problems: readonly ConfigProblem[] } {
  const result = ConfigSchema.safeParse(value);
  if (result.success) return { config: result.data, problems: [] };
  return { problems: result.error.issues.flatMap(problemsOf) };
}

function problemsOf(issue: z.core.$ZodIssue): readonly ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key));
  return [{ severity: "error", path, message: messageOf(issue, path) }];
}

function unknownKey(parent: ConfigPath, key: string): ConfigProblem {
  const meant = nearest(key, keysAt(parent));
  const hint = meant ? ` Did you mean "${meant}"?` : ` Known here: ${keysAt(parent).join(", ")}.`;
  return { severity: "error", path: [...parent, key], message: `unknown key.${hint}` };
}

function messageOf(issue: z.core.$ZodIssue, path: ConfigPath): string {
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) {
    return path.at(-1) === "timezone"
      ? "required (an IANA name); offsets such as +01:00 ignore daylight saving"
      : `required (${issue.expected})`;
  }
  if (issue.code === "invalid_type") return `must be ${article(issue.expected)}`;
  if (issue.code === "invalid_value")
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
  if (issue.code === "invalid_format" || issue.code === "custom") return `must be ${issue.message}`;
  if (issue.code === "too_small" || issue.code === "too_big") return issue.message.replace(/^Too (small|big): /, "");
  return issue.message;
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** The keys that the schema knows below a path, read from its JSON Schema. */
export function keysAt(path: ConfigPath): readonly string[] {
  let at: unknown = configJsonSchema();
  for (const part of path) at = typeof part === "number" ? field(at, "items") : field(field(at, "properties"), part);
  const properties = field(at, "properties");
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}
