import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { clusterStoreContract, storedObject } from "../../ports/cluster-store.contract.ts";
import { factsStoreContract } from "../../ports/facts-store.contract.ts";
import { signatureStoreContract } from "../../ports/signature-store.contract.ts";
import { sqliteClusterStore } from "./cluster-store.ts";
import { openDatabase, type Database } from "./database.ts";
import { sqliteFactsStore } from "./facts-store.ts";
import { sqliteSignatureStore } from "./signature-store.ts";

const open: Database[] = [];
afterEach(() => {
  for (const database of open.splice(0)) if (database.db.isOpen) database.close();
});

clusterStoreContract("sqlite", () => reopening(sqliteClusterStore));
signatureStoreContract("sqlite", () => reopening(sqliteSignatureStore));
factsStoreContract("sqlite", () => reopening(sqliteFactsStore));

test("a batch that breaks off leaves neither its objects nor its position", async () => {
  const database = openFresh();
  const store = sqliteClusterStore(database);
  const bad = storedObject("b", { end: { kind: "elsewhere" as "deleted", goneBy: storedObject("b").lastSeen } });
  const batch = {
    cluster: "prod-eu",
    resource: "tekton.dev/taskruns",
    resourceVersion: "1",
    upserts: [storedObject("a"), bad],
  };
  await expect(store.commit(batch)).rejects.toThrow(/CHECK/);
  expect(await store.objects({ resource: "tekton.dev/taskruns" })).toEqual([]);
  expect(await store.resourceVersion("prod-eu", "tekton.dev/taskruns")).toBeUndefined();
});

function reopening<S>(storeOf: (database: Database) => S): { readonly store: S; readonly reopen: () => S } {
  const database = openFresh();
  const reopen = (): S => {
    database.close();
    return storeOf(openAt(database.path));
  };
  return { store: storeOf(database), reopen };
}

function openFresh(): Database {
  return openAt(join(mkdtempSync(join(tmpdir(), "countersign-")), "store.db"));
}

function openAt(path: string): Database {
  const database = openDatabase(path);
  open.push(database);
  return database;
}
