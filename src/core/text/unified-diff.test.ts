import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "./unified-diff.ts";

test("shows the lines that differ with those around them", () => {
  const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
  expect(unifiedDiff("x.yaml", before, before.replace("e\n", "E\nE2\n"))).toBe(
    "--- a/x.yaml\n+++ b/x.yaml\n@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+E2\n f\n g\n h\n",
  );
});

test("says of a new file that there was none, and of a last line that it has no end", () => {
  expect(unifiedDiff("x", "", "a\n")).toBe("--- /dev/null\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n");
  expect(unifiedDiff("x", "a\n", "a\nb")).toBe(
    "--- a/x\n+++ b/x\n@@ -1,1 +1,2 @@\n a\n+b\n\\ No newline at end of file\n",
  );
  expect(unifiedDiff("x", "a\n", "a\n")).toBe("");
});

test("leads from one text to the other", () => {
  const text = fc.array(fc.constantFrom("a\n", "b\n", "\n", "c"), { maxLength: 12 }).map((lines) => lines.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(apply(before, unifiedDiff("x", before, after))).toBe(after);
    }),
  );
});

/** Applies one piece, as `patch` does. */
function apply(before: string, diff: string): string {
  if (diff === "") return before;
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const [, at = "0", count = "0"] = /^@@ -(\d+),(\d+)/m.exec(diff) ?? [];
  const first = Number(count) === 0 ? Number(at) : Number(at) - 1;
  const body = diff.split(/^@@.*\n/m)[1] ?? "";
  const pieces = (body.match(/[^\n]*\n/g) ?? []).reduce<string[]>((all, line) => {
    // The mark takes the line feed of the line before it back.
    if (line.startsWith("\\")) return [...all.slice(0, -1), (all.at(-1) ?? "").slice(0, -1)];
    return [...all, line];
  }, []);
  const old = pieces.filter((line) => !line.startsWith("+")).map((line) => line.slice(1));
  expect(lines.slice(first, first + Number(count))).toEqual(old);
  const now = pieces.filter((line) => !line.startsWith("-")).map((line) => line.slice(1));
  return [...lines.slice(0, first), ...now, ...lines.slice(first + Number(count))].join("");
}
