import type { JsonObject } from "../../core/json/json.ts";
import type { ExportedDocument, Loss } from "../../core/policy/exports/engine.ts";
import { renderComments, renderYamlDocuments } from "../../core/policy/exports/render-yaml.ts";
import type { ImportLoss } from "../../core/policy/imports/imported.ts";

/** One file of an export: all of its documents are of one syntax. */
export type ExportedFile = { readonly name: string; readonly text: string };

/** YAML documents as one file; JSON, which knows no comments and no streams, as a file each. */
export function toFiles(format: string, documents: readonly ExportedDocument[]): readonly ExportedFile[] {
  const yaml = documents.filter(({ syntax }) => syntax === "yaml");
  const json = documents.filter(({ syntax }) => syntax === "json");
  return [
    ...json.map(({ name, value }) => ({ name: `${name}.json`, text: `${JSON.stringify(value, null, 2)}\n` })),
    ...(yaml.length > 0 ? [{ name: `${format}.yaml`, text: renderYamlDocuments(yaml) }] : []),
  ];
}

/** A loss for a person: what it means, and what to do. */
export function renderLoss({ id, kind, effect, remedy }: Loss | ImportLoss, isAccepted: boolean): string {
  return `${isAccepted ? "accepted " : ""}${kind} ${id}\n    ${effect}\n    fix: ${remedy}\n`;
}

/** An imported policy as YAML, with its losses above it. */
export function renderImported(document: JsonObject, losses: readonly ImportLoss[]): string {
  const comments = losses.map(({ id, kind, effect }) => `${id}: ${kind}: ${effect}`);
  return `${renderComments(comments)}${renderYamlDocuments([{ value: document, comments: [] }]).replace(/^---\n/, "")}`;
}
