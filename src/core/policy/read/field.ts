import { isJsonArray, isJsonObject, type JsonValue } from "../../json/json.ts";
import { quote } from "../../json/fields.ts";
import { editDistance } from "../../text/edit-distance.ts";
import { POLICY_CODES, type PolicyCode } from "../problem-codes.ts";
import type { PolicyProblem, Place, Position, SourceDocument } from "../problem.ts";

/** A value of a document, its place, and where its problems go. Reading goes on after a problem, so that all are found. */
export type Field = {
  /** `spec.families[0].name` */
  readonly path: string;
  readonly value: JsonValue | undefined;
  readonly present: boolean;
  readonly problem: (id: PolicyCode, message: string, fix?: string) => void;
  readonly at: (member: string) => Field;
  /** The elements of a list; none when it is absent. */
  readonly items: () => readonly Field[];
  /** The members of an object; none when it is absent. */
  readonly members: () => readonly (readonly [string, Field])[];
  /** Refuses members other than these, and says which was likely meant. */
  readonly only: (...names: readonly string[]) => Field;
  /** `file:line`, for a problem that another place is part of. */
  readonly place: string;
};

/** Enough for any document; beyond it the rest would be noise, and the list a way to fill memory. */
const PROBLEMS_MAX = 1000;
/** trust-policy chapter §1.5, TP003. */
const NEAR_EDITS_MAX = 2;

/** The root of a document; its problems are added to the list. */
export function fieldOf(document: SourceDocument, problems: PolicyProblem[]): Field {
  return field({ document, problems, pointer: "", path: "" }, document.value);
}

type Where = {
  readonly document: SourceDocument;
  readonly problems: PolicyProblem[];
  readonly pointer: string;
  readonly path: string;
};

function field(where: Where, value: JsonValue | undefined): Field {
  const report = (id: PolicyCode, message: string, fix?: string): void => addProblem(where, { id, message, fix });
  const self: Field = {
    path: where.path,
    value,
    present: value !== undefined && value !== null,
    problem: report,
    at: (member) => {
      const fields = isJsonObject(value) ? value : {};
      return field(memberOf(where, member), Object.hasOwn(fields, member) ? fields[member] : undefined);
    },
    items: () => {
      if (value === undefined || value === null) return [];
      if (isJsonArray(value)) return value.map((item, i) => field(itemOf(where, i), item));
      report("TP004", `${where.path} is not a list`);
      return [];
    },
    members: () => {
      if (value === undefined || value === null) return [];
      if (isJsonObject(value)) {
        return Object.entries(value).map(([name, item]) => [name, field(memberOf(where, name), item)] as const);
      }
      report("TP004", `${where.path || "the document"} is not an object`);
      return [];
    },
    only: (...names) => {
      for (const [name] of self.members()) if (!names.includes(name)) addUnknown(memberOf(where, name), name, names);
      return self;
    },
    place: `${where.document.file}:${positionOf(where).line}`,
  };
  return self;
}

function addUnknown(where: Where, name: string, known: readonly string[]): void {
  const near = known
    .map((candidate) => ({ candidate, edits: editDistance(candidate, name.slice(0, 64)) }))
    .filter(({ edits }) => edits <= NEAR_EDITS_MAX)
    .toSorted((a, b) => a.edits - b.edits)[0]?.candidate;
  const message = `unknown field ${where.path}${near === undefined ? "" : `; did you mean ${near}?`}`;
  const fix = near === undefined ? `Remove it; known here: ${known.join(", ")}.` : `Write ${near}.`;
  addProblem(where, { id: "TP003", message, fix, atName: true });
}

type Told = {
  readonly id: PolicyCode;
  readonly message: string;
  readonly fix: string | undefined;
  readonly atName?: true;
};

function addProblem(where: Where, { id, message, fix, atName }: Told): void {
  if (where.problems.length >= PROBLEMS_MAX) return;
  const { line, column } = positionOf(where, atName);
  const { level = "error", fix: usual }: { level?: "warning" | "error"; fix: string } = POLICY_CODES[id];
  const { file } = where.document;
  where.problems.push({ id, level, file, line, column, path: where.path, message, fix: fix ?? usual });
}

/** Where a value stands; one that is missing stands where its parent does. */
function positionOf({ document, pointer }: Where, atName?: true): Position {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf("/"))) {
    const place: Place | undefined = document.places.get(at);
    if (place) return (atName && at === pointer ? place.name : undefined) ?? place;
    if (at === "") return { line: 1, column: 1 };
  }
}

function memberOf(where: Where, name: string): Where {
  const shown = /^[\w-]{1,64}$/.test(name) ? name : quote(name);
  return {
    ...where,
    pointer: `${where.pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
    path: where.path === "" ? shown : `${where.path}.${shown}`,
  };
}

function itemOf(where: Where, index: number): Where {
  return { ...where, pointer: `${where.pointer}/${index}`, path: `${where.path}[${index}]` };
}
