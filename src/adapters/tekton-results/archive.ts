import { parseBase64 } from "../../core/bytes/base64.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";
import { parseRfc3339, type UnixMs } from "../../core/time.ts";
import type { ClusterObject } from "../../ports/cluster.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { ArchivedRun, RunArchive } from "../../ports/run-archive.ts";
import type { TokenSource } from "../../ports/token-source.ts";

export type ResultsOptions = {
  /** Of the API, without `/apis/…`. */
  readonly url: string;
  /** The API takes tokens of its cluster, and asks it what the bearer may read. */
  readonly token?: TokenSource;
};

const PAGE_RECORDS = 100;
/** A hundred runs at etcd's limit each would be more; real pages have a few MiB. */
const PAGE_BYTES_MAX = 64 * 1024 * 1024;
/** A million runs of one namespace: beyond, something is wrong with the server or with us. */
const PAGES_MAX = 10_000;
const TIMEOUT_MS = 30_000;
const OBJECT_DEPTH_MAX = 100;
const TYPES = [
  "tekton.dev/v1.TaskRun",
  "tekton.dev/v1beta1.TaskRun",
  "tekton.dev/v1.PipelineRun",
  "tekton.dev/v1beta1.PipelineRun",
];
const FILTER = TYPES.map((type) => `data_type == "${type}"`).join(" || ");
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "cluster.unreachable",
  "http.timeout": "cluster.unreachable",
  "http.too-large": "cluster.malformed",
  "http.malformed": "cluster.malformed",
};

/** Tekton Results by its REST API (tektoncd/results `docs/api`, v1alpha2): runs are records, their manifests in base64. */
export function tektonResults(http: HttpClient, options: ResultsOptions): RunArchive {
  const base = options.url.replace(/\/+$/, "");
  const page = async (namespace: string, token: string, signal: AbortSignal): Promise<JsonValue> => {
    const query = new URLSearchParams({
      filter: FILTER,
      order_by: "create_time desc",
      page_size: String(PAGE_RECORDS),
      ...(token !== "" && { page_token: token }),
    });
    const path = `/apis/results.tekton.dev/v1alpha2/parents/${encodeURIComponent(namespace)}/results/-/records`;
    const secret = await options.token?.read(signal);
    const authorization = secret?.use((text) => `Bearer ${text}`);
    const headers = { accept: "application/json", ...(authorization !== undefined && { authorization }) };
    const request = {
      method: "GET",
      url: `${base}${path}?${query.toString()}`,
      headers,
      bytesMax: PAGE_BYTES_MAX,
      timeoutMs: TIMEOUT_MS,
    } as const;
    const answer = await http.send(request, signal).catch((error: unknown) => {
      throw renameFault(error, TRANSPORT);
    });
    return readAnswer(answer, `${base}${path}`);
  };
  return { runs: ({ namespace, since }, signal) => readRuns((token) => page(namespace, token, signal), since, base) };
}

async function* readRuns(
  page: (token: string) => Promise<JsonValue>,
  since: UnixMs,
  base: string,
): AsyncGenerator<ArchivedRun, void, undefined> {
  let token = "";
  for (let number = 0; number < PAGES_MAX; number++) {
    // oxlint-disable-next-line no-await-in-loop -- each page names the next
    const list = await page(token);
    const records = isJsonObject(list) ? (list["records"] ?? []) : undefined;
    if (!isJsonObject(list) || !isJsonArray(records))
      throw new Fault("cluster.malformed", `${base}: not a list of records`);
    for (const record of records) {
      const read = readRecord(record);
      // Newest first: all behind it are older.
      if (read && read.createdAt < since) return;
      if (read) yield read.run;
    }
    const next = list["nextPageToken"];
    if (typeof next !== "string" || next === "") return;
    token = next;
  }
  throw new Fault("cluster.malformed", `${base}: more than ${PAGES_MAX} pages`);
}

type Read = { readonly run: ArchivedRun; readonly createdAt: UnixMs };

/** A record that holds no run that can be read is passed over: it joins nothing, and there may be better ones behind it. */
function readRecord(record: JsonValue): Read | undefined {
  if (!isJsonObject(record) || !isJsonObject(record["data"])) return undefined;
  const { createTime, updateTime, data } = record;
  const createdAt = timeOf(createTime);
  const value = isJsonObject(data) && typeof data["value"] === "string" ? parseBase64(data["value"]) : undefined;
  const json = value && readJson(value, { bytesMax: value.length, depthMax: OBJECT_DEPTH_MAX });
  const object = json?.ok === true ? toObject(json.value) : undefined;
  if (!object || createdAt === undefined) return undefined;
  return { run: { object, updatedAt: timeOf(updateTime) ?? createdAt }, createdAt };
}

function timeOf(value: JsonValue | undefined): UnixMs | undefined {
  return typeof value === "string" ? parseRfc3339(value) : undefined;
}

function toObject(value: unknown): ClusterObject | undefined {
  if (!isFields(value) || !isFields(value["metadata"])) return undefined;
  const { apiVersion, kind, metadata } = value;
  return typeof apiVersion === "string" && typeof kind === "string"
    ? { ...value, apiVersion, kind, metadata }
    : undefined;
}

function readAnswer(
  { status, body }: { readonly status: number; readonly body: Uint8Array },
  subject: string,
): JsonValue {
  if (status === 401) throw new Fault("cluster.unauthorized", subject);
  if (status === 403) throw new Fault("cluster.forbidden", subject);
  if (status === 429 || status >= 500) throw new Fault("cluster.unreachable", `${subject} answered ${status}`);
  const json = readJson(body, { bytesMax: PAGE_BYTES_MAX, depthMax: OBJECT_DEPTH_MAX });
  if (status !== 200 || !json.ok) throw new Fault("cluster.malformed", `${subject} answered ${status}`);
  return json.value;
}
