import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { detectWorld } from "../../../test/setup/detect-world.ts";
import type { UnixMs } from "../time.ts";
import type { Finding } from "./detector.ts";
import { detect } from "./detectors.ts";
import { groupFindings } from "./incidents.ts";

const HOUR = 3_600_000;

describe("groupFindings", () => {
  test("joins what shares a digest, however far apart, and an identity only when near", () => {
    const found = groupFindings([
      finding("a", 0, ["digest:x", "identity:i"]),
      finding("b", 100, ["digest:x"]),
      finding("c", 5, ["identity:i"]),
      finding("d", 20, ["identity:i"]),
    ]);
    expect(found.map(({ findings }) => findings.map(({ id }) => id).join(""))).toEqual(["acb", "d"]);
  });

  test("joins through a third", () => {
    const found = groupFindings([
      finding("a", 0, ["digest:x"]),
      finding("b", 1, ["serial:s"]),
      finding("c", 2, ["digest:x", "serial:s"]),
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]?.id).toBe("inc-a");
  });

  test("leaves notes out", () => {
    expect(groupFindings([{ ...finding("a", 0, ["digest:x"]), severity: "low" }])).toEqual([]);
  });

  test("weighs one class more when a fact and a behaviour agree", () => {
    const pair = [
      finding("a", 0, ["digest:x"]),
      { ...finding("b", 0, ["digest:x"]), detector: "S01", severity: "medium" as const },
    ];
    expect(groupFindings(pair).map(({ severity }) => severity)).toEqual(["critical"]);
    expect(groupFindings(pair.slice(0, 1)).map(({ severity }) => severity)).toEqual(["high"]);
  });

  test("ranks by severity, then by how many detectors agree, then by time", () => {
    const found = groupFindings([
      finding("a", 3, ["1"]),
      { ...finding("b", 5, ["2"]), severity: "critical" },
      finding("c", 2, ["3"]),
      finding("d", 4, ["4"]),
      { ...finding("e", 4, ["4"]), detector: "D05" },
    ]);
    expect(found.map(({ id }) => id)).toEqual(["inc-b", "inc-d", "inc-c", "inc-a"]);
  });

  test("each weighty finding is in exactly one incident, and the order they come in does not matter", () => {
    const some = fc.array(
      fc.tuple(fc.nat(40), fc.subarray(["digest:1", "digest:2", "identity:i", "run:r", "serial:s"], { minLength: 1 })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(some, (parts) => {
        const findings = parts.map(([at, keys], i) => finding(`f${i}`, at, keys));
        const grouped = groupFindings(findings);
        expect(grouped.flatMap((incident) => incident.findings.map(({ id }) => id)).toSorted()).toEqual(
          findings.map(({ id }) => id).toSorted(),
        );
        expect(groupFindings(findings.toReversed())).toEqual(grouped);
      }),
    );
  });

  test("a stranger's signature that runs by an expired exception is one incident", () => {
    const world = detectWorld([
      { repository: "payments/api", signer: "sandbox/default", runs: "payments-prod", exception: "ended" },
    ]);
    const incidents = groupFindings(detect(world));
    expect(incidents.map(({ detectors, title }) => [detectors, title])).toEqual([
      [
        ["D01 family-signer", "D13 exception-used"],
        "payments/api signed by ns/sandbox/sa/default @ https://oidc.prod-eu.example",
      ],
    ]);
  });
});

function finding(id: string, hour: number, keys: readonly string[]): Finding {
  return {
    id,
    detector: "D01",
    name: "family-signer",
    severity: "high",
    at: (1_790_000_000_000 + hour * HOUR) as UnixMs,
    title: id,
    sentence: id,
    events: [],
    digests: [],
    runs: [],
    workloads: [],
    keys,
    playbook: "PB",
  };
}
