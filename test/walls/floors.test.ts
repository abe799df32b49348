import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

/**
 * The floors as the compiler sees them. A small house is built from the real tsconfig of every floor; on each floor
 * one file imports from a floor that is not below it, and the compiler must refuse exactly that file. (Nothing is above
 * `cmd`; what it may not reach below is the cruiser's to stop, since references are transitive.)
 */
const ROOT = join(import.meta.dirname, "../..");
const NOT_BELOW: Readonly<Record<string, string>> = {
  core: "ports",
  ports: "adapters",
  capabilities: "adapters",
  adapters: "capabilities",
  app: "cmd",
};
const house = mkdtempSync(join(tmpdir(), "countersign-floors-"));
afterAll(() => rmSync(house, { recursive: true }));

test("the compiler refuses an import that does not go downward, on every floor", () => {
  copyFileSync(join(ROOT, "tsconfig.base.json"), join(house, "tsconfig.base.json"));
  symlinkSync(join(ROOT, "node_modules"), join(house, "node_modules"));
  writeFileSync(join(house, "package.json"), `{"type": "module"}\n`);
  const floors = [...Object.keys(NOT_BELOW), "cmd"];
  for (const floor of floors) buildFloor(floor);

  const { stdout } = spawnSync("tsc", ["-b", ...floors.map((floor) => `src/${floor}`), "--pretty", "false"], {
    cwd: house,
    encoding: "utf8",
  });
  const refused = [...stdout.matchAll(/^src\/(\w+)\/reaches-up[.]ts\(\d+,\d+\): error (TS6059|TS6307)/gm)];
  expect(new Set(refused.map(([, floor]) => floor))).toEqual(new Set(Object.keys(NOT_BELOW)));
  expect(stdout).not.toContain("stands.ts(");
});

function buildFloor(floor: string): void {
  const folder = join(house, "src", floor);
  mkdirSync(folder, { recursive: true });
  for (const file of ["tsconfig.json", "platform.d.ts"]) {
    const source = join(ROOT, "src", floor, file);
    if (existsSync(source)) copyFileSync(source, join(folder, file));
  }
  writeFileSync(join(folder, "stands.ts"), `export const ${floor} = 1;\n`);
  const above = NOT_BELOW[floor];
  if (above) writeFileSync(join(folder, "reaches-up.ts"), `export { ${above} } from "../${above}/stands.ts";\n`);
}
