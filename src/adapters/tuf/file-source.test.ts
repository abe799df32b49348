import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import { trustRootSourceContract } from "../../ports/trust-root-source.contract.ts";
import {
  renderClientTrustConfig,
  renderSigningConfig,
  renderTrustedRoot,
} from "../virtual/sigstore/trust-documents.ts";
import { fileSource } from "./file-source.ts";

const START = (parseUnixMs(1_790_000_000_000) ?? 0) as UnixMs;
const ROOT = renderTrustedRoot({ tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] });
const CONFIG = renderSigningConfig({
  operator: "test",
  start: START,
  fulcioUrl: "http://127.0.0.1:1",
  oidcUrl: "http://127.0.0.1:2",
  logs: [{ url: "http://127.0.0.1:3", majorApiVersion: 1 }],
  tsaUrl: "http://127.0.0.1:4/api/v1/timestamp",
});
const BOTH = renderClientTrustConfig(ROOT, CONFIG);
const PIN = sha256(toUtf8(ROOT));
const never = new AbortController().signal;

trustRootSourceContract("a pinned file", {
  open: async () => fileSource({ path: file("root.json", ROOT), sha256: PIN }),
  untrue: async () => fileSource({ path: file("other.json", `${ROOT}\n`), sha256: PIN }),
});
trustRootSourceContract("a file of both documents", {
  open: async () => fileSource({ path: file("both.json", BOTH), sha256: sha256(toUtf8(BOTH)) }),
});

describe("fileSource", () => {
  test("gives a trusted root byte for byte", async () => {
    const material = await fileSource({ path: file("root.json", ROOT) }).read(never);
    expect(material).toEqual({ trustedRoot: toUtf8(ROOT), state: "fresh", reason: "" });
  });

  test("splits a ClientTrustConfig without changing the trust id", async () => {
    const { trustedRoot, signingConfig } = await fileSource({ path: file("both.json", BOTH) }).read(never);
    expect(idOf(trustedRoot)).toEqual(idOf(toUtf8(ROOT)));
    expect(signingConfig).toBeDefined();
  });

  test("takes a signing config beside it", async () => {
    const signingConfigPath = file("config.json", CONFIG);
    const material = await fileSource({ path: file("root.json", ROOT), signingConfigPath }).read(never);
    expect(material.signingConfig).toEqual(toUtf8(CONFIG));
    const wrong = fileSource({ path: file("root.json", ROOT), signingConfigPath: file("wrong.json", ROOT) });
    await expect(wrong.read(never)).rejects.toMatchObject({ id: "trust.invalid" });
  });

  test.each<[string, string, string]>([
    ["not JSON", "{", "json-syntax"],
    ["another document", CONFIG, "trust-media-type"],
    ["a member twice", ROOT.replace("{", '{"tlogs":[],'), "json-duplicate-key"],
    ["a bad part in a ClientTrustConfig", BOTH.replace("trustedroot", "trustedRoot"), "trust-media-type"],
  ])("refuses %s, and says where and why", async (_, text, code) => {
    const path = file("bad.json", text);
    await expect(fileSource({ path }).read(never)).rejects.toMatchObject({
      id: "trust.invalid",
      subject: expect.stringContaining(`${path}: ${code}`),
    });
  });

  test.each<[string, string, () => string]>([
    ["a missing file", "input.missing", () => join(folder, "missing.json")],
    ["a folder", "input.unreadable", () => folder],
    ["a file below a file", "input.unreadable", () => join(file("root.json", ROOT), "below")],
    [
      "a file of more than 8 MiB",
      "input.too-large",
      () => {
        const path = file("large.json", "");
        truncateSync(path, 8_388_609);
        return path;
      },
    ],
  ])("refuses %s with %s", async (_, id, path) => {
    await expect(fileSource({ path: path() }).read(never)).rejects.toMatchObject({ id });
  });
});

function idOf(bytes: Uint8Array): unknown {
  const root = readTrustedRoot(bytes);
  return root.ok ? root.value.trustId : undefined;
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "trust-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
