import { GATE_CONFIG_PATH } from "../../capabilities/gate/gather-change.ts";
import { parseBase64 } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject } from "../../core/json/json.ts";
import type { ChangeSource, ReadLimits, Revision } from "../../ports/change-source.ts";
import { isDocumentName, type DocumentFile } from "../policy/document-files.ts";
import { withoutEmergencies } from "./without-emergencies.ts";

/** Keys that the gate reads, and whoever mounts the ConfigMap passes over: a policy in one of them would never be in force. */
export const GATE_KEY = ".gate.yaml";
const WAIVER_KEY = /^\.waiver-[-._a-zA-Z0-9]+\.ya?ml$/;
const WAIVER_FOLDER = ".countersign/waivers";

/** Whether a key says by what a change is judged, rather than what is trusted. */
export function isGateKey(key: string): boolean {
  return key === GATE_KEY || WAIVER_KEY.test(key);
}

/** What is mounted of a ConfigMap: `data`, and `binaryData` (base64) as well. */
export function entriesOf({ data, binaryData }: JsonObject): readonly DocumentFile[] {
  const texts = isJsonObject(data) ? Object.entries(data) : [];
  const bytes = isJsonObject(binaryData) ? Object.entries(binaryData) : [];
  return [
    ...texts.flatMap(([path, text]) => (typeof text === "string" ? [{ path, bytes: toUtf8(text) }] : [])),
    ...bytes.flatMap(([path, text]) => {
      const read = typeof text === "string" ? parseBase64(text) : undefined;
      return read ? [{ path, bytes: read }] : [];
    }),
  ];
}

/** Those keys that are loaded as documents, as the mount is read. */
export function documentsOf(object: JsonObject): readonly DocumentFile[] {
  return entriesOf(object).filter(({ path }) => isDocumentName(path));
}

/** The two states of a ConfigMap as the two sides of a change: each key a file, those of the gate where it looks for them. */
export function configMapChange(before: JsonObject | undefined, after: JsonObject | undefined): ChangeSource {
  return {
    open: async () => ({
      base: revisionOf(before),
      head: revisionOf(after),
      isBaseOn: async () => undefined,
      close: async () => undefined,
    }),
  };
}

function revisionOf(object: JsonObject | undefined): Revision {
  const files = (object ? entriesOf(object) : []).flatMap(({ path: key, bytes }) => {
    const path = pathOf(key);
    if (path === undefined) return [];
    const judged = isGateKey(key) ? bytes : withoutEmergencies({ path, bytes });
    return [{ path, id: digestRefOf(judged), bytes: judged }];
  });
  const contents = new Map<string, Uint8Array>(files.map(({ id, bytes }) => [id, bytes]));
  return {
    entries: files.map(({ path, id }) => ({ path, kind: "file", id })),
    read: async (wanted, limits) =>
      new Map(wanted.flatMap(({ id, path }) => within(path, contents.get(id), limits).map((bytes) => [id, bytes]))),
  };
}

function pathOf(key: string): string | undefined {
  if (key === GATE_KEY) return GATE_CONFIG_PATH;
  if (WAIVER_KEY.test(key)) return `${WAIVER_FOLDER}/${key}`;
  return isDocumentName(key) ? key : undefined;
}

/** The key that a path of the gate stands for. */
export function keyOf(path: string): string {
  if (path === GATE_CONFIG_PATH) return GATE_KEY;
  return path.startsWith(`${WAIVER_FOLDER}/`) ? path.slice(WAIVER_FOLDER.length + 1) : path;
}

/** A ConfigMap is smaller than what the gate reads together. */
function within(
  path: string,
  bytes: Uint8Array | undefined,
  { fileBytesMax, beyond }: ReadLimits,
): readonly Uint8Array[] {
  if (!bytes) return [];
  if (bytes.length <= fileBytesMax) return [bytes];
  if (beyond === "skip") return [];
  throw new Fault("input.too-large", `${keyOf(path)}: ${bytes.length} bytes, ${fileBytesMax} are allowed`);
}
