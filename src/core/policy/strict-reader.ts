import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { parseRfc3339, type UnixMs } from "../time.ts";

/** One thing wrong with a policy, by the codes of the trust-policy chapter §1.5. */
export type PolicyProblem = {
  readonly id: string;
  /** `spec.families[0].images[1]`: the adapter finds the line by it. */
  readonly path: string;
  readonly message: string;
};

/** A value of a document, its place, and where its problems go. Reads on after a problem, so that all are found. */
export type StrictReader = {
  readonly path: string;
  readonly value: JsonValue | undefined;
  readonly present: boolean;
  readonly problem: (id: string, message: string) => void;
  /** Refuses members other than these. */
  readonly only: (...members: readonly string[]) => StrictReader;
  readonly at: (member: string) => StrictReader;
  readonly items: () => readonly StrictReader[];
  readonly members: () => readonly (readonly [string, StrictReader])[];
  readonly text: () => string;
  readonly texts: () => readonly string[];
  readonly time: () => UnixMs | undefined;
};

export function strictReader(value: JsonValue | undefined, path: string, problems: PolicyProblem[]): StrictReader {
  const problem = (id: string, message: string): void => {
    problems.push({ id, path, message });
  };
  const child = (member: string): string => (path === "" ? member : `${path}.${member}`);
  const object = (): JsonObject => {
    if (isJsonObject(value)) return value;
    problem("TP004", `${path || "the document"} is not an object`);
    return {};
  };
  const reader: StrictReader = {
    path,
    value,
    present: value !== undefined && value !== null,
    problem,
    only: (...members) => {
      for (const member of Object.keys(object())) {
        if (!members.includes(member)) {
          problems.push({ id: "TP003", path: child(member), message: `unknown field ${child(member)}` });
        }
      }
      return reader;
    },
    at: (member) => {
      const fields = isJsonObject(value) ? value : {};
      return strictReader(Object.hasOwn(fields, member) ? fields[member] : undefined, child(member), problems);
    },
    items: () => {
      if (value === undefined || value === null) return [];
      if (isJsonArray(value)) return value.map((item, i) => strictReader(item, `${path}[${i}]`, problems));
      problem("TP004", `${path} is not a list`);
      return [];
    },
    members: () => {
      if (value === undefined || value === null) return [];
      return Object.entries(object()).map(([name, item]) => [name, strictReader(item, child(name), problems)] as const);
    },
    text: () => {
      if (typeof value === "string" && value !== "") return value;
      problem("TP004", `${path} is not a text`);
      return "";
    },
    texts: () => reader.items().map((item) => item.text()),
    time: () => {
      const at =
        typeof value === "string"
          ? parseRfc3339(/^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value)
          : undefined;
      if (at === undefined) problem("TP007", `${path} is no date or time`);
      return at;
    },
  };
  return reader;
}
