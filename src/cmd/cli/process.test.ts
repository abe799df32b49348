import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");
const BIN = join(import.meta.dirname, "../../../bin/countersign");
const folder = mkdtempSync(join(tmpdir(), "countersign-process-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A `serve` with nothing to follow, signals sent as it says these words; resolves to what the process left with. */
async function served(signals: readonly (readonly [saying: string, signal: NodeJS.Signals])[]): Promise<number | null> {
  const env = { PATH: process.env["PATH"], COUNTERSIGN_STORE_URL: `sqlite:${join(folder, "store.db")}` };
  const child = spawn(process.execPath, [MAIN, "serve", "--listen", "127.0.0.1:0"], { env, cwd: folder });
  const left = new Promise<number | null>((resolve) => child.once("exit", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    for (const [saying, signal] of signals) if (line.includes(`"${saying}"`)) child.kill(signal);
  }
  return left;
}

describe("the process", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends serve in good order, with %i", async (signal, code) => {
    expect(await served([["worker.started", signal]])).toBe(code);
  });

  test.each(["worker.started", "server.stopped"])(
    "two signals at once, as a terminal and a launcher send them, are one: the second as it says %s",
    async (saying) => {
      const first = ["worker.started", "SIGINT"] as const;
      expect(await served([first, [saying, "SIGINT"]])).toBe(130);
    },
  );

  test("a reader that has had enough ends it with 0", () => {
    const line = `"${process.execPath}" "${MAIN}" config schema | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    expect(spawnSync("bash", ["-c", line], { encoding: "utf8" })).toMatchObject({ stdout: "0\n", stderr: "" });
  });

  test("usage is 2, and stdout stays empty", () => {
    const { status, stdout } = spawnSync(process.execPath, [MAIN, "nothing"], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test.each([
    ["from any folder", BIN, process.env["PATH"]],
    ["with nothing else on PATH", "countersign", dirname(BIN)],
    ["through a link", linkTo(BIN), process.env["PATH"]],
  ])("bin/countersign starts the same program %s", (_, program, path) => {
    const { status, stdout } = spawnSync("/bin/sh", ["-c", `${program} version -o json`], {
      encoding: "utf8",
      cwd: folder,
      env: { PATH: path },
    });
    expect({ status, name: (JSON.parse(stdout) as { name: string }).name }).toEqual({ status: 0, name: "countersign" });
  });
});

function linkTo(file: string): string {
  const link = join(folder, "a-link");
  symlinkSync(file, link);
  return link;
}
