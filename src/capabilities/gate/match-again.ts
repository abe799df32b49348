import type { Matching } from "../../core/gate/decide/tuple.ts";
import { holdsText, type TextSource } from "../../core/gate/form/text-language.ts";
import { unreachable } from "../../core/bug.ts";
import type { RegexCompiler } from "../../ports/regex-compiler.ts";

/**
 * Matches texts of witnesses by the regular expression engine itself, which shares nothing with the programs that the
 * search walks through: the second judge of every witness. Globs have one reading here, and keep it.
 */
export function matchAgain(compiler: Pick<RegexCompiler, "matchesWhole" | "isFoundIn">): Matching {
  const matches = (source: TextSource, text: string, byProgram: () => boolean): boolean => {
    switch (source.kind) {
      case "exact":
        return source.text === text;
      case "search":
        return compiler.isFoundIn(source.pattern, text);
      case "whole":
        return compiler.matchesWhole(source.pattern, text);
      case "glob":
      case "any":
        return byProgram();
      default:
        return unreachable(source);
    }
  };
  return (language, text) =>
    text.startsWith(language.prefix) && matches(language.source, text, () => holdsText(language, text));
}
