import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { commandOf } from "./command.ts";
import { registerCommand, retireCommand } from "./identity-register.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-register-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  const command = () =>
    commandOf("identity", { sentence: "x", examples: [], exits: [0] })
      .addCommand(registerCommand(io))
      .addCommand(retireCommand(io));
  const row = { name: "identity", summary: "x", group: "Look", load: () => Promise.resolve({ command }) } as const;
  await runCli(["identity", ...argv], io, [row]);
  return heard;
}

const SAN = "https://kubernetes.io/namespaces/pay/serviceaccounts/builder";
const ASKED = ["--issuer", "https://kubernetes.default.svc", "--owner", "team-pay", "--image", "r.example/pay/**"];

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("identity register", () => {
  test("prints a patch, and writes nothing", async () => {
    const file = write("a.yaml", "apiVersion: countersign.dev/v1alpha1\nkind: IdentityRegister\nidentities: []\n");
    const { out, exit } = await run("register", SAN, ...ASKED, "--cluster", "prod", "--file", file);
    expect(exit).toBe(0);
    expect(out).toContain("+  - id: pay-builder\n+    owner: team-pay\n");
    expect(out).toContain("+    created: 2026-11-22\n+    expires: 2027-11-22\n");
    expect(readFileSync(file, "utf8")).toContain("identities: []");
  });

  test("writes a register that is new, and refuses an entry that is there", async () => {
    const file = join(folder, "new.yaml");
    expect(await run("register", SAN, ...ASKED, "--file", file, "--write")).toMatchObject({ out: "", exit: 0 });
    expect(readFileSync(file, "utf8")).toContain("id: pay-builder");
    const again = await run("register", SAN, ...ASKED, "--file", file, "--write");
    expect([again.exit, again.err]).toEqual([2, expect.stringContaining('TP006 "pay-builder" is there twice')]);
  });

  test("says that two entries have one SAN", async () => {
    const file = join(folder, "twice.yaml");
    await run("register", SAN, ...ASKED, "--file", file, "--write");
    const { exit, err } = await run("register", SAN, ...ASKED, "--id", "other", "--file", file);
    expect([exit, err]).toEqual([1, "GI007 register entries pay-builder and other have the same SAN\n"]);
  });

  test.each([
    [["--review-by", "2028-11-22"], "lasts longer than 400 days"],
    [["--family", "binary"], "is not image or sbom"],
    [["--image", "r{1,2}"], "TP007"],
    [["--id", "Pay"], "is no id"],
  ])("refuses %j with the place", async (more, expected) => {
    const { exit, err } = await run("register", SAN, ...ASKED, ...more, "--file", join(folder, "none.yaml"));
    expect([exit, err]).toEqual([2, expect.stringContaining(expected)]);
  });
});

describe("identity retire", () => {
  test.each([
    [[], "retiring"],
    [["--revoke"], "revoked"],
  ])("with %j the state is %s", async (more, state) => {
    const file = join(folder, `${state}.yaml`);
    await run("register", SAN, ...ASKED, "--file", file, "--write");
    const { out, exit } = await run("retire", "pay-builder", "--reason", "moved", ...more, "--file", file);
    expect([exit, out]).toEqual([
      0,
      expect.stringContaining(`-    state: active\n+    state: ${state}\n+    reason: moved\n`),
    ]);
  });

  test("knows no entry of another name, and no file that is not there", async () => {
    const file = join(folder, "known.yaml");
    await run("register", SAN, ...ASKED, "--file", file, "--write");
    expect(await run("retire", "other", "--reason", "x", "--file", file)).toMatchObject({ exit: 2 });
    expect(await run("retire", "other", "--reason", "x", "--file", join(folder, "no"))).toMatchObject({ exit: 2 });
  });
});
