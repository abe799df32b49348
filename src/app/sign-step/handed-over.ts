import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import { readSbom, type Sbom } from "../../core/sign/predicates.ts";
import type { Registry } from "../../ports/registry.ts";
import type { DigestReference } from "./options.ts";

/** What fits into the memory that the Task asks for. */
const SBOM_BYTES_MAX = 32 * 1024 * 1024;
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Fetches an SBOM that an earlier task left in the registry: the only layer of a manifest, or a blob by itself. It comes by
 * digest, never through a folder that others can write. Faults: `registry.not-found`, `input.malformed`, those of the registry.
 */
export async function fetchSbom(registry: Registry, reference: DigestReference, signal: AbortSignal): Promise<Sbom> {
  const { repository, digest } = reference;
  const subject = `${repository}@${digest}`;
  const found = await registry.manifest(repository, digest, signal);
  const content = found ? onlyLayer(found.bytes, subject) : digest;
  const bytes = await registry.blob(repository, content, SBOM_BYTES_MAX, signal);
  if (!bytes) throw new Fault("registry.not-found", found ? `${subject}: its layer ${content}` : subject);
  const sbom = readSbom(bytes);
  if (!sbom.ok) throw new Fault("input.malformed", `${subject}: ${sbom.code}: ${sbom.detail}`);
  return sbom.value;
}

function onlyLayer(bytes: Uint8Array, subject: string): DigestRef {
  const layers = member(bytes, "layers");
  const [layer, ...others] = isJsonArray(layers) ? layers : [];
  const digest =
    isJsonObject(layer) && typeof layer["digest"] === "string" ? parseDigestRef(layer["digest"]) : undefined;
  if (digest && others.length === 0) return digest;
  throw new Fault("input.malformed", `${subject} is a manifest with other than one layer, so no SBOM`);
}

/** How many manifests an index has; 0 for an image of its own. */
export function countChildren(manifest: Uint8Array): number {
  const members = member(manifest, "manifests");
  return isJsonArray(members) ? members.length : 0;
}

function member(bytes: Uint8Array, name: string): JsonValue | undefined {
  const json = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok && isJsonObject(json.value) ? json.value[name] : undefined;
}
