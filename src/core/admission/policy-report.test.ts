import { describe, expect, test } from "vitest";
import type { DigestRef } from "../digest.ts";
import type { ImageOutcome, ImageVerdict } from "../policy/review-verdict.ts";
import type { UnixMs } from "../time.ts";
import { toPolicyReports } from "./policy-report.ts";
import { resultOf, type ReverifiedImage } from "./reverified.ts";
import { toWorkloadEvents } from "./workload-event.ts";

const AT = 1_790_000_000_123 as UnixMs;
const DIGEST = `sha256:${"3f".repeat(32)}` as DigestRef;
const GIVEN = "registry.example/payments/api:1";

function imageOf(verdict: Partial<ImageVerdict> = {}, change: Partial<ReverifiedImage> = {}): ReverifiedImage {
  const workload = { apiVersion: "apps/v1", kind: "Deployment", name: "api", uid: "u-1", containers: ["app"] };
  return {
    running: {
      cluster: "prod",
      namespace: "payments",
      given: GIVEN,
      repository: "registry.example/payments/api",
      digests: [DIGEST],
      workloads: [workload],
    },
    verdict: {
      path: "spec.containers[0].image",
      container: "app",
      given: GIVEN,
      canonical: GIVEN,
      digest: DIGEST,
      family: "payments",
      outcome: "satisfied",
      code: "satisfied",
      trust: [],
      ...verdict,
    },
    mode: "enforce",
    at: AT,
    policy: "production r17",
    needs: "signature by builder",
    ...change,
  };
}

const DENIED: Partial<ImageVerdict> = {
  outcome: "denied",
  code: "identity-mismatch",
  require: {
    op: "all",
    state: "fail",
    of: [
      { op: "term", term: "SBOM", authority: "builder", state: "pass", candidates: [] },
      { op: "term", term: "signature by builder", authority: "builder", state: "fail", candidates: [] },
    ],
  },
};

describe("resultOf", () => {
  test.each<[ImageOutcome, "enforce" | "audit", string]>([
    ["satisfied", "enforce", "pass"],
    ["denied", "enforce", "fail"],
    ["denied", "audit", "warn"],
    ["unknown", "enforce", "error"],
    ["unknown", "audit", "error"],
    ["unchanged", "enforce", "error"],
    ["excepted", "enforce", "warn"],
    ["broken-glass", "enforce", "warn"],
    ["exempt", "enforce", "skip"],
  ])("%s in mode %s is %s", (outcome, mode, result) => {
    expect(resultOf(imageOf({ outcome }, { mode }))).toBe(result);
  });
});

describe("toPolicyReports", () => {
  test("tells one image with its policy, its term and its workloads", () => {
    expect(toPolicyReports("wgpolicyk8s.io", "payments", [imageOf(DENIED)])).toEqual([
      {
        apiVersion: "wgpolicyk8s.io/v1alpha2",
        kind: "PolicyReport",
        metadata: {
          name: "countersign-running-images",
          namespace: "payments",
          labels: { "app.kubernetes.io/managed-by": "countersign", "countersign.dev/report": "running-images" },
        },
        summary: { pass: 0, fail: 1, warn: 0, error: 0, skip: 0 },
        results: [
          {
            source: "countersign",
            policy: "production r17/payments",
            rule: "signature by builder",
            category: "Image signature",
            severity: "high",
            result: "fail",
            scored: true,
            timestamp: { seconds: 1_790_000_000, nanos: 123_000_000 },
            message: `${GIVEN} runs and would be refused now: identity-mismatch`,
            resources: [{ apiVersion: "apps/v1", kind: "Deployment", namespace: "payments", name: "api", uid: "u-1" }],
            properties: {
              code: "identity-mismatch",
              image: GIVEN,
              containers: "app",
              workloads: "1",
              digest: DIGEST,
              authority: "builder",
            },
          },
        ],
      },
    ]);
  });

  test("is of the other kind where only that is served", () => {
    const [report] = toPolicyReports("openreports.io", "payments", [imageOf()]);
    expect(report).toMatchObject({ apiVersion: "openreports.io/v1alpha1", kind: "Report", source: "countersign" });
  });

  test("is cut into parts of 500, whose sums are those of their own results", () => {
    const images = Array.from({ length: 1001 }, (_, i) => imageOf(i % 2 === 0 ? {} : DENIED));
    const reports = toPolicyReports("wgpolicyk8s.io", "payments", images);
    expect(reports.map(({ metadata, results, summary }) => [metadata.name, results.length, summary.pass])).toEqual([
      ["countersign-running-images", 500, 250],
      ["countersign-running-images-1", 500, 250],
      ["countersign-running-images-2", 1, 1],
    ]);
    expect(toPolicyReports("wgpolicyk8s.io", "payments", [])).toEqual([]);
  });

  test("shows what others wrote as printable text of bounded length", () => {
    const evil = `registry.example/\u001b[2J${"x".repeat(5000)}`;
    const image = imageOf();
    const [report] = toPolicyReports("wgpolicyk8s.io", "payments", [
      { ...image, running: { ...image.running, given: evil } },
    ]);
    const text = JSON.stringify(report);
    expect(text).not.toContain("\\u001b");
    expect(text).toContain(String.raw`\\x1b`);
    expect(text.length).toBeLessThan(4000);
  });
});

function nameAt(image: ReverifiedImage, ms: number): string | undefined {
  return toWorkloadEvents(image, (1_789_999_800_000 + ms) as UnixMs)[0]?.metadata.name;
}

describe("toWorkloadEvents", () => {
  test.each<[Partial<ImageVerdict>, ReverifiedImage["mode"], string | undefined]>([
    [DENIED, "enforce", "CountersignWouldDeny"],
    [DENIED, "audit", "CountersignAudit"],
    [{ outcome: "broken-glass", exception: "bg-1" }, "enforce", "CountersignBreakGlass"],
    [{ outcome: "satisfied" }, "enforce", undefined],
    [{ outcome: "unknown", code: "registry-unreachable" }, "enforce", undefined],
    [{ outcome: "exempt" }, "enforce", undefined],
  ])("case %#", (verdict, mode, reason) => {
    expect(toWorkloadEvents(imageOf(verdict, { mode }), AT)[0]?.reason).toBe(reason);
  });

  test("has one name for one thing said of one object in ten minutes", () => {
    const image = imageOf(DENIED);
    expect(nameAt(image, 599_999)).toBe(nameAt(image, 0));
    expect(nameAt(image, 600_000)).not.toBe(nameAt(image, 0));
    expect(nameAt(imageOf({ ...DENIED, code: "no-signature" }), 0)).not.toBe(nameAt(image, 0));
  });
});
