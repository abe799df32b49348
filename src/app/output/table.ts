import { visible } from "./visible.ts";

/** Rows and how to read them: the source of `table` and `csv` output. */
export type Table<Row> = { readonly columns: readonly Column<Row>[]; readonly rows: readonly Row[] };
export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => string | number;
};

const GAP = "  ";

/** A table for a terminal: a line of titles, a line per row, columns padded to their widest cell, the last not padded. */
export function renderTable<Row>(table: Table<Row>): string {
  const lines = [
    table.columns.map((column) => column.title.toUpperCase()),
    ...table.rows.map((row) => table.columns.map((column) => visible(String(column.cell(row))))),
  ];
  const widths = table.columns.map((_, i) => Math.max(...lines.map((cells) => (cells[i] ?? "").length)));
  const last = widths.length - 1;
  return lines
    .map((cells) => `${cells.map((cell, i) => (i === last ? cell : cell.padEnd(widths[i] ?? 0))).join(GAP)}\n`)
    .join("");
}

/** CSV of RFC 4180 with a header row. A cell that a spreadsheet would take for a formula gets a leading `'`. */
export function renderCsv<Row>(table: Table<Row>): string {
  const header = table.columns.map((column) => csvCell(column.title));
  const rows = table.rows.map((row) => table.columns.map((column) => csvCell(column.cell(row))));
  return [header, ...rows].map((cells) => `${cells.join(",")}\r\n`).join("");
}

function csvCell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
