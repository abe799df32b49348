import { readDocuments } from "../../adapters/manifests/documents.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { isJsonObject } from "../../core/json/json.ts";
import { API_GROUP } from "../../core/names.ts";
import type { DocumentFile } from "../policy/document-files.ts";

/**
 * A file without its emergencies, every other line where it was. They loosen trust, are meant to, and have two people of
 * their own; a request that brings one must not hide a wider signer behind it. What is not surely one document of that
 * kind stays.
 */
export function withoutEmergencies({ path, bytes }: DocumentFile): Uint8Array {
  const text = parseUtf8(bytes);
  if (text === undefined || !text.includes("BreakGlass")) return bytes;
  return toUtf8(
    splitDocuments(text)
      .flatMap((lines) => (isEmergency(path, lines) ? lines.map((line) => (isMarker(line) ? "---" : "")) : lines))
      .join("\n"),
  );
}

/** A marker at the start of a line begins a document wherever it stands (YAML 1.2.2, 9.1.2). */
function splitDocuments(text: string): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const line of text.split("\n")) {
    if (isMarker(line)) parts.push([]);
    parts.at(-1)?.push(line);
  }
  return parts;
}

function isMarker(line: string): boolean {
  return /^---(?:[ \t\r]|$)/.test(line);
}

function isEmergency(path: string, lines: readonly string[]): boolean {
  const { documents, problems } = readDocuments([{ path, bytes: toUtf8(lines.join("\n")) }]);
  const [{ value } = { value: null }, ...others] = documents;
  if (problems.length > 0 || others.length > 0 || !isJsonObject(value)) return false;
  const { apiVersion, kind } = value;
  return kind === "BreakGlass" && typeof apiVersion === "string" && apiVersion.startsWith(`${API_GROUP}/`);
}
