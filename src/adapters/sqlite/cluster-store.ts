import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { ClusterObject } from "../../ports/cluster.ts";
import type { ClusterStore, ObjectFilter, StoredObject, WatchGap } from "../../ports/cluster-store.ts";
import type { Database } from "./database.ts";
import { corrupt, text, time, type Row } from "./event-row.ts";
import { asFault } from "./fault.ts";
import { transaction } from "./transaction.ts";

/** A ClusterStore on an open database. */
export function sqliteClusterStore({ db, path }: Database): ClusterStore {
  const run = async <T>(operation: () => T): Promise<T> => asFault(path, operation);
  const write = async (operation: () => void): Promise<void> => asFault(path, () => transaction(db, operation));

  const upsert = db.prepare(`
    INSERT INTO cluster_object (cluster, uid, resource, namespace, name, first_seen, last_seen, end_kind, gone_by, object)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (cluster, uid) DO UPDATE SET resource = excluded.resource, namespace = excluded.namespace,
      name = excluded.name, last_seen = excluded.last_seen, end_kind = excluded.end_kind, gone_by = excluded.gone_by,
      object = excluded.object`);
  const move = db.prepare(
    "INSERT OR REPLACE INTO watch_position (cluster, resource, resource_version) VALUES (?, ?, ?)",
  );
  const position = db.prepare("SELECT resource_version FROM watch_position WHERE cluster = ? AND resource = ?");
  const one = db.prepare("SELECT * FROM cluster_object WHERE cluster = ? AND uid = ?");
  const openGap = db.prepare(
    "INSERT INTO watch_gap (cluster, resource, since, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const closeGap = db.prepare("UPDATE watch_gap SET until = ? WHERE cluster = ? AND resource = ? AND until IS NULL");
  const gaps = db.prepare("SELECT * FROM watch_gap ORDER BY since, gap_pk");

  return {
    commit: ({ cluster, resource, resourceVersion, upserts }) =>
      write(() => {
        for (const object of upserts) upsert.run(...toRow(object));
        move.run(cluster, resource, resourceVersion);
      }),
    resourceVersion: (cluster, resource) =>
      run(() => {
        const row = position.get(cluster, resource);
        return row && text(row, "resource_version");
      }),
    objects: (filter) => run(() => convertEach(db, filter, (object) => object)),
    convert: (filter, convert) => run(() => convertEach(db, filter, convert)),
    object: (cluster, uid) =>
      run(() => {
        const row = one.get(cluster, uid);
        return row && toObject(row);
      }),
    openGap: ({ cluster, resource, since, reason }) => write(() => void openGap.run(cluster, resource, since, reason)),
    closeGap: (cluster, resource, until) => write(() => void closeGap.run(until, cluster, resource)),
    gaps: () => run(() => gaps.all().map((row) => toGap(row))),
  };
}

function convertEach<T>(db: DatabaseSync, filter: ObjectFilter, convert: (object: StoredObject) => T): readonly T[] {
  const { where, values } = toWhere(filter);
  const rows = db.prepare(`SELECT * FROM cluster_object WHERE ${where} ORDER BY first_seen, rowid`);
  const converted: T[] = [];
  for (const row of rows.iterate(...values)) converted.push(convert(toObject(row)));
  return converted;
}

function toWhere(filter: ObjectFilter): { readonly where: string; readonly values: readonly SQLInputValue[] } {
  const { resource, cluster, live, seenSince, seenUntil } = filter;
  const terms: readonly (readonly [string, readonly SQLInputValue[]])[] = [
    ["resource = ?", [resource]],
    ...(cluster === undefined ? [] : [["cluster = ?", [cluster]] as const]),
    ...(live === true ? [["end_kind IS NULL", []] as const] : []),
    ...(seenSince === undefined ? [] : [["(end_kind IS NULL OR last_seen >= ?)", [seenSince]] as const]),
    ...(seenUntil === undefined ? [] : [["first_seen <= ?", [seenUntil]] as const]),
  ];
  return { where: terms.map(([term]) => term).join(" AND "), values: terms.flatMap(([, values]) => values) };
}

function toRow(object: StoredObject): readonly SQLInputValue[] {
  const { cluster, uid, resource, namespace, name, firstSeen, lastSeen, end } = object;
  const json = JSON.stringify(object.object);
  return [cluster, uid, resource, namespace, name, firstSeen, lastSeen, end?.kind ?? null, end?.goneBy ?? null, json];
}

function toObject(row: Row): StoredObject {
  const kind = row["end_kind"] === "deleted" || row["end_kind"] === "gone-between" ? row["end_kind"] : undefined;
  const object: unknown = JSON.parse(text(row, "object"));
  return {
    cluster: text(row, "cluster"),
    resource: text(row, "resource"),
    uid: text(row, "uid"),
    namespace: text(row, "namespace"),
    name: text(row, "name"),
    object: isClusterObject(object) ? object : corrupt("object"),
    firstSeen: time(row, "first_seen"),
    lastSeen: time(row, "last_seen"),
    ...(kind && { end: { kind, goneBy: time(row, "gone_by") } }),
  };
}

function toGap(row: Row): WatchGap {
  return {
    cluster: text(row, "cluster"),
    resource: text(row, "resource"),
    since: time(row, "since"),
    ...(row["until"] !== null && { until: time(row, "until") }),
    reason: text(row, "reason"),
  };
}

function isClusterObject(value: unknown): value is ClusterObject {
  return (
    typeof value === "object" &&
    value !== null &&
    "kind" in value &&
    typeof value.kind === "string" &&
    "apiVersion" in value &&
    typeof value.apiVersion === "string" &&
    "metadata" in value &&
    typeof value.metadata === "object" &&
    value.metadata !== null
  );
}
