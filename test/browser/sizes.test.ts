import { readdirSync } from "node:fs";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

/** What the console may weigh, gzip -9, in bytes (product chapter §5.1). */
const BUDGETS = { js: 230_000, css: 110_000, chunk: 25_000 };

const ASSETS = join(import.meta.dirname, "../../web/dist/assets");
const built = existsSync(ASSETS);

function weights(extension: string): readonly { readonly name: string; readonly bytes: number }[] {
  return readdirSync(ASSETS)
    .filter((name) => name.endsWith(extension))
    .map((name) => ({ name, bytes: gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length }));
}

const sum = (files: readonly { readonly bytes: number }[]): number =>
  files.reduce((total, { bytes }) => total + bytes, 0);

describe.skipIf(!built)("the console's weight", () => {
  test("all scripts are within the budget", () => {
    expect(sum(weights(".js"))).toBeGreaterThan(100_000);
    expect(sum(weights(".js"))).toBeLessThan(BUDGETS.js);
  });

  test("all styles are within the budget", () => {
    expect(sum(weights(".css"))).toBeGreaterThan(20_000);
    expect(sum(weights(".css"))).toBeLessThan(BUDGETS.css);
  });

  test("no screen is a heavy chunk of its own", () => {
    const screens = weights(".js").filter(({ name }) => /-page-/.test(name));
    expect(screens.length).toBeGreaterThan(3);
    expect(screens.filter(({ bytes }) => bytes > BUDGETS.chunk)).toEqual([]);
  });
});
