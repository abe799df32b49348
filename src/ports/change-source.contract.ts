import { describe, expect, test } from "vitest";
import { parseUtf8 } from "../core/bytes/utf8.ts";
import type { Change, ChangeSource, Revision } from "./change-source.ts";

/** Path -> content; a link says where to. */
export type Planted = Readonly<Record<string, string | { readonly link: string }>>;

/** What every ChangeSource must do. `plant` makes the two sides, and the source that reads them. */
export function changeSourceContract(
  name: string,
  plant: (base: Planted, head: Planted) => Promise<ChangeSource>,
): void {
  const never = new AbortController().signal;
  const limits = { fileBytesMax: 1000, totalBytesMax: 2000 };

  const withChange = async <T>(base: Planted, head: Planted, use: (change: Change) => Promise<T>): Promise<T> => {
    const change = await (await plant(base, head)).open(never);
    try {
      return await use(change);
    } finally {
      await change.close();
    }
  };
  const shown = async (side: Revision): Promise<readonly (readonly [string, string | undefined])[]> => {
    const files = side.entries.filter(({ kind }) => kind === "file");
    const contents = await side.read(files, limits, never);
    return files
      .map(({ path, id }) => [path, parseUtf8(contents.get(id) ?? new Uint8Array([0xff]))] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  };

  describe(`ChangeSource · ${name}`, () => {
    test("reads the files of both sides", async () => {
      const base = { "a.yaml": "one\n", "deep/er/b.yaml": "two\n", "gone.yaml": "" };
      const head = { "a.yaml": "one\n", "deep/er/b.yaml": "three\n", "ünï code.yaml": "\u0000\u00ff" };
      await withChange(base, head, async (change) => {
        expect(await shown(change.base)).toEqual([
          ["a.yaml", "one\n"],
          ["deep/er/b.yaml", "two\n"],
          ["gone.yaml", ""],
        ]);
        expect(await shown(change.head)).toEqual([
          ["a.yaml", "one\n"],
          ["deep/er/b.yaml", "three\n"],
          ["ünï code.yaml", "\u0000\u00ff"],
        ]);
      });
    });

    test("tells links and does not follow them", async () => {
      await withChange(
        { "a.yaml": "x" },
        { "a.yaml": "x", "l.yaml": { link: "/etc/passwd" }, d: { link: "." } },
        async (change) => {
          const links = change.head.entries.filter(({ kind }) => kind === "link");
          expect(Object.fromEntries(links.map(({ path, target }) => [path, target]))).toEqual({
            d: ".",
            "l.yaml": "/etc/passwd",
          });
        },
      );
    });

    test.each([
      ["one file", { "a.yaml": "x".repeat(1001) }],
      ["all files together", { "a.yaml": "x".repeat(999), "b.yaml": "y".repeat(999), "c.yaml": "z".repeat(999) }],
    ])("refuses more than the limit of %s", async (_, base) => {
      await withChange(base, { "a.yaml": "" }, async (change) => {
        await expect(change.base.read(change.base.entries, limits, never)).rejects.toMatchObject({
          id: "input.too-large",
        });
      });
    });

    test("passes over what is beyond the limits, when it is told to", async () => {
      const base = { "a.yaml": "x".repeat(1001), "b.yaml": "y".repeat(999), "c.yaml": "z".repeat(999) };
      await withChange({ ...base, "d.yaml": "w".repeat(999) }, { "a.yaml": "" }, async (change) => {
        const read = await change.base.read(change.base.entries, { ...limits, beyond: "skip" }, never);
        expect([...read.values()].map(({ length }) => length)).toEqual([999, 999]);
        const again = await change.head.read(change.head.entries, limits, never);
        expect([...again.values()].map(({ length }) => length)).toEqual([0]);
      });
    });

    test("gives ids of which equal ones have equal contents", async () => {
      await withChange({ "a.yaml": "x", "b.yaml": "y" }, { "a.yaml": "z", "b.yaml": "y" }, async (change) => {
        expect(idOf(change.base, "a.yaml")).not.toBe(idOf(change.head, "a.yaml"));
      });
    });

    test("stops when it is told to", async () => {
      const source = await plant({ "a.yaml": "x" }, { "a.yaml": "y" });
      await expect(source.open(AbortSignal.abort(new Error("told")))).rejects.toThrow("told");
    });
  });
}

function idOf(side: Revision, wanted: string): string | undefined {
  return side.entries.find(({ path }) => path === wanted)?.id;
}
