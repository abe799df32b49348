import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openSignerWorld, type SignerWorld } from "../../../test/setup/signer-world.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

let world: SignerWorld;
let other: SignerWorld;
let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  [world, other] = await Promise.all([openSignerWorld("rekor2"), openSignerWorld("rekor2")]);
});
afterAll(async () => {
  await Promise.all([world.close(), other.close()]);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-trust-"));
  writeFileSync(at("root.json"), world.trustedRoot);
  writeConfig("config.yaml", { private: "root.json" });
  writeConfig("none.yaml", {});
});

function writeConfig(name: string, roots: Readonly<Record<string, string>>): void {
  const domains = Object.entries(roots).map(([domain, file]) => ({
    name: domain,
    root: { file: { trustedRootFile: at(file) } },
  }));
  writeFileSync(at(name), JSON.stringify({ trust: { domains } }));
}

async function run(argv: readonly string[], config = "config.yaml"): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(["trust", ...argv, "--config", at(config)], io, COMMANDS);
  return heard;
}

/** Carries the domain to a file; its digest. */
async function carried(config = "config.yaml", file = "private.tar"): Promise<string> {
  const { out } = await run(["export", "private", "--out", at(file), "-o", "json"], config);
  return (JSON.parse(out) as { sha256: string }).sha256;
}

describe("trust", () => {
  test("list and show say what is trusted, and since when", async () => {
    const listed = await run(["list", "-o", "json"]);
    expect([listed.exit, JSON.parse(listed.out)]).toMatchObject([0, { items: [{ name: "private", state: "fresh" }] }]);
    const shown = await run(["show", "private", "-o", "json"]);
    const kinds = (JSON.parse(shown.out) as { instances: { kind: string }[] }).instances.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["ca", "ct log", "log", "tsa"]));
    expect(await run(["show", "nobody"])).toMatchObject({ exit: 2, err: expect.stringContaining('no "nobody"') });
  });

  test("a root that cannot be had is undecided, and the others are listed", async () => {
    writeConfig("two.yaml", { gone: "gone.json", private: "root.json" });
    const { exit, out } = await run(["list"], "two.yaml");
    expect([exit, out.split("\n")]).toEqual([
      3,
      [expect.stringContaining("gone unknown"), expect.stringContaining("private fresh"), ""],
    ]);
  });

  test("what was exported can be pinned where it was imported", async () => {
    const sha256 = await carried();
    const imported = await run(
      ["import", at("private.tar"), "--sha256", sha256, "--out", at("roots"), "-o", "json"],
      "none.yaml",
    );
    expect(imported).toMatchObject({ exit: 0, err: "" });
    const { root } = JSON.parse(imported.out) as { root: { file: { trustedRootFile: string } } };
    expect(readFileSync(root.file.trustedRootFile, "utf8")).toBe(world.trustedRoot);
    writeFileSync(at("pinned.yaml"), JSON.stringify({ trust: { domains: [{ name: "private", root }] } }));
    expect(await run(["list"], "pinned.yaml")).toMatchObject({ exit: 0, out: expect.stringContaining(", pinned") });
  });

  test("another file than its maker speaks of is refused, and nothing is written", async () => {
    await carried();
    const refused = await run(["import", at("private.tar"), "--sha256", "0".repeat(64), "--out", at("roots")]);
    expect(refused).toMatchObject({
      exit: expect.toSatisfy((code: number) => code !== 0),
      err: expect.stringContaining("trust.pin-mismatch"),
    });
    expect(() => readFileSync(at("roots/private/trusted_root.json"))).toThrow(/ENOENT/);
  });

  test("a domain has one root: another replaces it when asked to, and is never joined to it", async () => {
    const first = await carried();
    await run(["import", at("private.tar"), "--sha256", first, "--out", at("roots")], "none.yaml");
    writeFileSync(at("other.json"), other.trustedRoot);
    writeConfig("other.yaml", { private: "other.json" });
    const second = [
      "import",
      at("other.tar"),
      "--sha256",
      await carried("other.yaml", "other.tar"),
      "--out",
      at("roots"),
    ];
    expect(await run(second, "none.yaml")).toMatchObject({
      exit: 2,
      err: expect.stringContaining("holds another root"),
    });
    expect(readFileSync(at("roots/private/trusted_root.json"), "utf8")).toBe(world.trustedRoot);
    expect(await run([...second, "--replace"], "none.yaml")).toMatchObject({ exit: 0 });
    expect(readFileSync(at("roots/private/trusted_root.json"), "utf8")).toBe(other.trustedRoot);
  });

  test("the root of one domain is not imported for a second", async () => {
    const sha256 = await carried();
    writeConfig("second.yaml", { public: "root.json" });
    const refused = await run(["import", at("private.tar"), "--sha256", sha256, "--out", at("roots")], "second.yaml");
    expect([refused.exit, refused.err]).toEqual([
      expect.any(Number),
      expect.stringContaining("domain public has the same root"),
    ]);
  });

  test("what is no archive is refused", async () => {
    writeFileSync(at("junk.tar"), "junk");
    const sha256 = "8e0e3b6b".repeat(8);
    expect((await run(["import", at("junk.tar"), "--sha256", sha256, "--out", at("roots")])).exit).not.toBe(0);
    expect(await run(["import", at("junk.tar"), "--sha256", "short", "--out", at("roots")])).toMatchObject({ exit: 2 });
  });
});
