import { createPublicKey, sign, verify } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importPublicKey } from "../../../core/crypto/public-key.ts";
import { newKeys, seededKeys, storedKeys, type KeyKind, type KeyPair } from "./keys.ts";

describe.each<[KeyKind, string]>([
  ["p256", "ecdsa-p256"],
  ["p384", "ecdsa-p384"],
  ["ed25519", "ed25519"],
  ["rsa2048", "rsa"],
])("a key of kind %s", (kind, alg) => {
  test.each([["newKeys", newKeys] as const, ["seededKeys", seededKeys("seed")] as const])(
    "of %s signs what its public half verifies",
    async (_, source) => {
      const key = await source("name", kind);
      expect(importPublicKey(key.spki)).toMatchObject({ ok: true, value: { alg } });
      expect(signsForItself(key)).toBe(true);
    },
  );

  test("of storedKeys is the same at the next start, whatever the source", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keys-"));
    const first = await storedKeys(join(folder, "keys"), newKeys)("name", kind);
    const second = await storedKeys(join(folder, "keys"), seededKeys("x"))("name", kind);
    expect(second.spki).toEqual(first.spki);
    expect(await readdir(join(folder, "keys"))).toEqual([`name.${kind}.pem`]);
    expect((await stat(join(folder, "keys", `name.${kind}.pem`))).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});

describe("seededKeys", () => {
  test.each<KeyKind>(["p256", "p384", "ed25519"])(
    "gives the same %s key for the same seed and name alone",
    async (kind) => {
      const key = await seededKeys("seed")("name", kind);
      expect((await seededKeys("seed")("name", kind)).spki).toEqual(key.spki);
      expect((await seededKeys("seed")("other", kind)).spki).not.toEqual(key.spki);
      expect((await seededKeys("other")("name", kind)).spki).not.toEqual(key.spki);
    },
  );
});

describe("storedKeys", () => {
  test("gives a fault when its folder cannot be", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keys-"));
    await writeFile(join(folder, "file"), "");
    await expect(storedKeys(join(folder, "file"), newKeys)("name", "p256")).rejects.toMatchObject({
      id: expect.stringMatching(/^store\./),
    });
    await rm(folder, { recursive: true });
  });
});

function signsForItself({ kind, privateKey, spki }: KeyPair): boolean {
  const hash = kind === "ed25519" ? null : "sha256";
  const data = Buffer.from("data");
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  return verify(hash, data, publicKey, sign(hash, data, privateKey));
}
