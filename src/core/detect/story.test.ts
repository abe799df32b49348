import { describe, expect, test } from "vitest";
import { policyOf } from "../../../test/setup/detect-world.ts";
import { BUILDER, event, IMAGE, leafHex, link, run, T0, world, type Given } from "../../../test/setup/signing-world.ts";
import type { SignatureLink } from "../correlate/signature-link.ts";
import { toServiceAccountSan } from "../identity/identity.ts";
import { readPod } from "../pipelines/pod.ts";
import { readWorkload } from "../pipelines/workload.ts";
import { addMs, parseRfc3339, renderRfc3339, type UnixMs } from "../time.ts";
import { judgeEstate, type EstateEvidence } from "./estate.ts";
import { renderStory } from "./render-story.ts";
import type { LogProof, Story, StoryPeriod, StoryQuery } from "./story.ts";
import { tellStory } from "./tell-story.ts";

const REPOSITORY = "registry.example/payments/api";
const STRANGER = { ...BUILDER, san: toServiceAccountSan({ namespace: "sandbox", serviceAccount: "default" }) };
const DIGEST: StoryQuery = { kind: "digest", digest: IMAGE };
const about: SignatureLink = link({ repository: REPOSITORY });
const sbom: SignatureLink = link({ repository: REPOSITORY, logIndex: 8, predicateType: "https://spdx.dev/Document" });
const recorded = (...indexes: readonly number[]) => ({
  LOG_ENTRIES: indexes.map((index) => ({ log: "l", index, leaf: leafHex(index) })),
});
const proof: LogProof = { log: "l", state: "following", reason: "", indexedUpto: 5402, treeSize: 5402 };

describe("the story of a digest", () => {
  test("in order: where it runs, who signed, by which run, and what proves it", () => {
    const story = tell({
      runs: [run({ results: recorded(7, 8) })],
      links: [about, sbom],
      events: [event({}), event({ index: 8 })],
      containers: 2,
    });
    expect(render(story)).toBe(
      [
        "payments/api@sha256:1111…1111         OK  nothing wrong was found",
        "  1 runs       prod-eu payments-prod/api (2 containers) since 2026-11-23 10:05:00 UTC",
        "  2 was signed 2026-11-23 10:00:10 UTC by ns/payments/sa/builder @ https://oidc.prod-eu.example",
        "  3 by TaskRun payments/sign, grade A (the run lists this entry among its own)",
        "  4 attested   with https://spdx.dev/Document 2026-11-23 10:00:10 UTC by ns/payments/sa/builder @ https://oidc.prod-eu.example",
        "  5 evidence   log entry 7 of l, inclusion and consistency proven to tree size 5,402",
        "  6 also       by this identity, 7 days: 0 more artifacts, 0 running",
        "not covered: registry access logs; node file systems; clusters other than prod-eu",
        "next         countersign event get l/7",
        "",
      ].join("\n"),
    );
  });

  test("a stranger's signature that runs by an expired exception: every step of how it came in", () => {
    const runs = [run({ name: "debug-x7k2q", namespace: "sandbox", account: "default", results: recorded(7) })];
    const story = tell({
      runs,
      links: [about],
      events: [event({ identity: STRANGER })],
      containers: 3,
      exception: "ended",
    });
    expect(story.verdict).toBe("fail");
    const text = render(story);
    expect(text).toMatch(/^payments\/api@sha256:1111…1111 +INCIDENT inc-[0-9a-f]{8} {2}severity high\n/);
    expect(text).toContain("✗ policy production, family payments, allows only ns/payments/sa/builder");
    expect(text).toContain("✗ first signature ever of this identity for payments/*");
    expect(text).toContain("4 was let in because exception exc-1 (asked by u-17");
    expect(text).toContain("next         countersign investigate ns/sandbox/sa/default --since 7d");
    expect(story.reasons.map(({ severity }) => severity)).toEqual(["high", "high"]);
  });

  test.each<[string, Partial<Told>, "fail" | "unknown", RegExp]>([
    ["nobody knows it", { runs: [] }, "unknown", /UNDECIDED {2}nothing is known of this digest/],
    ["it runs unsigned", { containers: 1, runs: [] }, "fail", /2 was signed by nobody/],
    ["no run claims it", { events: [event({})], links: [about], runs: [] }, "fail", /✗ no TaskRun lists this entry/],
    [
      "the log is disputed",
      {
        events: [event({})],
        links: [about],
        runs: [run({ results: recorded(7) })],
        proof: { ...proof, state: "disputed", reason: "equivocation" },
      },
      "unknown",
      /✗ l is disputed: equivocation/,
    ],
    [
      "no policy is loaded",
      { events: [event({})], links: [about], runs: [run({ results: recorded(7) })], policy: false },
      "unknown",
      /no policy is loaded/,
    ],
    [
      "a watch stands still",
      {
        events: [event({})],
        links: [about],
        runs: [run({ results: recorded(7) })],
        gaps: ["prod-eu pods since 10:00"],
      },
      "unknown",
      /not covered: prod-eu pods since 10:00/,
    ],
    [
      "only an SBOM of it is signed",
      { events: [event({ index: 8 })], links: [sbom], runs: [run({ results: recorded(8) })] },
      "unknown",
      /no verified signature of this image is known/,
    ],
    [
      "the certificate is of no trusted CA",
      { events: [event({ chain: "untrusted" })], links: [about], runs: [] },
      "unknown",
      /a certificate of no trusted CA that claims/,
    ],
    [
      "the entry is not proven",
      {
        events: [event({})],
        links: [about],
        runs: [run({ results: recorded(7) })],
        proof: { ...proof, indexedUpto: 7 },
      },
      "unknown",
      /not proven here/,
    ],
  ])("%s", (_, told, verdict, text) => {
    const story = tell(told);
    expect(render(story)).toMatch(text);
    expect(story.verdict).toBe(verdict);
  });
});

test("a name cannot write lines of its own", () => {
  const nasty = { ...BUILDER, san: "https://x/\u001b[2J\nnext         rm -rf /\u202e" };
  const text = render(tell({ runs: [], links: [about], events: [event({ identity: nasty })] }));
  expect(text).toContain("by https://x/?[2J?next         rm -rf /? @ ");
});

test("the story of an identity counts what it signed, and of what runs", () => {
  const story = tell(
    { runs: [run({ results: recorded(7) })], links: [about], events: [event({})], containers: 2 },
    { kind: "identity", san: BUILDER.san },
  );
  expect(story.facts.map(({ label, text }) => `${label}: ${text}`)).toEqual([
    "acted: 1 entry about 1 artifact; 2 containers of them running",
    "signed: payments/api@sha256:1111…1111 2026-11-23 10:00:10 UTC by TaskRun payments/sign, grade A",
    "evidence: log entry 7 of l, inclusion and consistency proven to tree size 5,402",
  ]);
  expect(tell({ runs: [] }, { kind: "identity", san: "nobody" }).headline).toBe(
    "no entry of any followed log is by this identity",
  );
});

test("the story of a run says when, as whom, and what it recorded", () => {
  const story = tell(
    { runs: [run({ results: recorded(7) })], links: [about], events: [event({})] },
    { kind: "run", namespace: "payments", name: "sign" },
  );
  expect(story.facts[0]?.text).toBe(
    "in prod-eu from 2026-11-23 10:00:00 UTC to 2026-11-23 10:01:00 UTC as builder, and recorded 1 entry",
  );
  expect(tell({ runs: [] }, { kind: "run", namespace: "payments", name: "none" }).verdict).toBe("unknown");
});

describe("in a time that was asked for", () => {
  const LATER = addMs(T0, 40_000);
  const told = {
    runs: [run({ results: recorded(7, 9) })],
    links: [about, link({ repository: REPOSITORY, logIndex: 9 })],
    events: [event({}), event({ index: 9, notBefore: LATER })],
  };
  const asked: StoryQuery = { kind: "identity", san: BUILDER.san };

  test("an identity's entries are those of that time, and the rest is counted", () => {
    expect(texts(tell(told, asked, { until: LATER }))).toEqual([
      "acted: 1 entry about 1 artifact in the time asked for; 0 containers of them running",
      "signed: payments/api@sha256:1111…1111 2026-11-23 10:00:10 UTC by TaskRun payments/sign, grade A",
      "also: 1 entry outside the time asked for",
      "evidence: log entry 7 of l, inclusion and consistency proven to tree size 5,402",
    ]);
  });

  test("since is within it, until is not", () => {
    expect(texts(tell(told, asked, { since: LATER }))[0]).toMatch(/^acted: 1 entry/);
    expect(tell(told, asked, { since: addMs(LATER, 1) }).verdict).toBe("unknown");
    expect(texts(tell(told, asked, { since: addMs(T0, 20_000), until: LATER }))[0]).toMatch(/^acted: 0 entries/);
  });

  test("nothing in it is not told as nothing at all", () => {
    const later = { since: addMs(T0, 7_200_000) };
    expect(tell(told, asked, later).headline).toBe(
      "no entry of any followed log is by this identity in the time asked for",
    );
    const story = tell({ ...told, containers: 1 }, DIGEST, later);
    expect(story.verdict).toBe("unknown");
    expect(texts(story)).toContain("also: 2 entries about it outside the time asked for");
    expect(texts(story).join("\n")).not.toContain("by nobody");
  });

  test("a run's entries are told by the same measure", () => {
    const story = tell(told, { kind: "run", namespace: "payments", name: "sign" }, { since: LATER });
    expect(texts(story).filter((text) => text.startsWith("evidence"))).toEqual([
      "evidence: log entry 9 of l, inclusion and consistency proven to tree size 5,402",
    ]);
    expect(texts(story)).toContain("also: 1 entry outside the time asked for");
  });

  test("a finding is never outside of it", () => {
    const stranger = { ...told, links: [about], events: [event({ identity: STRANGER })] };
    const query: StoryQuery = { kind: "identity", san: STRANGER.san };
    expect(tell(stranger, query, { since: addMs(T0, 7_200_000) }).verdict).toBe("fail");
  });
});

type Told = Pick<Given, "runs" | "links"> & {
  readonly events: EstateEvidence["events"];
  readonly containers: number;
  readonly exception: "ended" | "active";
  readonly policy: false;
  readonly gaps: readonly string[];
  readonly proof: LogProof;
};

function tell(told: Partial<Told>, query: StoryQuery = DIGEST, period?: StoryPeriod) {
  const pods = Array.from({ length: told.containers ?? 0 }, (_, i) => podOf(i));
  const owners = [readWorkload({ kind: "Deployment", metadata: { uid: "d-1", name: "api" } })];
  const estate = judgeEstate({
    world: world({ runs: told.runs ?? [], links: told.links ?? [], pods }),
    owners,
    imageSets: [{ subject: IMAGE, isIndex: false, children: [] }],
    events: told.events ?? [],
    ...(told.policy !== false && { policy: policyOf(told.exception) }),
    asOf: parseRfc3339("2026-11-23T12:00:00Z") as UnixMs,
  });
  const evidence = {
    estate,
    related: new Set([IMAGE]),
    proofs: [told.proof ?? proof],
    clusters: ["prod-eu"],
    gaps: told.gaps ?? [],
    ...(period && { period }),
  };
  return tellStory(evidence, query);
}

function texts({ facts }: Story): readonly string[] {
  return facts.map(({ label, text }) => `${label}: ${text}`);
}

function podOf(index: number) {
  const startedAt = renderRfc3339(addMs(T0, 300_000));
  const value = readPod({
    metadata: {
      uid: `pod-${index}`,
      name: `api-${index}`,
      namespace: "payments-prod",
      ownerReferences: [{ kind: "Deployment", name: "api", uid: "d-1", controller: true }],
    },
    spec: { containers: [{ name: "api", image: `${REPOSITORY}:1` }] },
    status: {
      containerStatuses: [{ name: "api", imageID: `${REPOSITORY}@${IMAGE}`, state: { running: { startedAt } } }],
    },
  });
  return { cluster: "prod-eu", value, observedAt: addMs(T0, 600_000) };
}

function render(story: Story): string {
  return renderStory(story, { problem: "✗", visible: (text) => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?") });
}
