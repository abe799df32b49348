import { bug, unreachable } from "../../core/bug.ts";
import type { Io } from "../io.ts";
import type { JsonValue } from "./json-value.ts";
import { renderCsv, renderTable, type Table } from "./table.ts";

/** The formats that are rendered from a value here; a command with a format of its own (`junit`, `sarif`) renders it itself. */
export const FORMATS = ["text", "table", "json", "jsonl", "yaml", "csv"] as const;
export type Format = (typeof FORMATS)[number];

/** One result, in all the ways it can be shown. `json` is the whole of it; the others leave out, never add. */
export type View<Row> = {
  readonly json: JsonValue;
  readonly text?: () => string;
  readonly table?: Table<Row>;
  /** The documents of `jsonl`; the `items` of `json` unless given. */
  readonly lines?: readonly JsonValue[];
};

/** Writes a result to stdout in the format asked for. A format that the view cannot show is a bug: the option lists only those it can. */
export async function emit<Row>(io: Io, format: Format, view: View<Row>): Promise<void> {
  io.out(await render(format, view));
}

async function render<Row>(format: Format, view: View<Row>): Promise<string> {
  switch (format) {
    case "text":
      return view.text ? view.text() : bug("no text view");
    case "table":
      return view.table ? renderTable(view.table) : bug("no table view");
    case "csv":
      return view.table ? renderCsv(view.table) : bug("no table view");
    case "json":
      return `${JSON.stringify(view.json, undefined, 2)}\n`;
    case "jsonl":
      return linesOf(view)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join("");
    case "yaml":
      // Loaded here: 20 ms that only this format has to wait for.
      return (await import("yaml")).stringify(view.json, { aliasDuplicateObjects: false });
    default:
      return unreachable(format);
  }
}

function linesOf<Row>(view: View<Row>): readonly JsonValue[] {
  if (view.lines) return view.lines;
  const { json } = view;
  if (json !== null && typeof json === "object" && "items" in json && Array.isArray(json["items"]))
    return json["items"];
  return [json];
}
