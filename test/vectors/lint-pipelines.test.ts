import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../../src/adapters/shell/script-reader.ts";
import { lintDefinitions, type LintReport } from "../../src/core/lint/lint.ts";
import { LINT_RULES } from "../../src/core/lint/rules.ts";
import { DEFAULT_KNOWLEDGE } from "../../src/core/lint/scene.ts";
import { placeInText, scalarsIn } from "../../src/core/pipelines/definitions/source-node.ts";

const FOLDER = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "pipelines");
const GOLDEN = join(import.meta.dirname, "../golden/lint/fixtures.json");

/** The defects of the guide's Task (pipelines chapter §2), each by the rule that has to find it. */
const GUIDE_DEFECTS = [
  "SIG-02",
  "SIG-03",
  "SIG-04",
  "SIG-05",
  "SIG-06",
  "SIG-07",
  "SIG-08",
  "SIG-09",
  "SIG-10",
  "SIG-11",
  "SIG-12",
  "SIG-13",
  "INJ-01",
  "INJ-02",
  "PIN-01",
  "PIN-06",
  "ISO-09",
  "ISO-04",
  "ISO-08",
];

describe.skipIf(!existsSync(FOLDER))("lint over the pipeline fixtures", () => {
  const files = globSync("**/*.{yaml,json,tmpl}", { cwd: FOLDER }).toSorted();

  test("finds every defect of the guide's Task, each by its rule", () => {
    const found = new Set(failed(lint(["guide-task.yaml"])).map(({ rule }) => rule));
    expect(GUIDE_DEFECTS).toHaveLength(19);
    expect(GUIDE_DEFECTS.filter((rule) => !found.has(rule))).toEqual([]);
  });

  test("finds nothing in our own Task, and says what of its run is not in sight", () => {
    const report = lint(["made/sign.yaml"]);
    expect(failed(report)).toEqual([]);
    expect(report.findings.length).toBeGreaterThan(0);
  });

  test("finds by each rule as often as is kept in test/golden/lint", () => {
    const documents = files.filter((file) => !file.startsWith("schemas/"));
    const { findings } = lint(documents);
    const counts = Object.fromEntries(
      LINT_RULES.map(({ code, id }) => {
        const own = findings.filter(({ rule }) => rule === code);
        const fail = own.filter(({ verdict }) => verdict === "fail").length;
        return [`${code} ${id}`, { fail, unknown: own.length - fail }];
      }),
    );
    const others = findings.filter(({ rule }) => rule.startsWith("LINT-")).length;
    const text = `${JSON.stringify({ ...counts, unread: others }, undefined, 2)}\n`;
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, text);
    expect(text).toBe(readFileSync(GOLDEN, "utf8"));
  });

  test.each(files)("reads %s without a crash, and each finding has a place in it", (file) => {
    const { findings } = lint([file]);
    const lineCount = readFileSync(join(FOLDER, file), "utf8").split("\n").length;
    expect(findings.filter(({ line, column }) => line < 1 || line > lineCount || column < 1)).toEqual([]);
  });

  test("knows the column of every line of every literal block", () => {
    const wrong = files
      .filter((file) => !file.startsWith("schemas/"))
      .flatMap((file) => {
        const lines = readFileSync(join(FOLDER, file), "utf8").split("\n");
        return read(file).documents.flatMap(({ root }) =>
          [...scalarsIn(root)]
            .filter(({ block }) => block !== undefined)
            .flatMap((scalar) => {
              let offset = 0;
              return scalar.text.split("\n").flatMap((text) => {
                const { line, column } = placeInText(scalar, offset);
                offset += text.length + 1;
                return text.trim() === "" || lines[line - 1]?.slice(column - 1) === text
                  ? []
                  : [`${file}:${line}:${column}`];
              });
            }),
        );
      });
    expect(wrong).toEqual([]);
  });
});

function read(file: string) {
  return readDefinitionFile(file, new Uint8Array(readFileSync(join(FOLDER, file))));
}

function lint(files: readonly string[]): LintReport {
  const knowledge = DEFAULT_KNOWLEDGE;
  return lintDefinitions({
    files: files.map(read),
    rules: LINT_RULES,
    knowledge,
    read: (text) => shellScriptReader.read(text),
  });
}

function failed({ findings }: LintReport) {
  return findings.filter(({ verdict }) => verdict === "fail");
}
