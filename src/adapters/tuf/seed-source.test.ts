import { describe, expect, test } from "vitest";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import { trustRootSourceContract } from "../../ports/trust-root-source.contract.ts";
import { walkRoots } from "./metadata.ts";
import { readSeed, seedSource } from "./seed-source.ts";

trustRootSourceContract("the shipped seed", { open: async () => seedSource() });

describe("readSeed", () => {
  test("gives a root that signed itself, from which the walk can start", async () => {
    const { root } = await readSeed();
    const walked = await walkRoots(root, async () => undefined);
    expect(walked.bytes).toBe(root);
    expect(walked.root.signed.version).toBeGreaterThanOrEqual(14);
  });

  test("gives the trusted root of the public-good instance", async () => {
    const { trustedRoot } = await readSeed();
    const root = readTrustedRoot(trustedRoot);
    expect(root.ok && root.value.tlogs.map(({ baseUrl }) => baseUrl)).toContain("https://rekor.sigstore.dev");
  });
});
