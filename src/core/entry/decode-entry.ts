import { parseUtf8 } from "../bytes/utf8.ts";
import { isCanonicalJson } from "../json/canonical.ts";
import { quote, startReading } from "../json/fields.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJsonText, type JsonCode } from "../json/read-json.ts";
import { malformed, type Parsed } from "../parsed.ts";
import { toMembers } from "./body.ts";
import type { DecodedEntry, EntryBodyCode, EntryContent } from "./decoded-entry.ts";
import type { EntryKind, SpecContent } from "./entry-kind.ts";
import { ENTRY_KINDS } from "./kinds.ts";

const BODY_BYTES_MAX = 4_194_304;

/** An entry body without the question whether it is canonical, which costs a rendering and a verifier does not ask. */
export type EntryBody = Omit<DecodedEntry, "canonical"> & EntryContent;

/** Decodes the body of a log entry (`canonicalizedBody`; a leaf of the tree). Total: what it cannot read it says. */
export function decodeEntry(body: Uint8Array): DecodedEntry {
  const text = parseText(body);
  const json = text.ok ? readJsonText(text.value, JSON_DEPTH_MAX) : text;
  const canonical = text.ok && json.ok && isCanonicalJson(json.value, text.value);
  return { ...toBody(json), canonical };
}

/** Decodes a body for comparison with a bundle. */
export function decodeEntryBody(body: Uint8Array): EntryBody {
  const text = parseText(body);
  return toBody(text.ok ? readJsonText(text.value, JSON_DEPTH_MAX) : text);
}

function parseText(body: Uint8Array): Parsed<string, JsonCode> {
  if (body.length > BODY_BYTES_MAX) return malformed("too-large", `an entry of ${body.length} bytes`);
  const text = parseUtf8(body);
  return text === undefined ? malformed("json-syntax", "the entry is not UTF-8") : { ok: true, value: text };
}

function toBody(json: Parsed<JsonValue, JsonCode>): EntryBody {
  if (!json.ok) return refused("", "", json.code, json.detail);
  const { kind, apiVersion, spec } = isJsonObject(json.value) ? json.value : {};
  if (typeof kind !== "string" || typeof apiVersion !== "string") {
    return refused("", "", "entry-body-syntax", "the entry names no kind and version");
  }
  const known = ENTRY_KINDS.find((candidate) => candidate.kind === kind && candidate.apiVersion === apiVersion);
  if (!known) {
    return refused(kind, apiVersion, "entry-kind-unsupported", `no decoder for ${quote(`${kind}/${apiVersion}`)}`);
  }
  const content = decodeSpec(known, spec);
  return content.ok
    ? { kind, apiVersion, parsed: true, ...content.value }
    : refused(kind, apiVersion, content.code, content.detail);
}

function decodeSpec(kind: EntryKind, spec: JsonValue | undefined): Parsed<SpecContent, EntryBodyCode> {
  const reading = startReading<EntryBodyCode>();
  return reading.conclude(kind.decode(reading, toMembers(reading, spec, "spec")));
}

function refused(kind: string, apiVersion: string, code: EntryBodyCode, detail: string): EntryBody {
  return { kind, apiVersion, parsed: false, problem: { code, detail } };
}
