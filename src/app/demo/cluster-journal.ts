import { closeSync, existsSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { ApiObject, ObjectTable } from "../../adapters/virtual/cluster/object-table.ts";
import type { ApiResource } from "../../adapters/virtual/cluster/resources.ts";

const NEWLINE = 10;

/**
 * Keeps the objects of a stand-in API server in a file, one change a line, as etcd would: written before the change is
 * answered, so that a killed demo finds the cluster as its clients left it. A torn last line was never answered and is
 * cut off. Returns what closes the file.
 */
export function keepCluster(path: string, table: ObjectTable, resources: readonly ApiResource[]): () => void {
  if (existsSync(path)) replay(path, table, resources);
  const file = openSync(path, "a", 0o600);
  const stop = table.onChange(({ type, resource, object }) => {
    writeSync(file, toUtf8(`${JSON.stringify({ type, plural: resource.plural, object })}\n`));
  });
  return () => {
    stop();
    closeSync(file);
  };
}

function replay(path: string, table: ObjectTable, resources: readonly ApiResource[]): void {
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(NEWLINE) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
  for (const line of bytes.subarray(0, whole).toString("utf8").split("\n")) {
    if (line === "") continue;
    const change = readChange(JSON.parse(line));
    const resource = resources.find(({ plural }) => plural === change?.plural);
    if (change && resource) apply(table, resource, change);
  }
}

type KeptChange = { readonly type: string; readonly plural: string; readonly object: ApiObject };

function apply(table: ObjectTable, resource: ApiResource, { type, object }: KeptChange): void {
  const { resourceVersion: _, ...metadata } = object.metadata;
  const given = { ...object, metadata };
  const { name = "", namespace = "" } = object.metadata;
  if (type === "ADDED") table.create(resource, given);
  else if (type === "MODIFIED") table.replace(resource, given);
  else table.remove(resource, { namespace, name });
}

function readChange(value: unknown): KeptChange | undefined {
  if (typeof value !== "object" || value === null || !("type" in value && "plural" in value && "object" in value)) {
    return undefined;
  }
  const { type, plural, object } = value;
  return typeof type === "string" && typeof plural === "string" && isApiObject(object)
    ? { type, plural, object }
    : undefined;
}

function isApiObject(value: unknown): value is ApiObject {
  return typeof value === "object" && value !== null && "metadata" in value && typeof value.metadata === "object";
}
