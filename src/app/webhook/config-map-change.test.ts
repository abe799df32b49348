import { expect, test } from "vitest";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { toBase64 } from "../../core/bytes/base64.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { configMapChange, keyOf } from "./config-map-change.ts";
import { withoutEmergencies } from "./without-emergencies.ts";

const never = new AbortController().signal;
const LIMITS = { fileBytesMax: 100, totalBytesMax: 1000 };

/** Both sides, each file by its path. */
async function sidesOf(before: JsonObject | undefined, after: JsonObject | undefined) {
  const { base, head } = await configMapChange(before, after).open(never);
  return Promise.all(
    [base, head].map(async (side) => {
      const { entries } = side;
      const contents = await side.read(entries, LIMITS, never);
      return Object.fromEntries(entries.map(({ path, id }) => [path, parseUtf8(contents.get(id) ?? new Uint8Array())]));
    }),
  );
}

test("what is mounted and loaded is a file, and what the gate reads stands where it looks", async () => {
  const before = {
    data: { "a.yaml": "1", "b.json": "2", "c.txt": "3", ".d.yaml": "4", ".gate.yaml": "5", ".waiver-x.yaml": "6" },
    binaryData: { "e.yml": toBase64(toUtf8("7")), "f.yml": "no base64!" },
  };
  expect(await sidesOf(before, { data: { "a.yaml": "1" } })).toEqual([
    {
      "a.yaml": "1",
      "b.json": "2",
      ".countersign/gate.yaml": "5",
      ".countersign/waivers/.waiver-x.yaml": "6",
      "e.yml": "7",
    },
    { "a.yaml": "1" },
  ]);
});

test.each<[string, JsonObject | undefined, JsonObject | undefined]>([
  ["created", undefined, { data: { "a.yaml": "1" } }],
  ["deleted", { data: { "a.yaml": "1" } }, undefined],
])("one that is %s has one side", async (_, before, after) => {
  expect(await sidesOf(before, after)).toEqual([before, after].map((one) => (one ? { "a.yaml": "1" } : {})));
});

test("the same content has the same id on both sides, and nothing too large is read", async () => {
  const { base, head } = await configMapChange({ data: { "a.yaml": "1" } }, { data: { "b.yaml": "1" } }).open(never);
  expect(base.entries[0]?.id).toBe(head.entries[0]?.id);
  const large = await configMapChange(undefined, { data: { "a.yaml": "x".repeat(101) } }).open(never);
  await expect(large.head.read(large.head.entries, LIMITS, never)).rejects.toMatchObject({ id: "input.too-large" });
  expect((await large.head.read(large.head.entries, { ...LIMITS, beyond: "skip" }, never)).size).toBe(0);
});

test.each([".gate.yaml", ".waiver-x.yaml", "a.yaml"])("a person is shown the key %s", async (key) => {
  const { head } = await configMapChange(undefined, { data: { [key]: "" } }).open(never);
  expect(head.entries.map(({ path }) => keyOf(path))).toEqual([key]);
});

const GLASS = "apiVersion: countersign.dev/v1alpha1\nkind: BreakGlass";
const BLANK = "\n";
const POLICY = "kind: TrustPolicy\nof: BreakGlass";

test.each([
  [
    "is blank, and the lines after it stay",
    `${POLICY}\n---\n${GLASS}\n---\n${POLICY}`,
    `${POLICY}\n---\n${BLANK}\n---\n${POLICY}`,
  ],
  ["first of all, too", `${GLASS}\n---\n${POLICY}`, `${BLANK}\n---\n${POLICY}`],
  ["beside its marker, too", `--- {apiVersion: countersign.dev/v1alpha1, kind: BreakGlass}\n`, "---\n"],
])("an emergency %s", (_, text, expected) => {
  expect(parseUtf8(withoutEmergencies({ path: "a.yaml", bytes: toUtf8(text) }))).toBe(expected);
});

test.each([
  ["another document after an end", `${GLASS}\n...\n${POLICY}`],
  ["what cannot be read", `${GLASS}\n  x: [`],
  ["a marker that is none", `${GLASS}\nx: |\n  ---\n---y`],
  ["another group", "apiVersion: countersign.example/v1\nkind: BreakGlass"],
  ["a kind that is named twice", `${GLASS}\nkind: TrustPolicy`],
])("what is not surely an emergency stays: %s", (_, text) => {
  expect(parseUtf8(withoutEmergencies({ path: "a.yaml", bytes: toUtf8(text) }))).toBe(text);
});
