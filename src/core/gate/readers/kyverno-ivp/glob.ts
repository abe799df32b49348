import { escapeRegex } from "../../../policy/exports/escape-regex.ts";

/**
 * A glob of gobwas/glob without separators, as Kyverno compiles it, as RE2 that matches the whole: `*` and `**` are any run,
 * `?` is one character, `[abc]`, `[!abc]` and `[a-z]` a class, `{a,b}` alternatives, `\x` the character itself. `undefined`
 * when it is none.
 */
export function toExpression(glob: string): string | undefined {
  let expression = "";
  let depth = 0;
  for (let at = 0; at < glob.length;) {
    const piece = pieceAt(glob, at, depth);
    if (!piece) return undefined;
    expression += piece.expression;
    depth += piece.deeper;
    at = piece.end;
  }
  return depth === 0 ? `^${expression}$` : undefined;
}

type Piece = { readonly expression: string; readonly end: number; readonly deeper: -1 | 0 | 1 };

const WILD: ReadonlyMap<string, string> = new Map([
  ["**", "(?s:.*)"],
  ["*", "(?s:.*)"],
  ["?", "(?s:.)"],
]);

function pieceAt(glob: string, at: number, depth: number): Piece | undefined {
  const double = glob.startsWith("**", at) ? "**" : "";
  const char = double || (Array.from(glob.slice(at, at + 2))[0] ?? "");
  const end = at + char.length;
  const wild = WILD.get(char);
  if (wild !== undefined) return { expression: wild, end, deeper: 0 };
  if (char === "[") return classAt(glob, end);
  if (char === "\\") return escapeAt(glob, end);
  if (char === "{") return { expression: "(?:", end, deeper: 1 };
  if (char === "}") return depth > 0 ? { expression: ")", end, deeper: -1 } : undefined;
  return { expression: char === "," && depth > 0 ? "|" : escapeRegex(char), end, deeper: 0 };
}

function escapeAt(glob: string, at: number): Piece | undefined {
  const [char] = Array.from(glob.slice(at, at + 2));
  return char === undefined ? undefined : { expression: escapeRegex(char), end: at + char.length, deeper: 0 };
}

/** Up to the next bracket; `!` first turns it round. */
function classAt(glob: string, from: number): Piece | undefined {
  const close = glob.indexOf("]", from);
  const inner = close < 0 ? "" : glob.slice(from, close);
  const isTurned = inner.startsWith("!");
  const members = isTurned ? inner.slice(1) : inner;
  if (members === "" || /[[\]\\^]/.test(members)) return undefined;
  return { expression: `[${isTurned ? "^" : ""}${members}]`, end: close + 1, deeper: 0 };
}
