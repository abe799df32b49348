import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

/**
 * `Date` and `Math` are part of the language, so neither the compiler nor the cruiser sees a reach for time or chance.
 * The linter does; each line planted below ends in the rule that must stop it.
 */
const ROOT = join(import.meta.dirname, "../..");
const house = mkdtempSync(join(tmpdir(), "countersign-walls-"));
afterAll(() => rmSync(house, { recursive: true }));

test("the linter stops every planted reach for time and chance, and nothing else", () => {
  copyFileSync(join(ROOT, ".oxlintrc.json"), join(house, ".oxlintrc.json"));
  cpSync(join(import.meta.dirname, "planted-lint/src"), join(house, "src"), { recursive: true });
  const { stdout } = spawnSync("oxlint", ["--format", "json", "src"], { cwd: house, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; filename: string; labels: { span: { line: number } }[] }[];
  };
  const found = diagnostics.map(
    ({ code, filename, labels: [label] }) => `${filename}:${label?.span.line} ${/\((.+)\)/.exec(code)?.[1]}`,
  );
  expect(found.toSorted()).toEqual(planted());
});

function planted(): readonly string[] {
  const folder = join(house, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      readFileSync(join(folder, file), "utf8")
        .split("\n")
        .flatMap((line, i) => {
          const rule = / \/\/ (\S+)$/.exec(line)?.[1];
          return rule ? [`src/${file}:${i + 1} ${rule}`] : [];
        }),
    )
    .toSorted();
}
