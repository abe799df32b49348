import { describe, expect, test } from "vitest";
import type { DigestRef } from "../digest.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { pinPatch } from "./pin.ts";
import type { AdmissionRequest, ObjectKind } from "./review.ts";
import { imagesOfRequest } from "./workload-images.ts";

const OLD = "registry.example/api:1";
const NEW = "registry.example/api:2";
const container = (name: string, image: JsonValue): JsonObject => ({ name, image });
const pod = (spec: JsonObject): JsonObject => ({ apiVersion: "v1", kind: "Pod", spec });
const POD: ObjectKind = { group: "", version: "v1", kind: "Pod" };

function ask(change: Partial<AdmissionRequest>) {
  const resource = { uid: "u", resource: "pods", subResource: "", namespace: "n", name: "p", user: "u", dryRun: false };
  return imagesOfRequest({ ...resource, operation: "CREATE", kind: POD, ...change });
}
const update = (before: JsonObject, after: JsonObject) =>
  ask({ operation: "UPDATE", oldObject: pod(before), object: pod(after) });

describe("imagesOfRequest", () => {
  test("finds all three kinds of containers and image volumes", () => {
    const spec = {
      containers: [container("a", "one")],
      initContainers: [container("b", "two")],
      ephemeralContainers: [container("c", "three")],
      volumes: [
        { name: "v", image: { reference: "four" } },
        { name: "tmp", emptyDir: {} },
      ],
    };
    const found = ask({ object: pod(spec) });
    expect(found.ok && found.value.map(({ image, unchanged }) => [image, unchanged])).toEqual([
      ["two", false],
      ["one", false],
      ["three", false],
      ["four", false],
    ]);
  });

  test.each<[string, JsonObject, JsonObject, readonly boolean[]]>([
    ["the same", { containers: [container("a", OLD)] }, { containers: [container("a", OLD)] }, [true]],
    ["another image", { containers: [container("a", OLD)] }, { containers: [container("a", NEW)] }, [false]],
    ["another name", { containers: [container("a", OLD)] }, { containers: [container("b", OLD)] }, [false]],
    [
      "one put in front",
      { containers: [container("a", OLD)] },
      { containers: [container("b", NEW), container("a", OLD)] },
      [false, true],
    ],
    [
      "two that change places",
      { containers: [container("a", OLD), container("b", NEW)] },
      { containers: [container("a", NEW), container("b", OLD)] },
      [false, false],
    ],
    [
      "moved to the init containers",
      { containers: [container("a", OLD)] },
      { initContainers: [container("a", OLD)] },
      [false],
    ],
    ["an old object that is empty", {}, { containers: [container("a", OLD)] }, [false]],
  ])("compares an update with what was there: %s", (_, before, after, unchanged) => {
    const found = update(before, after);
    expect(found.ok && found.value.map((image) => image.unchanged)).toEqual(unchanged);
  });

  test("judges everything where the old object is not there", () => {
    const found = ask({ operation: "UPDATE", object: pod({ containers: [container("a", OLD)] }) });
    expect(found.ok && found.value.map(({ unchanged }) => unchanged)).toEqual([false]);
  });

  test("keeps an empty image of a pod, to be refused, and passes over that of a template", () => {
    const spec = { containers: [container("a", "")] };
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const template = { apiVersion: "apps/v1", kind: "Deployment", spec: { template: { spec } } };
    expect(ask({ object: pod(spec) })).toMatchObject({ ok: true, value: [{ image: "" }] });
    expect(ask({ kind, object: template })).toEqual({ ok: true, value: [] });
  });

  test.each<[string, Partial<AdmissionRequest>, string]>([
    ["a whole object of an unknown kind", { kind: { ...POD, group: "x.example" } }, "kind-unknown"],
    ["no object", {}, "review-object"],
    ["an image that is a number", { object: pod({ containers: [container("a", 7)] }) }, "review-object"],
    ["containers that are no list", { object: pod({ containers: { a: OLD } }) }, "review-object"],
    [
      "more containers than are looked at",
      { object: pod({ containers: Array.from({ length: 10_001 }, () => container("a", OLD)) }) },
      "review-object",
    ],
  ])("refuses %s", (_, change, code) => {
    expect(ask(change)).toMatchObject({ ok: false, code });
  });

  test.each<[string, Partial<AdmissionRequest>]>([
    ["a deletion", { operation: "DELETE" }],
    ["a connection", { operation: "CONNECT", subResource: "exec" }],
    ["a Scale", { kind: { group: "autoscaling", version: "v1", kind: "Scale" }, subResource: "scale" }],
  ])("finds nothing in %s", (_, change) => {
    expect(ask(change)).toEqual({ ok: true, value: [] });
  });
});

describe("pinPatch", () => {
  test("tests each place before it replaces it", () => {
    const digest = `sha256:${"a".repeat(64)}` as DigestRef;
    expect(pinPatch([{ path: "spec.volumes[3].image.reference", given: OLD, digest }])).toEqual([
      { op: "test", path: "/spec/volumes/3/image/reference", value: OLD },
      { op: "replace", path: "/spec/volumes/3/image/reference", value: `${OLD}@${digest}` },
    ]);
  });
});
