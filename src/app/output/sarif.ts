import type { JsonValue } from "./json-value.ts";

/** One finding as code scanning takes it. */
export type SarifResult = {
  readonly rule: string;
  readonly level: "error" | "warning" | "note";
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
};

export type SarifRule = { readonly id: string; readonly title: string; readonly help: string };

/** SARIF 2.1.0 (OASIS) of one run of one command; only the rules that were broken are described. */
export function toSarif(
  tool: { readonly name: string; readonly version: string; readonly rules: readonly SarifRule[] },
  results: readonly SarifResult[],
): JsonValue {
  const broken = new Set(results.map(({ rule }) => rule));
  const rules = tool.rules.filter(({ id }) => broken.has(id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            version: tool.version,
            rules: rules.map(({ id, title, help }) => ({
              id,
              shortDescription: { text: title },
              help: { text: help },
            })),
          },
        },
        results: results.map(({ rule, level, message, file, line, column }) => ({
          ruleId: rule,
          ruleIndex: rules.findIndex(({ id }) => id === rule),
          level,
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(file.replaceAll("\\", "/")) },
                region: { startLine: line, startColumn: column },
              },
            },
          ],
        })),
      },
    ],
  };
}
