import { Fault } from "../../core/fault.ts";
import type { GateInventory, RunningImage, SeenIdentity } from "../../core/gate/judge/inventory-tuples.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import { readInput } from "../read-input.ts";

const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Reads what runs and who signs, as `countersign workload list -o json` and `event list -o json` tell it. Faults:
 * `input.missing`, `input.unreadable`, `input.malformed`.
 */
export async function readInventory(path: string): Promise<GateInventory> {
  const read = readJson(await readInput(path, BYTES_MAX), { bytesMax: BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!read.ok) throw new Fault("input.malformed", `${path}: ${read.detail}`);
  const items = isJsonObject(read.value) ? read.value["items"] : undefined;
  if (!isJsonArray(items))
    throw new Fault("input.malformed", `${path}: not what \`workload list -o json\` or \`event list -o json\` prints`);
  const objects = items.filter((item) => isJsonObject(item));
  return { images: objects.flatMap(imageOf), identities: distinct(objects.flatMap(identitiesOf)) };
}

function imageOf({ repository, digest, namespace }: JsonObject): readonly RunningImage[] {
  if (typeof repository !== "string" || typeof digest !== "string") return [];
  return [{ image: `${repository}@${digest}`, namespace: typeof namespace === "string" ? namespace : "" }];
}

function identitiesOf({ signers, identity }: JsonObject): readonly SeenIdentity[] {
  const all: readonly (JsonValue | undefined)[] = [...(isJsonArray(signers) ? signers : []), identity];
  return all.flatMap((one) => {
    if (!isJsonObject(one)) return [];
    const { issuer, san } = one;
    return typeof issuer === "string" && typeof san === "string" ? [{ issuer, san }] : [];
  });
}

function distinct(identities: readonly SeenIdentity[]): readonly SeenIdentity[] {
  return [...new Map(identities.map((one) => [`${one.issuer}\n${one.san}`, one])).values()];
}
