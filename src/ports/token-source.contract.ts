import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { TokenSource } from "./token-source.ts";

const show = (text: string): string => text;

/** What every TokenSource must do. `open` gives a source and the way to change what it gives. */
export function tokenSourceContract(
  name: string,
  open: () => Promise<{ source: TokenSource; replace: (token: string) => Promise<void> }>,
): void {
  const never = new AbortController().signal;

  describe(`TokenSource: ${name}`, () => {
    test("gives the token as it is now, each time", async () => {
      const { source, replace } = await open();
      await replace("aaa.bbb.ccc");
      expect((await source.read(never)).use(show)).toBe("aaa.bbb.ccc");
      await replace("ddd.eee.fff");
      expect((await source.read(never)).use(show)).toBe("ddd.eee.fff");
    });

    test("gives it as a secret", async () => {
      const { source, replace } = await open();
      await replace("aaa.bbb.ccc");
      expect(inspect(await source.read(never))).not.toContain("aaa");
    });

    test("does not start when nobody waits any more", async () => {
      const { source, replace } = await open();
      await replace("aaa.bbb.ccc");
      await expect(source.read(AbortSignal.abort(new RangeError("enough")))).rejects.toThrow(RangeError);
    });
  });
}
