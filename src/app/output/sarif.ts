import type { JsonValue } from "./json-value.ts";

/** One finding as code scanning takes it. */
export type SarifResult = {
  readonly rule: string;
  readonly level: "error" | "warning" | "note";
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column?: number;
  /** What else SARIF says of a result, as it is written there: `kind`, `partialFingerprints`, `suppressions`, `properties`. */
  readonly more?: { readonly [member: string]: JsonValue };
};

export type SarifRule = { readonly id: string; readonly title: string; readonly help: string };

export type SarifTool = {
  readonly name: string;
  readonly version: string;
  readonly rules: readonly SarifRule[];
  /** Whether rules are described that nothing broke, too. */
  readonly describesAll?: true;
};

/** SARIF 2.1.0 (OASIS) of one run of one command. */
export function toSarif(tool: SarifTool, results: readonly SarifResult[]): JsonValue {
  const broken = new Set(results.map(({ rule }) => rule));
  const rules = tool.rules
    .filter(({ id }) => tool.describesAll === true || broken.has(id))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
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
        results: results.map(({ rule, level, message, file, line, column, more }) => ({
          ruleId: rule,
          ruleIndex: rules.findIndex(({ id }) => id === rule),
          level,
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: toUri(file) },
                region: { startLine: line, ...(column !== undefined && { startColumn: column }) },
              },
            },
          ],
          ...more,
        })),
      },
    ],
  };
}

/** A path as a relative reference (RFC 3986): what would begin a query or a fragment is part of the name here. */
function toUri(path: string): string {
  return encodeURI(path.replaceAll("\\", "/").toWellFormed()).replaceAll("?", "%3F").replaceAll("#", "%23");
}
