import { randomUUID } from "node:crypto";
import { renderRfc3339, type UnixMs } from "../../../core/time.ts";
import { apiVersionOf, type ApiResource } from "./resources.ts";

/** An object as clients send and get it. */
export type ApiObject = { readonly metadata: Metadata; readonly [field: string]: unknown };
export type Metadata = { readonly name?: string; readonly namespace?: string; readonly [field: string]: unknown };

export type Change = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: ApiResource;
  readonly object: ApiObject;
  readonly version: number;
};

export type Refusal = { readonly status: 404 | 409 | 410 | 422; readonly reason: string; readonly message: string };

/** The objects of the stand-in and the changes that made them, as etcd keeps them. */
export type ObjectTable = {
  readonly version: () => number;
  readonly list: (resource: ApiResource, namespace: string) => readonly ApiObject[];
  readonly read: (resource: ApiResource, namespace: string, name: string) => ApiObject | undefined;
  readonly create: (resource: ApiResource, object: ApiObject) => ApiObject | Refusal;
  /** Replaces all but what the server owns. Refuses a `resourceVersion` that is not the current one. */
  readonly replace: (resource: ApiResource, object: ApiObject) => ApiObject | Refusal;
  readonly replaceStatus: (resource: ApiResource, key: ObjectKey, status: unknown) => ApiObject | Refusal;
  readonly remove: (resource: ApiResource, key: ObjectKey) => ApiObject | Refusal;
  /** Changes after a version; `undefined` when they have been compacted away. */
  readonly changesAfter: (version: number) => readonly Change[] | undefined;
  /** Forgets the history, as etcd does every five minutes. Versions before now are gone for watchers. */
  readonly compact: () => void;
  readonly onChange: (listener: (change: Change) => void) => () => void;
};

export type ObjectKey = { readonly namespace: string; readonly name: string };

const DNS_NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** An empty table. `now` stamps `creationTimestamp` where the object brings none. */
export function objectTable(now: () => UnixMs): ObjectTable {
  const objects = new Map<string, ApiObject>();
  const changes = changeLog();
  const record = (type: Change["type"], resource: ApiResource, object: ApiObject): ApiObject => {
    const stamped = changes.add(type, resource, object);
    const key = keyOf(resource, stamped.metadata);
    if (type === "DELETED") objects.delete(key);
    else objects.set(key, stamped);
    changes.tell();
    return stamped;
  };
  const find = (resource: ApiResource, key: Metadata): ApiObject | undefined => objects.get(keyOf(resource, key));

  return {
    version: changes.version,
    list: (resource, namespace) => {
      const prefix = `${resource.group}/${resource.plural}/${namespace === "" ? "" : `${namespace}/`}`;
      return [...objects.entries()]
        .filter(([key]) => key.startsWith(prefix))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object);
    },
    read: (resource, namespace, name) => find(resource, { namespace, name }),
    create: (resource, object) => {
      const refusal = judgeNew(resource, object.metadata, find(resource, object.metadata));
      return refusal ?? record("ADDED", resource, newObject(resource, object, now()));
    },
    replace: (resource, object) => {
      const known = find(resource, object.metadata);
      if (!known) return notFound(resource, object.metadata.name);
      return judgeVersion(object, known) ?? record("MODIFIED", resource, withOwned(object, known));
    },
    replaceStatus: (resource, key, status) => {
      const known = find(resource, key);
      return known ? record("MODIFIED", resource, { ...known, status }) : notFound(resource, key.name);
    },
    remove: (resource, key) => {
      const known = find(resource, key);
      return known ? record("DELETED", resource, known) : notFound(resource, key.name);
    },
    changesAfter: changes.after,
    compact: changes.compact,
    onChange: changes.onChange,
  };
}

type ChangeLog = Pick<ObjectTable, "version" | "compact" | "onChange"> & {
  /** Numbers and keeps a change; returns the object with its version. */
  readonly add: (type: Change["type"], resource: ApiResource, object: ApiObject) => ApiObject;
  /** Tells the listeners of the newest change, once the table agrees with it. */
  readonly tell: () => void;
  readonly after: ObjectTable["changesAfter"];
};

function changeLog(): ChangeLog {
  const listeners = new Set<(change: Change) => void>();
  const history: Change[] = [];
  let compacted = 0;
  let version = 0;
  return {
    version: () => version,
    add: (type, resource, object) => {
      version += 1;
      const stamped: ApiObject = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      history.push({ type, resource, object: stamped, version });
      return stamped;
    },
    tell: () => {
      const newest = history.at(-1);
      if (newest) for (const listener of listeners) listener(newest);
    },
    // Versions have no gaps, so the place of a change follows from its version.
    after: (since) => (since < compacted ? undefined : history.slice(since - compacted)),
    compact: () => {
      compacted = version;
      history.length = 0;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function judgeNew(resource: ApiResource, metadata: Metadata, known: ApiObject | undefined): Refusal | undefined {
  const { name = "", namespace = "" } = metadata;
  if (!DNS_NAME.test(name) || (resource.namespaced && !DNS_NAME.test(namespace))) {
    return { status: 422, reason: "Invalid", message: `${JSON.stringify(`${namespace}/${name}`)} is no object name` };
  }
  const message = `${resource.plural} "${name}" already exists`;
  return known && { status: 409, reason: "AlreadyExists", message };
}

function judgeVersion(sent: ApiObject, known: ApiObject): Refusal | undefined {
  const version = sent.metadata["resourceVersion"];
  return version === undefined || version === known.metadata["resourceVersion"]
    ? undefined
    : { status: 409, reason: "Conflict", message: "the object has been modified" };
}

function newObject(resource: ApiResource, object: ApiObject, now: UnixMs): ApiObject {
  const owned = { uid: randomUUID(), creationTimestamp: renderRfc3339(now) };
  const metadata = { ...owned, ...object.metadata };
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
}

/** What the server owns stays as it is. */
function withOwned(object: ApiObject, known: ApiObject): ApiObject {
  const { uid, creationTimestamp } = known.metadata;
  const metadata: Metadata = { ...object.metadata, uid, creationTimestamp };
  return { ...object, apiVersion: known["apiVersion"], kind: known["kind"], metadata };
}

/** Whether a write was refused. */
export function isRefusal(result: ApiObject | Refusal): result is Refusal {
  return "reason" in result && typeof result["status"] === "number";
}

function notFound(resource: ApiResource, name = ""): Refusal {
  return { status: 404, reason: "NotFound", message: `${resource.plural} "${name}" not found` };
}

function keyOf(resource: ApiResource, { namespace = "", name = "" }: Metadata): string {
  return `${resource.group}/${resource.plural}/${resource.namespaced ? namespace : ""}/${name}`;
}
