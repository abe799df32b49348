import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { buildImage, PROGRAM } from "../../tools/build-sign-step-image.ts";
import { addElfNote } from "../../tools/elf-note.ts";
import { readBase, writeLayout, type Descriptor } from "../../src/app/deploy/oci/layout.ts";
import { renderTar } from "../../src/app/deploy/oci/tar.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-image-"));
afterAll(() => rmSync(folder, { recursive: true }));
const isLinux = process.platform === "linux";
/** A program that every Linux has, and that needs libraries. */
const TRUE = "/bin/true";

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const blob = (layout: string, { digest }: Pick<Descriptor, "digest">): Buffer =>
  readFileSync(join(layout, "blobs", ...digest.split(":")));
const json = (bytes: Buffer) => JSON.parse(bytes.toString("utf8"));

/** What image-spec v1.1 asks of a layout: every name is a hash, every size is right, and all is reached from the index. */
function checked(layout: string) {
  expect(json(readFileSync(join(layout, "oci-layout")))).toEqual({ imageLayoutVersion: "1.0.0" });
  const [described, ...others] = json(readFileSync(join(layout, "index.json"))).manifests;
  const manifest = json(blob(layout, described));
  const all: Descriptor[] = [described, manifest.config, ...manifest.layers];
  for (const one of all)
    expect([digestOf(blob(layout, one)), blob(layout, one).length]).toEqual([one.digest, one.size]);
  const names = all.map(({ digest }) => digest.slice("sha256:".length));
  expect(readdirSync(join(layout, "blobs/sha256")).toSorted()).toEqual([...new Set(names)].toSorted());
  const config = json(blob(layout, manifest.config));
  const layers: Buffer[] = manifest.layers.map((one: Descriptor) => gunzipSync(blob(layout, one)));
  expect(layers.map(digestOf)).toEqual(config.rootfs.diff_ids);
  expect([others, manifest.mediaType, described.platform.architecture]).toEqual([
    [],
    described.mediaType,
    config.architecture,
  ]);
  return { manifest, config, layers };
}

describe.skipIf(!isLinux)("the image of the signing step", () => {
  test("is a layout that holds the program and what it loads, and no shell", () => {
    const layout = join(folder, "plain");
    const digest = buildImage(TRUE, layout, undefined);
    const { manifest, config, layers } = checked(layout);
    expect(digestOf(blob(layout, { digest }))).toBe(digest);
    expect(config.config).toMatchObject({ User: "65532:65532", Entrypoint: [`/${PROGRAM}`], Env: [] });
    expect(manifest.annotations["org.opencontainers.image.licenses"]).toBe("Apache-2.0");
    const listed = execFileSync("tar", ["-tf", "-"], { input: layers[0] ?? "", encoding: "utf8" }).split("\n");
    expect(listed).toContain(PROGRAM);
    expect(listed.some((name) => name.includes("libc.so"))).toBe(true);
    expect(listed.filter((name) => /(^|\/)(bin|etc|tmp)\/|sh$/.test(name))).toEqual([]);
  });

  test("is the same, byte for byte, when it is built again", () => {
    expect(buildImage(TRUE, join(folder, "again"), undefined)).toBe(buildImage(TRUE, join(folder, "again"), undefined));
  });

  test.skipIf(process.getuid?.() !== 0)("runs with nothing but what is in it", () => {
    const layout = join(folder, "run");
    buildImage(TRUE, layout, undefined);
    const root = join(folder, "root");
    mkdirSync(root);
    execFileSync("tar", ["-xf", "-", "-C", root], { input: checked(layout).layers[0] ?? "" });
    const ran = spawnSync("chroot", ["--userspec=65532:65532", root, `/${PROGRAM}`]);
    expect([ran.status, ran.stderr.toString()]).toEqual([0, ""]);
  });

  test("lies on a base that was fetched before, where there is one", () => {
    const below = join(folder, "base");
    const input = {
      architecture: "amd64",
      base: undefined,
      annotations: {},
      config: { Env: ["PATH=/"], Labels: { a: "b" } },
    };
    const digest = writeLayout(below, {
      ...input,
      layers: [{ tar: renderTar([{ path: "etc/os-release", mode: 0o644, content: Buffer.from("x") }]) }],
    });
    const layout = join(folder, "on-base");
    buildImage(TRUE, layout, readBase(below, digest, "amd64"));
    const { manifest, config, layers } = checked(layout);
    expect(layers).toHaveLength(2);
    expect(config.config).toMatchObject({ Env: [], Labels: { a: "b" }, User: "65532:65532" });
    expect(manifest.annotations["org.opencontainers.image.base.digest"]).toBe(digest);
  });

  test("lies on no base that is another than named, or for another machine", () => {
    const below = join(folder, "bad");
    const input = { base: undefined, annotations: {}, config: {}, layers: [{ tar: renderTar([]) }] };
    const digest = writeLayout(below, { ...input, architecture: "amd64" });
    expect(() => readBase(below, digest, "arm64")).toThrow("is for amd64");
    expect(() => readBase(below, `sha256:${"0".repeat(64)}`, "amd64")).toThrow("has no sha256:000");
    expect(() => readBase(below, "../../etc/passwd", "amd64")).toThrow("has no");
    writeFileSync(join(below, "blobs", ...digest.split(":")), "{}");
    expect(() => readBase(below, digest, "amd64")).toThrow("not what its name says");
  });
});

test("a tar holds what it is given, for tar as well", () => {
  const tar = renderTar([
    { path: "a/b/program", mode: 0o755, content: Buffer.from("hello") },
    { path: "a/link", target: "b/program" },
  ]);
  const root = join(folder, "tar");
  mkdirSync(root);
  execFileSync("tar", ["-xf", "-", "-C", root], { input: tar });
  expect(readFileSync(join(root, "a/link"), "utf8")).toBe("hello");
  expect(() => renderTar([{ path: "x".repeat(101), mode: 0o644, content: Buffer.from("") }])).toThrow("too long");
});

describe.skipIf(!isLinux)("addElfNote", () => {
  test("leaves a program that runs, with a note that is found", () => {
    const path = join(folder, "noted");
    const content = Buffer.from("what is in it");
    writeFileSync(path, addElfNote(readFileSync(TRUE), "A_NOTE", content));
    chmodSync(path, 0o755);
    execFileSync(path);
    const elf = readFileSync(path);
    const table = Number(elf.readBigUInt64LE(32));
    const notes = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => table + i * 56)
      .filter((at) => elf.readUInt32LE(at) === 4)
      .map((at) => Number(elf.readBigUInt64LE(at + 8)));
    const note = notes.find((at) => elf.toString("latin1", at + 12, at + 18) === "A_NOTE") ?? 0;
    expect(elf.readUInt32LE(note + 4)).toBe(content.length);
    expect(elf.subarray(note + 20, note + 20 + content.length)).toEqual(content);
  });

  test.each([
    ["text", Buffer.from("#!/bin/sh\n".repeat(20))],
    ["a 32-bit program", Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1]), Buffer.alloc(100)])],
  ])("refuses %s", (_, bytes) => {
    expect(() => addElfNote(bytes, "A_NOTE", Buffer.from("x"))).toThrow("not a 64-bit");
  });
});
