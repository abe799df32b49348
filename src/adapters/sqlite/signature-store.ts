import type { SignatureLink } from "../../core/correlate/signature-link.ts";
import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import type { SignatureStore, StoredImageSet } from "../../ports/signature-store.ts";
import type { Database } from "./database.ts";
import { corrupt, number, text, time, type Row } from "./event-row.ts";
import { asFault } from "./fault.ts";
import { transaction } from "./transaction.ts";

/** A SignatureStore on an open database. */
export function sqliteSignatureStore({ db, path }: Database): SignatureStore {
  const run = async <T>(operation: () => T): Promise<T> => asFault(path, operation);
  const write = async (operation: () => void): Promise<void> => asFault(path, () => transaction(db, operation));

  const insertLink = db.prepare(`
    INSERT INTO signature_link
      (log, log_index, repository, subject, bundle, predicate_type, invocation_id, claimed_run, seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const allLinks = db.prepare("SELECT * FROM signature_link ORDER BY link_pk");
  const linksTo = db.prepare("SELECT * FROM signature_link WHERE subject = ? ORDER BY link_pk");
  const linksOf = db.prepare("SELECT * FROM signature_link WHERE log = ? AND log_index = ? ORDER BY link_pk");
  const putSet = db.prepare(`
    INSERT INTO image_set (repository, subject, is_index) VALUES (?, ?, ?)
    ON CONFLICT (repository, subject) DO UPDATE SET is_index = excluded.is_index RETURNING set_pk`);
  const dropChildren = db.prepare("DELETE FROM image_child WHERE set_pk = ?");
  const putChild = db.prepare(
    "INSERT INTO image_child (set_pk, position, manifest, platform, config) VALUES (?, ?, ?, ?, ?)",
  );
  const allSets = db.prepare("SELECT * FROM image_set ORDER BY set_pk");
  const allChildren = db.prepare("SELECT * FROM image_child ORDER BY set_pk, position");

  const saveSet = ({ repository, subject, isIndex, children }: StoredImageSet): void => {
    const setPk = number(putSet.get(repository, subject, isIndex ? 1 : 0) ?? {}, "set_pk");
    dropChildren.run(setPk);
    for (const [at, { manifest, platform, config }] of children.entries()) {
      putChild.run(setPk, at, manifest, platform, config ?? null);
    }
  };

  return {
    saveLinks: (links) =>
      write(() => {
        for (const link of links) {
          const { log, logIndex, repository, subject, bundle, predicateType, invocationId, claimedRunUid } = link;
          const claims = [predicateType ?? null, invocationId ?? null, claimedRunUid ?? null];
          insertLink.run(log, logIndex, repository, subject, bundle, ...claims, link.seenAt);
        }
      }),
    links: () => run(() => allLinks.all().map((row) => toLink(row))),
    linksTo: (subjects) =>
      run(() => [...new Set(subjects)].flatMap((subject) => linksTo.all(subject)).map((row) => toLink(row))),
    linksOf: ({ log, logIndex }) => run(() => linksOf.all(log, logIndex).map((row) => toLink(row))),
    saveImageSets: (sets) =>
      write(() => {
        for (const set of sets) saveSet(set);
      }),
    imageSets: () => run(() => toSets(allSets.all(), allChildren.all())),
  };
}

function toSets(rows: readonly Row[], childRows: readonly Row[]): readonly StoredImageSet[] {
  const children = Map.groupBy(childRows, (row) => number(row, "set_pk"));
  return rows.map((row) => ({
    repository: text(row, "repository"),
    subject: digest(row, "subject"),
    isIndex: number(row, "is_index") === 1,
    children: (children.get(number(row, "set_pk")) ?? []).map((child) => ({
      manifest: digest(child, "manifest"),
      platform: text(child, "platform"),
      ...(child["config"] !== null && { config: digest(child, "config") }),
    })),
  }));
}

function toLink(row: Row): SignatureLink {
  return {
    log: text(row, "log"),
    logIndex: number(row, "log_index"),
    repository: text(row, "repository"),
    subject: digest(row, "subject"),
    bundle: digest(row, "bundle"),
    ...(row["predicate_type"] !== null && { predicateType: text(row, "predicate_type") }),
    ...(row["invocation_id"] !== null && { invocationId: text(row, "invocation_id") }),
    ...(row["claimed_run"] !== null && { claimedRunUid: text(row, "claimed_run") }),
    seenAt: time(row, "seen_at"),
  };
}

function digest(row: Row, column: string): DigestRef {
  return parseDigestRef(text(row, column)) ?? corrupt(column);
}
