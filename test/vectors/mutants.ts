/** One change to a JSON document, by a dotted path. */
export type Mutant = { readonly path: string; readonly change: string; readonly document: unknown };

type Members = Record<string, unknown>;

const DECIMAL = /^[0-9]{1,15}$/;
const STEPS = [1, 1000, 86_400];

/**
 * Every member deleted; every string with one bit flipped at its start, middle and end; every number, also one that is
 * written as a string, moved by 1, 1000 and a day of seconds.
 */
export function* mutantsOf(document: unknown): Generator<Mutant> {
  for (const path of pathsOf(document, [])) {
    const value = at(document, path);
    const name = path.join(".");
    yield { path: name, change: "deleted", document: changed(document, path, undefined) };
    if (typeof value === "number" || (typeof value === "string" && DECIMAL.test(value))) {
      for (const step of STEPS) {
        const moved = Number(value) + step;
        const next = typeof value === "string" ? String(moved) : moved;
        yield { path: name, change: `+${step}`, document: changed(document, path, next) };
      }
    } else if (typeof value === "string" && value.length > 0) {
      for (const index of new Set([0, value.length >> 1, value.length - 1])) {
        yield { path: name, change: `flipped at ${index}`, document: changed(document, path, flip(value, index)) };
      }
    }
  }
}

function flip(text: string, index: number): string {
  return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ 1) + text.slice(index + 1);
}

function pathsOf(value: unknown, prefix: readonly string[]): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = [...prefix, name];
    return [path, ...pathsOf(member, path)];
  });
}

function at(root: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => (value as Members)[name], root);
}

function changed(document: unknown, path: readonly string[], value: unknown): unknown {
  const copy: unknown = structuredClone(document);
  const parent = at(copy, path.slice(0, -1));
  const last = path.at(-1) ?? "";
  if (value !== undefined) (parent as Members)[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Members)[last];
  return copy;
}
