import { describe, expect, test } from "vitest";
import type { Seen } from "../correlate/world.ts";
import type { DigestRef } from "../digest.ts";
import type { ImageSet } from "../image/image-set.ts";
import type { Owned } from "../inventory/owner-chain.ts";
import { readPod, type Pod } from "../pipelines/pod.ts";
import type { UnixMs } from "../time.ts";
import { runningImages } from "./running-image.ts";

const AT = 1_790_000_000_000 as UnixMs;
const digest = (digit: string): DigestRef => `sha256:${digit.repeat(64)}` as DigestRef;
const API = "registry.example/payments/api";

type Container = { readonly image?: string; readonly imageID?: string; readonly state?: object };
type PodParts = {
  readonly name?: string;
  readonly namespace?: string;
  readonly owner?: string;
  readonly phase?: string;
  readonly gone?: true;
  readonly volumes?: readonly object[];
};

function podOf(containers: readonly Container[], parts: PodParts = {}): Seen<Pod> {
  const { name = "api-1", namespace = "payments", owner, phase = "Running", gone, volumes = [] } = parts;
  const ownerReferences =
    owner === undefined ? [] : [{ kind: "ReplicaSet", name: owner, uid: owner, controller: true }];
  const value = readPod({
    metadata: { name, namespace, uid: name, ownerReferences },
    spec: { containers: containers.map(({ image = `${API}:1` }, i) => ({ name: `c${i}`, image })), volumes },
    status: {
      phase,
      containerStatuses: containers.map(({ imageID = `${API}@${digest("a")}`, state = RUNNING }, i) => ({
        name: `c${i}`,
        imageID,
        state,
      })),
    },
  });
  return { cluster: "prod", value, observedAt: AT, ...(gone && { goneBy: AT }) };
}

const RUNNING = { running: { startedAt: "2026-11-23T10:00:00Z" } };
const metaOf = (uid: string, owners: Owned["meta"]["owners"] = []): Owned["meta"] => ({
  uid,
  namespace: "payments",
  name: uid,
  resourceVersion: "1",
  labels: {},
  annotations: {},
  owners,
});
const OWNERS: readonly Owned[] = [
  { kind: "ReplicaSet", meta: metaOf("rs", [{ kind: "Deployment", name: "api", uid: "dep", controller: true }]) },
  { kind: "Deployment", meta: metaOf("dep") },
];

function found(pods: readonly Seen<Pod>[], imageSets: readonly ImageSet[] = []) {
  return runningImages({ pods, owners: OWNERS, imageSets });
}

describe("runningImages", () => {
  test("lists an image once, with what a person deployed", () => {
    const pods = ["api-1", "api-2"].map((name) => podOf([{}, {}], { name, owner: "rs" }));
    expect(found([...pods, podOf([{}], { name: "alone" })])).toEqual([
      {
        cluster: "prod",
        namespace: "payments",
        given: `${API}:1`,
        repository: API,
        digests: [digest("a")],
        workloads: [
          { apiVersion: "apps/v1", kind: "Deployment", name: "api", uid: "dep", containers: ["c0", "c1"] },
          { apiVersion: "v1", kind: "Pod", name: "alone", uid: "alone", containers: ["c0"] },
        ],
      },
    ]);
  });

  test("keeps namespaces, digests and repositories apart", () => {
    const images = found([
      podOf([{}, { imageID: `${API}@${digest("b")}` }, { image: "registry.example/other:1" }]),
      podOf([{}], { namespace: "sandbox" }),
    ]);
    expect(images.map(({ namespace, repository, digests }) => [namespace, repository, digests[0]])).toEqual([
      ["payments", "registry.example/other", digest("a")],
      ["payments", API, digest("a")],
      ["payments", API, digest("b")],
      ["sandbox", API, digest("a")],
    ]);
  });

  test.each<[string, Seen<Pod>]>([
    ["of a pod that is gone", podOf([{}], { gone: true })],
    ["of a pod that has ended", podOf([{}], { phase: "Succeeded" })],
    ["that has ended", podOf([{ state: { terminated: { finishedAt: "2026-11-23T10:00:00Z" } } }])],
    ["that waits", podOf([{ imageID: "", state: { waiting: {} } }])],
  ])("leaves out a container %s", (_, pod) => {
    expect(found([pod])).toEqual([]);
  });

  test("takes the name of the spec, and not that of the mirror which served it", () => {
    const [image] = found([podOf([{ imageID: `mirror.example/cache/api@${digest("a")}` }])]);
    expect(image).toMatchObject({ repository: API, digests: [digest("a")] });
  });

  test("adds the indexes that hold what runs, by manifest and by configuration", () => {
    const index: ImageSet = {
      subject: digest("1"),
      isIndex: true,
      children: [{ manifest: digest("a"), platform: "linux/amd64", config: digest("c") }],
    };
    const alone: ImageSet = {
      subject: digest("a"),
      isIndex: false,
      children: [{ manifest: digest("a"), platform: "", config: digest("c") }],
    };
    expect(found([podOf([{}])], [index])[0]?.digests).toEqual([digest("a"), digest("1")]);
    expect(found([podOf([{ imageID: digest("c") }])], [alone, index])[0]?.digests).toEqual([digest("a"), digest("1")]);
    expect(found([podOf([{}])], [{ ...index, children: [] }])[0]?.digests).toEqual([digest("a")]);
  });

  test.each<[string, Container, readonly DigestRef[]]>([
    ["an id of no known form", { imageID: "what://is-this" }, []],
    ["a configuration that no registry was asked about", { imageID: digest("c") }, []],
    ["a configuration, pinned by the spec", { image: `${API}@${digest("d")}`, imageID: digest("c") }, [digest("d")]],
  ])("does not guess what runs from %s", (_, container, digests) => {
    expect(found([podOf([container])])[0]?.digests).toEqual(digests);
  });

  test("takes an image volume by its name, since nobody reports what was mounted", () => {
    const volumes = [{ name: "v", image: { reference: `${API}@${digest("e")}` } }];
    const [image] = found([podOf([{ imageID: "", state: { waiting: {} } }], { volumes })]);
    expect(image).toMatchObject({ digests: [digest("e")], workloads: [{ containers: ["v"] }] });
  });
});
