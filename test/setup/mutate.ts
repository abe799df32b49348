/** Chance that a number decides: the same number, the same chance (Mulberry32). */
export type Dice = {
  /** A whole number from 0, below `sides`. */
  readonly below: (sides: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
};

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const below = (sides: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * sides);
  };
  return { below, pick: (from) => from[below(from.length)] as (typeof from)[number] };
}

/** Values that readers have been fooled by. */
const SCALARS: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e21,
  "",
  "*",
  " ",
  "0",
  "null",
  "\u0000",
  "\ud800",
  "ſ",
  "__proto__",
  "a".repeat(600),
  [],
  {},
  [[]],
];
const TOKENS = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "\\",
  "\\u0000",
  "\n",
  "\t",
  "0",
  "e9",
  "-",
  "&a",
  "*a",
  "<<: ",
  "!!js ",
  "---\n",
  "# ",
];

type Tree = Record<string, unknown> | unknown[];

/** Text of a document bent out of shape: as a tree, as text, or both, a few times over. */
export function mutatedJson(document: unknown, dice: Dice, render: (tree: unknown) => string = JSON.stringify): string {
  let tree = structuredClone(document);
  const treeChanges = dice.below(4);
  for (let i = 0; i < treeChanges; i++) tree = changeTree(tree, dice);
  let text = render(tree) ?? "";
  const textChanges = treeChanges === 0 ? 1 + dice.below(3) : dice.below(3);
  for (let i = 0; i < textChanges; i++) text = changeText(text, dice);
  return text;
}

/** One change at a random place of a tree. */
function changeTree(tree: unknown, dice: Dice): unknown {
  const places: [Tree, string | number][] = [];
  collect(tree, places);
  if (places.length === 0) return dice.pick(SCALARS);
  const [holder, key] = dice.pick(places);
  const at = holder as Record<string | number, unknown>;
  const value = at[key];
  const [from, fromKey] = dice.pick(places);
  const other = (from as Record<string | number, unknown>)[fromKey];
  const change = dice.below(8);
  if (Array.isArray(holder) && change < 2) changeItem(holder, Number(key), change);
  else if (!Array.isArray(holder) && change < 3) changeMember(holder, String(key), { change, dice });
  else at[key] = changedValue(value, other, { change, dice });
  return tree;
}

function changeItem(list: unknown[], index: number, change: number): void {
  if (change === 0) list.splice(index, 1);
  else list.push(structuredClone(list[index]));
}

type Change = { readonly change: number; readonly dice: Dice };

function changeMember(object: Record<string, unknown>, key: string, { change, dice }: Change): void {
  const value = object[key];
  if (change < 2) Reflect.deleteProperty(object, key);
  if (change > 0) object[renamed(key, dice)] = value;
}

function changedValue(value: unknown, other: unknown, { change, dice }: Change): unknown {
  if (change < 4) return structuredClone(dice.pick(SCALARS));
  if (change === 4) return [value];
  if (change === 5) return structuredClone(other);
  if (change === 6 && typeof value === "string") return changeText(value, dice);
  return nested(value, 1 + dice.below(200));
}

function collect(tree: unknown, places: [Tree, string | number][]): void {
  if (Array.isArray(tree)) {
    for (const [i, item] of tree.entries()) {
      places.push([tree, i]);
      collect(item, places);
    }
  } else if (typeof tree === "object" && tree !== null) {
    for (const [key, item] of Object.entries(tree)) {
      places.push([tree as Record<string, unknown>, key]);
      collect(item, places);
    }
  }
}

function renamed(key: string, dice: Dice): string {
  return dice.pick([key.toUpperCase(), `${key} `, `${key}s`, key.slice(1), `\u200b${key}`, "__proto__", "constructor"]);
}

function nested(value: unknown, depth: number): unknown {
  let held = value;
  for (let i = 0; i < depth; i++) held = { a: held };
  return held;
}

/** One change of text: cut, doubled, swapped, or something put in. */
export function changeText(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + dice.below(40));
  switch (dice.below(6)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, to) + text.slice(at);
    case 2:
      return text.slice(0, at) + dice.pick(TOKENS) + text.slice(at);
    case 3:
      return text.slice(0, at) + String.fromCharCode(dice.below(0x250)) + text.slice(at + 1);
    case 4:
      return text.slice(0, at);
    default: {
      // A member twice: what is behind a comma, again, at another comma.
      const commas = [...text.matchAll(/,/g)].map(({ index }) => index);
      if (commas.length < 2) return text + text;
      const start = dice.pick(commas);
      const end = commas.find((comma) => comma > start) ?? start;
      const where = dice.pick(commas);
      return text.slice(0, where) + text.slice(start, end) + text.slice(where);
    }
  }
}
