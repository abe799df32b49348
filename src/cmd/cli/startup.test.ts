import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");

/** Prints every module that Node resolves, so that what is loaded can be asserted; the milliseconds are the bench's. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      process.stderr.write("loaded " + found.url + "\\n");
      return found;
    },
  });
`)}`;

function run(args: readonly string[]): { readonly status: number | null; readonly loaded: readonly string[] } {
  const { status, stderr } = spawnSync(process.execPath, ["--import", HOOK, MAIN, ...args], { encoding: "utf8" });
  return { status, loaded: [...stderr.matchAll(/^loaded (.+)$/gm)].map(([, url = ""]) => url) };
}

const packagesOf = (loaded: readonly string[]): readonly string[] => [
  ...new Set(loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])),
];

test.each([[["--help"]], [["version"]], [["help"]], [["explain", "3"]]])(
  "%j loads no package but commander, and no adapter",
  (args) => {
    const { status, loaded } = run(args);
    expect(status).toBe(0);
    expect(packagesOf(loaded)).toEqual(["commander"]);
    expect(loaded.filter((url) => url.includes("/src/adapters/"))).toEqual([]);
  },
);

test("--help loads none of the commands", () => {
  const { loaded } = run(["--help"]);
  const ours = [...new Set(loaded)].flatMap((url) => /\/src\/(cmd\/.+)$/.exec(url)?.[1] ?? []);
  expect(ours.toSorted()).toEqual([
    "cmd/cli/command-row.ts",
    "cmd/cli/command.ts",
    "cmd/cli/commands.ts",
    "cmd/cli/main.ts",
    "cmd/cli/run.ts",
  ]);
});
