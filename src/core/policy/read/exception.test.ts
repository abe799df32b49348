import { describe, expect, test } from "vitest";
import { CONTEXT, POLICY, readSet, sourceOf, type Draft } from "../../../../test/setup/policy-set.ts";
import { readPolicySet } from "./read-set.ts";

describe("exceptions and emergencies", () => {
  const exception = {
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustException",
    metadata: { name: "exc-1" },
    spec: {
      scope: {
        digests: [`sha256:${"a".repeat(64)}`],
        namespaces: ["payments"],
        clusters: ["prod-1"],
        reasonCodes: ["no-attestation"],
      },
      reason: "vendor drop without SBOM, replaced in 4.2",
      ticket: "https://tickets.example.com/SEC-231",
      requester: { issuer: "https://idp.example.com", subject: "dana" },
      approver: { issuer: "https://idp.example.com", subject: "lee" },
      notBefore: "2026-11-28T08:00:00Z",
      ends: "2026-12-10T08:00:00Z",
    },
  };
  const bent = (change: (spec: Draft) => void, name = "exc-1"): Draft => {
    const copy: Draft = structuredClone(exception);
    copy.metadata.name = name;
    change(copy.spec);
    return copy;
  };

  const ids = (other: Draft): readonly string[] => readSet([POLICY, exception, other]).problems.map(({ id }) => id);
  const emergency = (spec: object) => ({
    ...exception,
    kind: "BreakGlass",
    spec: { reason: "registry outage", ticket: "INC-1", namespaces: ["*"], ends: "2026-12-01T13:00:00Z", ...spec },
  });

  test("reads one", () => {
    expect(readSet([POLICY, exception]).documents?.exceptions).toMatchObject([{ name: "exc-1", clusters: ["prod-1"] }]);
  });

  test.each<[string, (spec: Draft) => void]>([
    ["TP601", (spec) => (spec.approver = spec.requester)],
    ["TP602", (spec) => delete spec.ends],
    ["TP602", (spec) => (spec.ends = "2027-03-01T00:00:00Z")],
    ["TP602", (spec) => (spec.ends = "2026-11-30T00:00:00Z")],
    ["TP602", (spec) => (spec.ends = "2026-11-28T08:00:00Z")],
    ["TP603", (spec) => delete spec.reason],
    ["TP603", (spec) => (spec.reason = "too short")],
    ["TP603", (spec) => (spec.ticket = "SEC-1")],
    ["TP604", (spec) => (spec.scope.namespaces = ["*"])],
    ["TP604", (spec) => delete spec.scope.clusters],
    ["TP604", (spec) => (spec.scope.repository = "registry.example.com/payments/api")],
    ["TP604", (spec) => ((spec.scope.repository = "registry.example.com/*"), delete spec.scope.digests)],
    ["TP604", (spec) => delete spec.scope.digests],
    ["TP605", (spec) => (spec.scope.reasonCodes = ["set-signature"])],
    ["TP608", (spec) => (spec.scope.reasonCodes = ["no-idea"])],
    ["TP608", (spec) => (spec.scope.reasonCodes = [])],
  ])("refuses an exception with %s", (id, change) => {
    expect(readSet([POLICY, bent(change)]).problems.map((problem) => problem.id)).toContain(id);
  });

  test("refuses two for one digest and namespace, and lets two for different ones be", () => {
    expect(ids(bent(() => undefined, "exc-2"))).toEqual(["TP607"]);
    expect(ids(bent((spec) => (spec.scope.namespaces = ["tools"]), "exc-2"))).toEqual([]);
    expect(ids(bent((spec) => (spec.notBefore = "2026-12-10T08:00:00Z"), "exc-2"))).toEqual(["TP602"]);
  });

  test("asks who may approve, where that is known", () => {
    const context = { ...CONTEXT, mayApproveLong: () => false, isApprovalVerified: () => false };
    const long = bent((spec) => (spec.ends = "2026-12-20T08:00:00Z"));
    const { problems } = readPolicySet([POLICY, long].map(sourceOf), context);
    expect(problems.map(({ id }) => id).toSorted()).toEqual(["TP602", "TP606"]);
  });

  test("reads an emergency, and refuses one of more than four hours", () => {
    expect(readSet([emergency({})]).documents?.breakGlass).toMatchObject([{ approved: false, namespaces: ["*"] }]);
    for (const [id, change] of [
      ["TP602", { ends: "2026-12-01T13:00:01Z" }],
      ["TP603", { ticket: null }],
      ["TP601", { approved: true, requester: "dana", approver: "dana" }],
      ["TP004", { approved: "yes" }],
    ] as const) {
      expect(readSet([emergency(change)]).problems.map((problem) => problem.id)).toContain(id);
    }
  });
});
