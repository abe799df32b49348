import { parseUtf8 } from "../bytes/utf8.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

/** Short names that people may type, and the predicate types they stand for (cosign `pkg/cosign/attestation`). */
const PREDICATE_TYPES: ReadonlyMap<string, string> = new Map([
  ["slsaprovenance1", "https://slsa.dev/provenance/v1"],
  ["slsaprovenance", "https://slsa.dev/provenance/v1"],
  ["slsaprovenance02", "https://slsa.dev/provenance/v0.2"],
  ["cyclonedx", "https://cyclonedx.org/bom"],
  ["spdxjson", "https://spdx.dev/Document"],
  ["spdx", "https://spdx.dev/Document"],
  ["vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"],
  ["openvex", "https://openvex.dev/ns"],
]);

const URI = /^[a-z][a-z0-9+.-]*:[^\s]+$/i;

/** Parses a predicate type: a short name, or a full URI; `undefined` for anything else. */
export function parsePredicateType(text: string): string | undefined {
  return PREDICATE_TYPES.get(text) ?? (URI.test(text) ? text : undefined);
}

export type PredicateCode = JsonCode | "predicate-not-object" | "sbom-unknown";
export const PREDICATE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Reads a predicate: a JSON object, as in-toto has it. */
export function readPredicate(bytes: Uint8Array): Parsed<JsonValue, PredicateCode> {
  const json = readJson(bytes, { bytesMax: PREDICATE_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok || isJsonObject(json.value)) return json;
  return malformed("predicate-not-object", "a predicate is a JSON object");
}

/** An SBOM as a predicate, and the type it is of. */
export type Sbom = { readonly predicateType: string; readonly predicate: JsonValue };

/**
 * Reads an SBOM and tells its kind from its content: CycloneDX and SPDX as JSON are the predicate themselves, SPDX
 * tag-value is a JSON string.
 */
export function readSbom(bytes: Uint8Array): Parsed<Sbom, PredicateCode> {
  const json = readJson(bytes, { bytesMax: PREDICATE_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (json.ok && isJsonObject(json.value)) {
    if (json.value["bomFormat"] === "CycloneDX") return sbom("https://cyclonedx.org/bom", json.value);
    if (typeof json.value["spdxVersion"] === "string") return sbom("https://spdx.dev/Document", json.value);
  }
  const text = bytes.length <= PREDICATE_BYTES_MAX ? parseUtf8(bytes) : undefined;
  if (text !== undefined && /^SPDXVersion: SPDX-\d/m.test(text)) return sbom("https://spdx.dev/Document", text);
  if (!json.ok && json.code !== "json-syntax") return json;
  return malformed("sbom-unknown", "neither CycloneDX JSON nor SPDX, as JSON or tag-value");
}

function sbom(predicateType: string, predicate: JsonValue): Parsed<Sbom, PredicateCode> {
  return parsed({ predicateType, predicate });
}
