import { parseRfc3339, type UnixMs } from "../time.ts";

/** A JSON object of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** Something in an object that was not what the API says; the rest of the object is kept. */
export type ObjectNote = { readonly path: string; readonly problem: NoteProblem };
export type NoteProblem =
  | "not-text"
  | "not-an-object"
  | "not-a-list"
  | "not-a-time"
  | "not-a-count"
  | "not-json"
  | "missing"
  | "too-many"
  | "malformed";

/**
 * Reads the fields of a foreign object without ever throwing: what is absent is `undefined`, what has the wrong type is
 * `undefined` and noted. Only own properties count, so `constructor` and `__proto__` are names like any other.
 */
export type FieldReader = {
  readonly path: string;
  readonly present: boolean;
  /** The value itself, for what is compared or passed on as it is. */
  readonly value: unknown;
  at(...keys: readonly string[]): FieldReader;
  text(key: string): string | undefined;
  flag(key: string): boolean;
  /** A whole number from 0 up. */
  count(key: string): number | undefined;
  time(key: string): UnixMs | undefined;
  /** The elements, at most `ITEMS_MAX`; more is noted. */
  items(key: string): readonly FieldReader[];
  /** A map of text to text, like labels; entries that are not text are noted and left out. */
  texts(key: string): Readonly<Record<string, string>>;
  note(key: string, problem: NoteProblem): void;
};

/** etcd refuses objects over 1.5 MiB; no list of one object that is read here comes near this. */
const ITEMS_MAX = 10_000;
const NOTES_MAX = 50;

/** A reader over `value` that writes what it cannot read into `notes`. */
export function readFields(value: unknown, notes: ObjectNote[], path = ""): FieldReader {
  const own = (key: string): unknown => (isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined);
  const child = (key: string): string => (path === "" ? key : `${path}.${key}`);
  const note = (key: string, problem: NoteProblem): void => {
    if (notes.length < NOTES_MAX) notes.push({ path: child(key), problem });
  };
  return {
    path,
    present: value !== undefined && value !== null,
    value,
    at: (...keys) => {
      const [key, ...rest] = keys;
      if (key === undefined) return readFields(value, notes, path);
      const next = own(key);
      if (next !== undefined && next !== null && !isFields(next)) note(key, "not-an-object");
      return readFields(next, notes, child(key)).at(...rest);
    },
    text: (key) => {
      const found = own(key);
      if (found === undefined || found === null) return undefined;
      if (typeof found === "string") return found;
      note(key, "not-text");
      return undefined;
    },
    flag: (key) => own(key) === true,
    count: (key) => {
      const found = own(key);
      if (found === undefined || found === null) return undefined;
      if (typeof found === "number" && Number.isSafeInteger(found) && found >= 0) return found;
      note(key, "not-a-count");
      return undefined;
    },
    time: (key) => {
      const found = own(key);
      if (found === undefined || found === null) return undefined;
      const at = typeof found === "string" ? parseRfc3339(found) : undefined;
      if (at === undefined) note(key, "not-a-time");
      return at;
    },
    items: (key) => {
      const found = own(key);
      if (found === undefined || found === null) return [];
      if (!Array.isArray(found)) {
        note(key, "not-a-list");
        return [];
      }
      if (found.length > ITEMS_MAX) note(key, "too-many");
      return found.slice(0, ITEMS_MAX).map((item: unknown, i) => readFields(item, notes, `${child(key)}[${i}]`));
    },
    texts: (key) => {
      const found = own(key);
      if (found === undefined || found === null) return {};
      if (!isFields(found)) {
        note(key, "not-an-object");
        return {};
      }
      const entries = Object.entries(found);
      if (entries.some(([, text]) => typeof text !== "string")) note(key, "not-text");
      return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
    },
    note,
  };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
