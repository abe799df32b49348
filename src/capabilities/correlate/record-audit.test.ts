import { expect, test } from "vitest";
import { virtualClusterStore } from "../../adapters/virtual/cluster-store.ts";
import { virtualSignatureStore } from "../../adapters/virtual/signature-store.ts";
import type { UnixMs } from "../../core/time.ts";
import { gatherWorld } from "./gather-world.ts";
import { recordAudit } from "./record-audit.ts";

const issued = {
  kind: "Event",
  auditID: "a-1",
  verb: "create",
  stage: "ResponseComplete",
  user: { username: "system:node:worker-1" },
  objectRef: { resource: "serviceaccounts", subresource: "token", namespace: "payments", name: "builder" },
  responseStatus: { code: 201 },
  requestReceivedTimestamp: "2026-11-23T10:00:02Z",
  annotations: { "authentication.kubernetes.io/issued-credential-id": "JTI=1" },
};

test("tokens that were issued are kept, once, and found again; the rest of the log is passed over", async () => {
  const clusters = virtualClusterStore();
  const record = recordAudit({
    clusters,
    clock: { now: () => 1_800_000_000_000 as UnixMs, sleep: async () => undefined },
  });
  const other = { ...issued, auditID: "a-2", verb: "get" };
  const nameless = { ...issued, auditID: "" };
  expect(await record("prod-eu", [issued, other, nameless, null, "text"])).toBe(1);
  expect(await record("prod-eu", [issued])).toBe(1);
  expect(await record("prod-eu", [])).toBe(0);
  const stores = { clusters, signatures: virtualSignatureStore() };
  const { world } = await gatherWorld(stores, { clusters: [], logUrls: [] });
  expect(world.tokenIssues.map(({ cluster, value }) => [cluster, value.credentialId])).toEqual([["prod-eu", "JTI=1"]]);
});
