import { describe, expect, test } from "vitest";
import { CONTEXT, signerPolicyOf } from "../../../test/setup/policy-set.ts";
import { BUILDER, digest, event, link, T0 } from "../../../test/setup/signing-world.ts";
import type { Correlation } from "../correlate/correlation.ts";
import type { SignatureLink } from "../correlate/signature-link.ts";
import { renderEventRef } from "../entry/signing-event.ts";
import type { ImageSet } from "../image/image-set.ts";
import { readPod } from "../pipelines/pod.ts";
import { readWorkload } from "../pipelines/workload.ts";
import type { SignerPolicy } from "../policy/signer-policy.ts";
import { addMs, renderRfc3339, type UnixMs } from "../time.ts";
import { listContainers, type InventoryWorld } from "./inventory.ts";
import { isOrphaned, topOwner } from "./owner-chain.ts";
import { ranAt } from "./ran-at.ts";

const REPOSITORY = "registry.example/payments/api";
const [INDEX, CHILD, CONFIG] = [digest("1"), digest("2"), digest("3")];
const SET: ImageSet = {
  subject: INDEX,
  isIndex: true,
  children: [{ manifest: CHILD, platform: "linux/amd64", config: CONFIG }],
};

describe("listContainers", () => {
  test.each([
    [`${REPOSITORY}@${INDEX}`, "match-index"],
    [`${REPOSITORY}@${CHILD}`, "match-child"],
    [CONFIG, "match-config"],
    [CONFIG.slice("sha256:".length), "match-config"],
  ])("image id %s is joined to the signed index as %s", (imageID, match) => {
    const [container] = listContainers(
      world({ pods: [pod({ imageID })], links: [link({ repository: REPOSITORY, subject: INDEX })] }),
    );
    expect(container).toMatchObject({
      match,
      signing: "signed",
      signers: [BUILDER],
      grade: "A",
      repository: REPOSITORY,
    });
  });

  test("a single manifest that is signed matches exactly, without a set", () => {
    const [container] = listContainers(
      world({ pods: [pod({ imageID: `${REPOSITORY}@${CHILD}` })], links: [link({ subject: CHILD })], imageSets: [] }),
    );
    expect(container).toMatchObject({ match: "match-exact", signing: "signed" });
  });

  test.each<[string, Partial<InventoryWorld>, Partial<PodGiven>, object]>([
    [
      "an image that is resolved and has no signature is unsigned",
      { links: [] },
      {},
      { match: "no-match", signing: "unsigned", grade: "none" },
    ],
    [
      "an SBOM is no signature",
      { links: [link({ subject: INDEX, predicateType: "https://spdx.dev/Document" })] },
      {},
      { signing: "unsigned" },
    ],
    [
      "a signature of the child is none of the index that runs",
      { links: [link({ subject: CHILD })] },
      {},
      { signing: "unsigned" },
    ],
    ["an untrusted certificate signs nothing", { events: untrusted() }, {}, { signing: "unsigned", signers: [] }],
    ["a link whose entry is not known counts for nothing", { events: new Map() }, {}, { signing: "unsigned" }],
    [
      "an image in no registry is unresolvable",
      { imageSets: [], links: [] },
      {},
      { match: "unresolvable", signing: "unresolvable" },
    ],
    [
      "a container that has not started says so",
      { links: [], imageSets: [] },
      { imageID: "" },
      { imageId: "", reasons: ["the container has not started", "what runs is not known"] },
    ],
    ["an image id of no known form is kept", { links: [] }, { imageID: "nonsense" }, { signing: "unresolvable" }],
    ["a signer outside the policy is unexpected", { policy: policy("ledger") }, {}, { signing: "unexpected-identity" }],
    [
      "a repository of no family is expected to be signed by nobody",
      { policy: policy("payments", "registry.example/other/**") },
      {},
      { signing: "unexpected-identity" },
    ],
    [
      "a signer of the policy is expected",
      { policy: policy("payments") },
      {},
      {
        signing: "signed",
        reasons: ["family f of policy p allows its signer ns/payments/sa/builder @ https://oidc.prod-eu.example"],
      },
    ],
  ])("%s", (_, given, podGiven, expected) => {
    const base = { links: [link({ subject: INDEX })], pods: [pod(podGiven)] };
    const [container] = listContainers(world({ ...base, ...given }));
    expect(container).toMatchObject(expected);
  });

  test("names the chain of owners, and where it breaks off", () => {
    const replicaSet = readWorkload({
      kind: "ReplicaSet",
      metadata: {
        uid: "rs",
        name: "api-1",
        ownerReferences: [{ kind: "Deployment", name: "api", uid: "d", controller: true }],
      },
    });
    const deployment = readWorkload({ kind: "Deployment", metadata: { uid: "d", name: "api" } });
    const owned = pod({ owner: { kind: "ReplicaSet", name: "api-1", uid: "rs", controller: true } });
    const whole = listContainers(world({ pods: [owned], owners: [replicaSet, deployment] }))[0]?.owners ?? [];
    expect(whole.map(({ kind, name }) => `${kind}/${name}`)).toEqual(["ReplicaSet/api-1", "Deployment/api"]);
    const broken = listContainers(world({ pods: [owned], owners: [] }))[0]?.owners ?? [];
    expect([isOrphaned(broken), topOwner(broken)?.name]).toEqual([true, "api-1"]);
    const cycle = readWorkload({
      kind: "X",
      metadata: { uid: "rs", name: "x", ownerReferences: [{ kind: "X", name: "x", uid: "rs", controller: true }] },
    });
    expect(isOrphaned(listContainers(world({ pods: [owned], owners: [cycle] }))[0]?.owners ?? [])).toBe(true);
  });

  test("a container of a TaskRun's pod builds, and does not run in production", () => {
    const built = pod({ owner: { kind: "TaskRun", name: "t", uid: "t", controller: true } });
    expect(listContainers(world({ pods: [built] }))[0]?.containerKind).toBe("build");
  });
});

test("what ran at a time, certainly and possibly", () => {
  const gone = { ...pod({ name: "gone", startedAt: at(0) }), observedAt: at(10), goneBy: at(20) };
  const live = pod({ name: "live", startedAt: at(5) });
  const names = (when: UnixMs) => {
    const { certain, possible } = ranAt([gone, live], when);
    return [certain.map((ref) => ref.pod.value.meta.name), possible.map((ref) => ref.pod.value.meta.name)];
  };
  expect(names(at(-1))).toEqual([[], []]);
  expect(names(at(3))).toEqual([["gone"], []]);
  expect(names(at(15))).toEqual([["live"], ["gone"]]);
  expect(names(at(20))).toEqual([["live"], []]);
});

function untrusted(): InventoryWorld["events"] {
  const signing = event({ chain: "untrusted" });
  return new Map([[renderEventRef(signing), signing]]);
}

type PodGiven = { imageID: string; name: string; startedAt: UnixMs; owner: object };

function pod(given: Partial<PodGiven> = {}) {
  const startedAt = renderRfc3339(given.startedAt ?? T0);
  const value = readPod({
    metadata: {
      uid: given.name ?? "pod-1",
      name: given.name ?? "api-1",
      namespace: "payments-prod",
      ownerReferences: given.owner ? [given.owner] : [],
    },
    spec: { containers: [{ name: "api", image: `${REPOSITORY}:1` }] },
    status: {
      containerStatuses: [
        {
          name: "api",
          image: `${REPOSITORY}:1`,
          imageID: given.imageID ?? `${REPOSITORY}@${INDEX}`,
          state: { running: { startedAt } },
        },
      ],
    },
  });
  return { cluster: "prod-eu", value, observedAt: addMs(T0, 60_000) };
}

function world(given: Partial<InventoryWorld>): InventoryWorld {
  const signing = event({});
  const ref = renderEventRef(signing);
  const correlation: Correlation = { ...signing, grade: "A", candidates: [], reasons: [], gaps: [] };
  const links: readonly SignatureLink[] = [];
  return {
    pods: [],
    owners: [],
    imageSets: [SET],
    links,
    events: new Map([[ref, signing]]),
    correlations: new Map([[ref, correlation]]),
    ...given,
  };
}

function policy(namespace: string, images = "registry.example/payments/**"): SignerPolicy {
  const account = { cluster: "prod-eu", namespace, name: "builder" };
  const document = {
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustPolicy",
    metadata: { name: "p" },
    spec: {
      authorities: { a: { sigstore: { root: "private", identities: [{ serviceAccount: account }] } } },
      families: [{ name: "f", images: [images], require: [{ signature: "a" }] }],
    },
  };
  const clusters = { "prod-eu": { issuer: BUILDER.issuer, issuerType: "kubernetes" as const } };
  return signerPolicyOf([document], { ...CONTEXT, clusters });
}

function at(minutes: number): UnixMs {
  return addMs(T0, minutes * 60_000);
}
