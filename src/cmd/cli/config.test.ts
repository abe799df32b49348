import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(verb: string, text: string | Uint8Array, more: readonly string[] = []): Promise<Heard> {
  const file = join(folder, "countersign.yaml");
  writeFileSync(file, text);
  const { io, heard } = recordingIo();
  await runCli(["config", verb, "--config", file, ...more], io, COMMANDS);
  return { ...heard, out: heard.out.replaceAll(folder, "") };
}

describe("config check", () => {
  test("a good file is good", async () => {
    expect(await run("check", "store: { url: 'sqlite:x.db' }\n")).toEqual({
      out: "✓ the configuration is valid\n",
      err: "",
      exit: 0,
    });
  });

  test("every problem is said, and the exit is 2", async () => {
    const { out, exit } = await run("check", "stor: {}\nlimits: { queryRows: 0 }\n");
    expect(exit).toBe(2);
    expect(out).toContain('/countersign.yaml:1 stor: unknown key. Did you mean "store"?');
    expect(out).toContain("/countersign.yaml:2 limits.queryRows:");
  });

  test("what nothing acts on is said too: nobody is notified because a file says so", async () => {
    const { out, exit } = await run("check", "notify: [{ name: soc, type: webhook, url: 'https://soc.example' }]\n");
    expect(exit).toBe(0);
    expect(out).toContain("! note notify: read, and nothing in this version acts on it");
  });

  test.each([
    ["an escape sequence", "\u001B[31mfoo: 1\n", "countersign.yaml:1 ␦001B[31mfoo: unknown key"],
    ["an escape sequence in what fails", '"\\e[2J": 1\n', "countersign.yaml:1 ␦001B[2J: unknown key"],
  ])("%s of the file does not reach the terminal", async (_, text, expected) => {
    expect((await run("check", text)).out).toContain(expected);
    expect((await run("show", text)).err).not.toContain("\u001B");
  });

  test("bytes that are not UTF-8 are refused, and a byte order mark is passed over", async () => {
    const { err, exit } = await run("check", Uint8Array.of(0x6b, 0x3a, 0xff));
    expect({ exit, err }).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^input[.]malformed: [^]+: not UTF-8\n/),
    });
    expect(await run("check", "\uFEFFkind: Config\n")).toMatchObject({ exit: 0 });
  });

  test("a file that is not there is a usage error", async () => {
    const { io, heard } = recordingIo();
    await runCli(["config", "check", "--config", join(folder, "none.yaml")], io, COMMANDS);
    expect(heard).toMatchObject({ exit: 2, out: "" });
    expect(heard.err).toContain("config.missing");
  });
});

describe("config show", () => {
  test("prints every value with where it comes from", async () => {
    const { out } = await run("show", "telemetry:\n  logLevel: warn\n");
    expect(out).toContain('  logLevel: "warn"  # from: /countersign.yaml:2\n');
    expect(out).toContain('  listen: "127.0.0.1:7443"  # from: default\n');
  });

  test("what it prints is a configuration again", async () => {
    const { out } = await run("show", "clusters: [{ name: a }, { name: b }]\n");
    expect(await run("check", out)).toMatchObject({ exit: 0 });
  });

  test("does not show a configuration that does not hold", async () => {
    expect(await run("show", "stor: {}\n")).toMatchObject({ exit: 2, out: "" });
  });
});

test("config schema is the JSON Schema of the file", async () => {
  const { io, heard } = recordingIo();
  await runCli(["config", "schema"], io, COMMANDS);
  const schema = JSON.parse(heard.out) as { additionalProperties: boolean; properties: object };
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties)).toContain("store");
});
