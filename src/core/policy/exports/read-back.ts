import type { SourceDocument } from "../problem.ts";
import type { ExportedDocument } from "./engine.ts";

/** Documents as a reader gets them, with no places: they have not been written yet. */
export function toSourceDocuments(documents: readonly ExportedDocument[]): readonly SourceDocument[] {
  return documents.map(({ name, syntax, value }) => ({ file: `${name}.${syntax}`, value, places: new Map() }));
}
