import { describe, expect, test } from "vitest";
import { Fault } from "../core/fault.ts";
import { readSigningConfig } from "../core/trust/signing-config.ts";
import { readTrustedRoot } from "../core/trust/trusted-root.ts";
import type { TrustRootSource } from "./trust-root-source.ts";

/** What a source is opened over. `untrue`: the same source when what it reads is not what was signed or pinned. */
export type TrustRootSourceCase = {
  readonly open: () => Promise<TrustRootSource>;
  readonly untrue?: () => Promise<TrustRootSource>;
};

/** What every TrustRootSource does. */
export function trustRootSourceContract(name: string, { open, untrue }: TrustRootSourceCase): void {
  const never = new AbortController().signal;

  describe(`TrustRootSource: ${name}`, () => {
    test("read gives documents that can be read", async () => {
      const { trustedRoot, signingConfig } = await (await open()).read(never);
      const results = [readTrustedRoot(trustedRoot), ...(signingConfig ? [readSigningConfig(signingConfig)] : [])];
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
    });

    test("read says why what it gives is not fresh, and nothing when it is", async () => {
      const { state, reason } = await (await open()).read(never);
      expect(reason === "").toBe(state === "fresh");
    });

    test("read twice gives the same documents", async () => {
      const source = await open();
      const first = await source.read(never);
      const second = await source.read(never);
      expect(second.trustedRoot).toEqual(first.trustedRoot);
      expect(second.signingConfig).toEqual(first.signingConfig);
    });

    test("read by many at once gives all of them the same", async () => {
      const source = await open();
      const [first, ...others] = await Promise.all([1, 2, 3, 4].map(async () => source.read(never)));
      for (const other of others) expect(other.trustedRoot).toEqual(first?.trustedRoot);
    });

    test("read gives plain bytes, whose slices are copies", async () => {
      const { trustedRoot } = await (await open()).read(never);
      expect(Object.getPrototypeOf(trustedRoot)).toBe(Uint8Array.prototype);
    });

    test("read stops before it begins when it is told to", async () => {
      const reason = new Error("enough");
      await expect((await open()).read(AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test.skipIf(!untrue)("read gives nothing that is not authentic", async () => {
      const failure: unknown = await (await untrue?.())?.read(never).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(Fault);
      expect((failure as Fault).id).toMatch(/^trust\./);
    });
  });
}
