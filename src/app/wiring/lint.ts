import { shellScriptReader } from "../../adapters/shell/script-reader.ts";
import { lintDefinitions, type LintReport } from "../../core/lint/lint.ts";
import { findObtainers, type Obtainers } from "../../core/lint/obtainers/obtainers.ts";
import type { LintRule } from "../../core/lint/rule.ts";
import { DEFAULT_KNOWLEDGE, type LintKnowledge } from "../../core/lint/scene.ts";
import { readDefinitionFiles } from "../lint/read-definition-files.ts";

export type LintSetup = {
  readonly paths: readonly string[];
  readonly rules: readonly LintRule[];
  /** Folders whose definitions stand for what resolvers would fetch. */
  readonly resolve?: readonly string[];
  readonly knowledge?: LintKnowledge;
};

/** Reads files and folders, and judges all of them together. */
export async function lintPaths({
  paths,
  rules,
  resolve = [],
  knowledge = DEFAULT_KNOWLEDGE,
}: LintSetup): Promise<LintReport> {
  const given = await readDefinitionFiles(resolve);
  const names = new Set(given.map(({ path }) => path));
  const own = (await readDefinitionFiles(paths)).filter(({ path }) => !names.has(path));
  return lintDefinitions({
    files: [...own, ...given],
    rules,
    knowledge,
    read: (text) => shellScriptReader.read(text),
    isGiven: (path) => names.has(path),
  });
}

/** Reads files and folders, and computes who can obtain the audience of Fulcio. */
export async function obtainersOfPaths(paths: readonly string[], audiences?: readonly string[]): Promise<Obtainers> {
  const files = await readDefinitionFiles(paths);
  const knowledge = audiences ? { ...DEFAULT_KNOWLEDGE, audiences } : DEFAULT_KNOWLEDGE;
  return findObtainers(files, knowledge, (text) => shellScriptReader.read(text));
}
