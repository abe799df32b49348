import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ScriptReader } from "./script-reader.ts";

/** What every reader of scripts does. */
export function scriptReaderContract(reader: ScriptReader): void {
  const tools = (script: string): readonly string[] =>
    reader.read(script).commands.map(({ words }) => words.map(({ value }) => value).join(" "));

  describe("script reader", () => {
    test.each([
      ["a b c", ["a b c"]],
      ["a; b && c || d", ["a", "b", "c", "d"]],
      ["if a; then b; else c; fi", ["a", "b", "c"]],
      ["f() { a; }", ["a"]],
      ["a | b", ["a", "b"]],
      ["a $(b c)", ["a $(b c)", "b c"]],
      ["a <(b)", ["a <(b)", "b"]],
      ["a `b`", ["a `b`", "b"]],
      ["a 'b c' \"d e\"", ["a b c d e"]],
      ["case $x in a) b;; esac", ["b"]],
      ["cat <<EOF\n$(a)\nEOF", ["cat", "a"]],
      ["# a comment", []],
      ["X=1", [""]],
    ])("%j has the commands %j", (script, commands) => {
      expect(tools(script)).toEqual(commands);
    });

    test("says where words stand, and which expansions are quoted", () => {
      const script = 'x $A "$B" \'$C\' "${D:-e}" ${#F}';
      const [command] = reader.read(script).commands;
      const found = command?.words.flatMap(({ expansions }) => expansions) ?? [];
      expect(found.map(({ name, quoted, offset, isValue }) => [name, quoted, script[offset], isValue])).toEqual([
        ["A", false, "$", true],
        ["B", true, "$", true],
        ["D", true, "$", true],
        ["F", false, "$", false],
      ]);
    });

    test("keeps Tekton's variables apart from commands", () => {
      const { commands } = reader.read('echo "$(params.x)" $(params["y"]) > $(results.r.path)');
      expect(commands).toHaveLength(1);
      expect(commands[0]?.words.flatMap(({ expansions }) => expansions.map(({ kind, name }) => [kind, name]))).toEqual([
        ["tekton", "params.x"],
        ["tekton", 'params["y"]'],
      ]);
      expect(commands[0]?.redirects.map(({ operator, target }) => [operator, target.value])).toEqual([
        [">", "$(results.r.path)"],
      ]);
    });

    test("knows what reads from what", () => {
      const { commands } = reader.read("curl x | tee y | sh");
      expect(commands.map(({ readsFrom }) => readsFrom)).toEqual([undefined, 0, 1]);
    });

    test.each([
      ["x", "stops, last"],
      ["x; a", "stops"],
      ["x || true", "lost, last"],
      ["x || exit 1", "exits, last"],
      ["x || exit 0", "lost, last"],
      ["x || { echo no; exit 3; }", "exits, last"],
      ["x || { exit 0; exit 1; }", "lost, last"],
      ["x || { echo no; exit; }", "lost, last"],
      ["x && a", "passes, last"],
      ["x && a; b", "passes"],
      ["a && x", "stops, last, conditional"],
      ["a || x", "stops, last, conditional"],
      ["! x", "lost, last"],
      ["x | tee log", "piped, last"],
      ["a | x", "stops, last"],
      ["x &", "lost, last"],
      ["if a; then x; fi", "stops, last, conditional"],
      ["if x; then a; fi", "lost"],
      ["if ! x; then exit 1; fi", "exits"],
      ["if x; then a; else exit 1; fi", "exits"],
      ["for i in a b; do x; done", "stops"],
      ["for i in $A; do x; done", "stops, conditional"],
      ["while a; do x; done", "stops, conditional"],
      ["case $a in b) x;; esac", "stops, last, conditional"],
      ["f() { x; }", "stops, last, in f"],
      ["( x )", "stops, last"],
      ["{ x; } || true", "lost, last"],
      ["D=$(x)", "stops, last"],
      ["echo $(x)", "lost, last"],
    ])("of %j, x is %s", (script, expected) => {
      const { flow } = reader.read(script).commands.find(({ words }) => words[0]?.value === "x") ?? {};
      const told = [
        flow?.failure,
        ...(flow?.isLast ? ["last"] : []),
        ...(flow?.isConditional ? ["conditional"] : []),
        ...(flow?.function === undefined ? [] : [`in ${flow.function}`]),
      ];
      expect(told.join(", ")).toBe(expected);
    });

    test.each([
      ["an open quote", 'a "b'],
      ["an open substitution", "a $(b"],
      ["half an if", "if a; then"],
      ["an open quote in a substitution", 'a $(b "c)'],
      ["more than the limit", "a;".repeat(200_000)],
    ])("%s is not whole", (_, script) => {
      expect(reader.read(script).isWhole).toBe(false);
    });

    test("does not give up on hostile nesting", () => {
      for (const script of ["$(".repeat(3000), "(".repeat(5000), "{ ".repeat(5000), "a <<E\n".repeat(5000)]) {
        expect(reader.read(script)).toBeDefined();
      }
    });

    test("never throws", () => {
      const piece = fc.constantFrom(
        "$(",
        ")",
        "`",
        '"',
        "'",
        "\\",
        "<<E",
        "\nE\n",
        "if ",
        "fi",
        "|",
        "${a:-",
        "}",
        " a",
        "((",
        "$(params.x)",
      );
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string({ unit: "binary" }),
            fc.array(piece).map((all) => all.join("")),
          ),
          (script) => {
            for (const { words } of reader.read(script).commands) {
              for (const { offset, end } of words)
                expect(offset >= 0 && offset <= end && end <= script.length).toBe(true);
            }
          },
        ),
      );
    });
  });
}
