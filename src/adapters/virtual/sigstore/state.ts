import { join } from "node:path";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { Fault } from "../../../core/fault.ts";
import { isJsonObject, type JsonValue } from "../../../core/json/json.ts";
import { readJson } from "../../../core/json/read-json.ts";
import { parseUnixMs, type UnixMs } from "../../../core/time.ts";
import { readIfThere, writeAtomically } from "../files.ts";

/** What an embedded Sigstore remembers over restarts beside keys, certificates and contents. */
export type SigstoreState = {
  /** How often it has started: metadata of a later start has higher versions. */
  readonly generation: number;
  /** The moment of the first start; what the trusted root says is valid from `since` on. */
  readonly since: UnixMs;
  /** The ports of the last start, by service. */
  readonly ports: Readonly<Record<string, number>>;
};

const FILE = "state.json";
const BYTES_MAX = 65_536;

/** The state of the last start; `undefined` before the first. Faults: `store.corrupt`. */
export async function readState(dir: string): Promise<SigstoreState | undefined> {
  const path = join(dir, FILE);
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const json = readJson(bytes, { bytesMax: BYTES_MAX, depthMax: 2 });
  const state = json.ok ? toState(json.value) : undefined;
  if (!state) throw new Fault("store.corrupt", path);
  return state;
}

export async function writeState(dir: string, state: SigstoreState): Promise<void> {
  await writeAtomically(join(dir, FILE), toUtf8(JSON.stringify(state)));
}

function toState(value: JsonValue): SigstoreState | undefined {
  if (!isJsonObject(value)) return undefined;
  const { generation, since, ports } = value;
  const start = typeof since === "number" ? parseUnixMs(since) : undefined;
  if (typeof generation !== "number" || start === undefined || !isJsonObject(ports)) return undefined;
  const known = Object.entries(ports).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return { generation, since: start, ports: Object.fromEntries(known) };
}
