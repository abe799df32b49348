import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { readAdmissionReview, REVIEW_BYTES_MAX } from "./review.ts";

const pod = (spec: object): Record<string, unknown> => ({ apiVersion: "v1", kind: "Pod", metadata: {}, spec });
const request = {
  uid: "705ab4f5-6393-11e8-b7cc-000000000027",
  kind: { group: "", version: "v1", kind: "Pod" },
  resource: { group: "", version: "v1", resource: "pods" },
  name: "api",
  namespace: "payments",
  operation: "CREATE",
  userInfo: { username: "u" },
  object: pod({ containers: [{ name: "app", image: "registry.example/api:1" }] }),
  dryRun: false,
};
const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request };
const read = (value: unknown) => readAdmissionReview(toUtf8(JSON.stringify(value)));
const changed = (change: Record<string, unknown>): unknown => ({ ...review, request: { ...request, ...change } });

describe("readAdmissionReview", () => {
  test("reads what the API server asks, and passes over what it does not know", () => {
    expect(read({ ...review, future: 1, request: { ...request, future: {} } })).toMatchObject({
      ok: true,
      value: { uid: request.uid, operation: "CREATE", resource: "pods", subResource: "", user: "u", dryRun: false },
    });
    expect(read(changed({ dryRun: true, subResource: "ephemeralcontainers", object: null }))).toMatchObject({
      ok: true,
      value: { dryRun: true, subResource: "ephemeralcontainers" },
    });
  });

  test.each([
    ["another version", { ...review, apiVersion: "admission.k8s.io/v1beta1" }, "review-version"],
    ["another kind", { ...review, kind: "TokenReview" }, "review-version"],
    ["a list", [], "review-version"],
    ["no request", { ...review, request: null }, "review-field"],
    ["no uid", changed({ uid: "" }), "review-field"],
    ["a uid that is a number", changed({ uid: 7 }), "review-field"],
    ["a uid without end", changed({ uid: "u".repeat(513) }), "review-field"],
    ["an unknown operation", changed({ operation: "PATCH" }), "review-field"],
    ["no kind", changed({ kind: "Pod" }), "review-field"],
    ["no resource", changed({ resource: {} }), "review-field"],
    ["dryRun that is text", changed({ dryRun: "false" }), "review-field"],
    ["a namespace that is a list", changed({ namespace: ["a"] }), "review-field"],
    ["an object that is text", changed({ object: "x" }), "review-object"],
    ["an object of another kind", changed({ object: { ...pod({}), kind: "Scale" } }), "review-object"],
    ["an object of another version", changed({ object: { ...pod({}), apiVersion: "v2" } }), "review-object"],
    ["an old object of another kind", changed({ oldObject: { apiVersion: "v1", kind: "Node" } }), "review-object"],
  ])("refuses %s", (_, value, code) => {
    expect(read(value)).toMatchObject({ ok: false, code });
  });

  test.each([
    ["an empty body", "", "json-syntax"],
    ["a member twice", JSON.stringify(review).replace('"uid"', '"uid":"other","uid"'), "json-duplicate-key"],
    ["nesting without end", "[".repeat(200) + "]".repeat(200), "json-depth"],
  ])("refuses %s", (_, text, code) => {
    expect(readAdmissionReview(toUtf8(text))).toMatchObject({ ok: false, code });
  });

  test("refuses a body over 7 MiB before it is parsed", () => {
    expect(readAdmissionReview(new Uint8Array(REVIEW_BYTES_MAX + 1))).toMatchObject({ ok: false, code: "too-large" });
  });

  test("answers any bytes, and any JSON in any field, with a value or a code", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => !readAdmissionReview(bytes).ok));
    const fields = fc.constantFrom(...Object.keys(request));
    fc.assert(
      fc.property(fields, fc.jsonValue(), (field, value) => {
        const answer = read(changed({ [field]: value }));
        expect(answer.ok || /^(?:review|json)-/.test(answer.code)).toBe(true);
      }),
    );
  });
});
