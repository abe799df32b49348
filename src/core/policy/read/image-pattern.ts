import { parseRepository } from "../../image/reference.ts";
import { quote } from "../../json/fields.ts";
import { parseRepositoryPattern } from "../pattern.ts";
import type { Field } from "./field.ts";
import { listOf, textOf } from "./scalars.ts";

/** Reads a list of image patterns: TP101, TP102, TP103, TP107. What is no pattern is left out. */
export function readImagePatterns(field: Field): readonly string[] {
  return listOf(field).flatMap((item) => readImagePattern(item) ?? []);
}

function readImagePattern(field: Field): string | undefined {
  const text = textOf(field);
  if (text === "") return undefined;
  const pattern = parseRepositoryPattern(text);
  switch (pattern) {
    case "TP101":
      field.problem("TP101", `${quote(text)} has no registry host`, `Write ${withHost(text)}.`);
      return undefined;
    case "TP102":
      field.problem("TP102", `${quote(text)} has a tag or digest, which an image pattern has not`);
      return undefined;
    case "TP103":
      field.problem("TP103", `${quote(text)} has a wildcard in the host, ** not last, or an empty segment`);
      return undefined;
    default:
      judgeReach(field, pattern);
      return pattern;
  }
}

/** A pattern that no normal reference has, and one that half the world's images have. */
function judgeReach(field: Field, pattern: string): void {
  const normal = pattern.includes("*") ? undefined : parseRepository(pattern);
  const isHub = /^(?:index|registry-1)\.docker\.io\//.test(pattern);
  if (isHub || (normal?.ok && normal.value !== pattern)) {
    const name = normal?.ok ? normal.value : pattern.replace(/^[^/]*/, "docker.io");
    field.problem("TP101", `${quote(pattern)} is never a reference in normal form`, `Write ${name}.`);
  } else if (normal && !normal.ok) field.problem("TP103", `${quote(pattern)}: ${normal.detail}`);
  if (/^\*+$/.test(pattern.split("/")[1] ?? "")) field.problem("TP107", `${quote(pattern)} covers a whole registry`);
}

function withHost(text: string): string {
  const named = parseRepository(text.replace(/[@:].*$/, ""));
  return named.ok ? named.value : `registry.example.com/${text.replace(/^\/+/, "")}`;
}
