import { expect, test } from "vitest";
import { CONTEXT, readSet, type Draft } from "../../../test/setup/policy-set.ts";
import { link } from "../../../test/setup/signing-world.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { virtualClusterStore } from "../../adapters/virtual/cluster-store.ts";
import { virtualEventStore } from "../../adapters/virtual/event-store.ts";
import { virtualSignatureStore } from "../../adapters/virtual/signature-store.ts";
import type { SigningEvent } from "../../core/entry/signing-event.ts";
import { toServiceAccountSan } from "../../core/identity/identity.ts";
import type { Drift } from "../../core/policy/drift/judge-drift.ts";
import { toSignerPolicy } from "../../core/policy/to-signer-policy.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import { storedObject } from "../../ports/cluster-store.contract.ts";
import type { StoredObject } from "../../ports/cluster-store.ts";
import { batchOf, LOG, storedEntry } from "../../ports/stored-entry.contract.ts";
import { policyDrift } from "./policy-drift.ts";

const NOW = CONTEXT.now;
const daysAgo = (days: number): UnixMs => addMs(NOW, -days * 86_400_000);
const ISSUER = "https://oidc.prod-1.example.com";
const REPOSITORY = "registry.example.com/payments/api";
const CLUSTER = "prod-1";

test("finds each kind over the stores, and nothing of who is well", async () => {
  const { findings, gaps } = await look({});
  expect(gaps).toEqual([]);
  expect(findings.map(({ kind, identity, since }) => [kind, identity.split(" ")[0], since])).toEqual([
    ["unused", "ns/payments/sa/idle", daysAgo(100)],
    ["dangling", "ns/payments/sa/left", daysAgo(4)],
    ["missing", "ns/payments/sa/stranger", daysAgo(2)],
    ["missing", "ns/payments/sa/ready", daysAgo(6)],
  ]);
});

test("an entry whose certificate chains to nobody names no builder", async () => {
  const { findings } = await look({ chain: "untrusted" });
  expect(findings.map(({ identity }) => identity).join()).not.toContain("stranger");
});

test("an attestation by somebody else is no signature of the image", async () => {
  const { findings } = await look({ predicateType: "https://slsa.dev/provenance/v1" });
  expect(findings.map(({ identity }) => identity).join()).not.toContain("stranger");
});

test("a log that is disputed does not say that nobody signed", async () => {
  const { findings, gaps } = await look({ state: "disputed" });
  expect(findings.map(({ kind }) => kind)).not.toContain("unused");
  expect(gaps.map(({ detail }) => detail)).toEqual([`log ${LOG} is not followed, or is empty`]);
});

test("a watch that is open-ended says neither that an account is gone", async () => {
  const { findings, gaps } = await look({ gap: true });
  expect(findings.map(({ kind }) => kind)).toEqual(["missing", "missing"]);
  expect(gaps).toHaveLength(2);
});

test("a cluster that was never listed knows of no absence", async () => {
  const { findings, gaps } = await look({ listed: false });
  expect(findings.map(({ kind }) => kind)).toEqual(["missing"]);
  expect(gaps.map(({ detail }) => detail.includes("never listed"))).toEqual([true, true, true]);
});

const matches = (pattern: string, text: string): boolean => re2jsCompiler.matchesWhole(pattern, text);

type Given = {
  readonly chain?: SigningEvent["chain"];
  readonly predicateType?: string;
  readonly state?: "disputed";
  readonly gap?: boolean;
  readonly listed?: boolean;
};

async function look({ chain, predicateType, state, gap, listed }: Given): Promise<Drift> {
  const [events, signatures, clusters] = [virtualEventStore(), virtualSignatureStore(), virtualClusterStore()];
  const entries = [
    entry(0, "idle", 100, { logged: { hi: daysAgo(100) } }),
    entry(1, "builder", 3),
    entry(2, "left", 5),
    entry(3, "stranger", 2, { ...(chain && { chain }) }),
  ];
  await events.commit(batchOf(0, entries, { updatedAt: NOW, ...(state && { state }) }));
  const seen = { log: LOG, repository: REPOSITORY, seenAt: daysAgo(1), ...(predicateType && { predicateType }) };
  await signatures.saveLinks([link({ ...seen, logIndex: 1 }), link({ ...seen, logIndex: 3 })]);
  if (listed !== false) {
    for (const [resource, upserts] of Object.entries(objects())) {
      // oxlint-disable-next-line no-await-in-loop -- three lists
      await clusters.commit({ cluster: CLUSTER, resource, resourceVersion: "1", upserts });
    }
  }
  if (gap) await clusters.openGap({ cluster: CLUSTER, resource: "pods", since: NOW, reason: "no answer" });
  const { documents, problems } = readSet([SET]);
  if (!documents) throw new Error(JSON.stringify(problems));
  const find = policyDrift(
    { events, signatures, clusters, clock: { now: () => NOW }, matches },
    {
      clusters: [{ cluster: CLUSTER, issuer: ISSUER, issuerType: "kubernetes", audience: "sigstore" }],
      logs: [{ root: "private", log: LOG }],
    },
  );
  return find({ policy: documents.policy, expected: toSignerPolicy(documents, re2jsCompiler) });
}

const SET: Draft = {
  apiVersion: "countersign.dev/v1alpha1",
  kind: "TrustPolicy",
  metadata: { name: "production" },
  spec: {
    authorities: {
      builder: {
        sigstore: {
          root: "private",
          identities: ["builder", "idle", "left"].map((name) => ({
            serviceAccount: { cluster: CLUSTER, namespace: "payments", name },
          })),
        },
      },
    },
    families: [{ name: "payments", images: ["registry.example.com/payments/**"], require: [{ signature: "builder" }] }],
  },
};

function entry(index: number, serviceAccount: string, days: number, change: Partial<SigningEvent> = {}) {
  const san = toServiceAccountSan({ namespace: "payments", serviceAccount });
  const identities = [{ issuer: ISSUER, san, sanType: "uri" as const }];
  return storedEntry(index, { identities, eventTime: daysAgo(days), ...change });
}

function objects(): Readonly<Record<string, readonly StoredObject[]>> {
  const accounts = ["builder", "idle", "stranger", "ready"].map((name) => object("serviceaccounts", name));
  const left = object("serviceaccounts", "left", { end: { kind: "deleted", goneBy: daysAgo(4) } });
  return {
    namespaces: [object("namespaces", "payments")],
    serviceaccounts: [...accounts, left],
    pods: [podOf("ready", "sigstore", 6), podOf("idle", "vault", 6), podOf("idle", "sigstore", 40)],
  };
}

function object(resource: string, name: string, change: Partial<StoredObject> = {}): StoredObject {
  const uid = `${resource}-${name}`;
  return storedObject(uid, { cluster: CLUSTER, resource, name, firstSeen: daysAgo(200), lastSeen: NOW, ...change });
}

function podOf(serviceAccountName: string, audience: string, days: number): StoredObject {
  const volumes = [{ projected: { sources: [{ serviceAccountToken: { audience, path: "t" } }] } }];
  const name = `${serviceAccountName}-${days}`;
  const metadata = { uid: name, name, namespace: "payments" };
  return object("pods", name, {
    firstSeen: daysAgo(days),
    lastSeen: daysAgo(days),
    end: { kind: "deleted", goneBy: daysAgo(days) },
    object: { apiVersion: "v1", kind: "Pod", metadata, spec: { serviceAccountName, volumes } },
  });
}
