import { rankOf } from "../../automata/alphabet.ts";
import type { Point } from "../form/zone.ts";

/** What is made small first (change-gate chapter §2.2). */
const ORDER = ["image", "issuer", "san", "namespace"];

/** Shorter first, then by the preferred alphabet, position by position. */
export function compareTexts(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  if (left.length !== right.length) return left.length - right.length;
  for (const [i, char] of left.entries()) {
    const order = rankOf(char.codePointAt(0) ?? 0) - rankOf(right[i]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

/** Points that leave more open come first; then the smaller one in the order of what people read first. */
export function comparePoints(a: Point, b: Point): number {
  for (const dimension of ORDER) {
    const order = compareTexts(textOf(a, dimension), textOf(b, dimension));
    if (order !== 0) return order;
  }
  return a.size - b.size || compareTexts(spell(a), spell(b));
}

function textOf(point: Point, dimension: string): string {
  return String(point.get(dimension) ?? "");
}

function spell(point: Point): string {
  return [...point]
    .map(([dimension, value]) => `${dimension} ${value}`)
    .toSorted()
    .join("\n");
}
