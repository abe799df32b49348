import { describe, expect, test } from "vitest";
import {
  BUILDER,
  BUNDLE,
  CHAINS,
  IMAGE,
  JTI,
  OTHER,
  T0,
  UID,
  credential,
  event,
  issue,
  join,
  leafHex,
  link,
  pod,
  recorded,
  run,
  seen,
  textDigest,
  world,
  type Given,
} from "../../../test/setup/signing-world.ts";
import { toBase64 } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { readPipelineRun } from "../pipelines/pipeline-run.ts";
import { addMs, type UnixMs } from "../time.ts";
import { judgeClaimed } from "./closed-world.ts";
import { correlate } from "./correlate.ts";
import { indexWorld } from "./index-world.ts";
import type { CoverageGap } from "./world.ts";

describe("correlate", () => {
  test.each<[string, Partial<Given>, string]>([
    [
      "a leaf in LOG_ENTRIES",
      { runs: [run({ results: { LOG_ENTRIES: [{ log: "l", index: 7, leaf: leafHex(7) }] } })] },
      "A",
    ],
    ["a bundle in BUNDLE_DIGESTS", { runs: [run({ results: { BUNDLE_DIGESTS: [BUNDLE] } })], links: [link()] }, "A"],
    [
      "a payload that Chains kept",
      {
        runs: [run({ annotations: { "chains.tekton.dev/payload-x": toBase64(toUtf8("statement")) } })],
        digests: [{ role: "payload", digest: textDigest("statement") }],
      },
      "A",
    ],
    [
      "a payload that Chains kept on the PipelineRun of the task that built it",
      {
        runs: [run({ pipeline: "p-1", results: { IMAGE_DIGEST: IMAGE } }), run({ uid: OTHER, pipeline: "p-1" })],
        pipelineRuns: [pipelineRun("p-1", { "chains.tekton.dev/payload-x": toBase64(toUtf8("statement")) })],
        digests: [
          { role: "payload", digest: textDigest("statement") },
          { role: "subject", digest: IMAGE },
        ],
        identity: CHAINS,
        notBefore: addMs(T0, 1_800_000),
      },
      "A",
    ],
    ["the run in the certificate", { runs: [run({})], extensions: { 21: `https://tekton.example/runs/${UID}` } }, "A"],
    [
      "the credential in the certificate",
      { runs: [run({ results: { CREDENTIAL_ID: `JTI=${JTI}` } })], extensions: { 21: `urn:uuid:${JTI}` } },
      "A",
    ],
    ["an invocation id of a step", { runs: [run({})], links: [link({ invocationId: UID })] }, "A-"],
    [
      "an invocation id of Chains",
      { runs: [run({})], links: [link({ invocationId: UID })], identity: CHAINS, notBefore: addMs(T0, 1_800_000) },
      "A",
    ],
    ["an invocation id and the credential", { ...credential(), links: [link({ invocationId: UID })] }, "A"],
    ["the credential", credential(), "A-"],
    ["a token bound to the pod", { runs: [run({})], pods: [pod()], issues: [issue({})] }, "A-"],
    ["a token sent to the pod's node", { runs: [run({})], pods: [pod()], issues: [issue({ metadata: true })] }, "A-"],
    ["a claim in the statement", { runs: [run({})], links: [link({ claimedRunUid: UID })] }, "A-"],
    [
      "a digest in its results",
      { runs: [run({ results: { IMAGE_DIGEST: IMAGE } })], digests: [{ role: "subject", digest: IMAGE }] },
      "B",
    ],
    [
      "a digest in two runs' results",
      {
        runs: [run({ results: { IMAGE_DIGEST: IMAGE } }), run({ uid: OTHER, results: { IMAGE_DIGEST: IMAGE } })],
        digests: [{ role: "subject", digest: IMAGE }],
      },
      "C",
    ],
    [
      "an annotation",
      {
        runs: [
          run({
            annotations: { "chains.tekton.dev/transparency": "https://log.example/api/v1/log/entries?logIndex=7" },
          }),
        ],
      },
      "C",
    ],
    ["the same minute", { runs: [run({})] }, "D"],
    ["nothing", { runs: [] }, "none"],
  ])("%s", (_, given, grade) => {
    const found = join(given);
    expect([found.grade, found.conflicts]).toEqual([grade, undefined]);
    expect(found.reasons.length).toBeGreaterThan(0);
  });

  test.each<[string, Partial<Given>, string, string]>([
    [
      "another account's run records the entry",
      { runs: [run({ account: "default", results: recorded() })] },
      "C",
      "correlation-identity-conflict",
    ],
    [
      "a run that ended before",
      { runs: [run({ results: recorded(), end: addMs(T0, -3_600_000) })] },
      "C",
      "correlation-time-conflict",
    ],
    [
      "a run of a cluster with another issuer",
      { runs: [run({ results: recorded() })], identity: { ...BUILDER, issuer: "https://other.example" } },
      "C",
      "correlation-identity-conflict",
    ],
  ])("%s: the record is worth C and the conflict is shown", (_, given, grade, conflict) => {
    const found = join(given);
    expect([found.grade, found.candidates[0]?.conflicts]).toEqual([grade, [conflict]]);
  });

  test("two runs that both record the entry are both kept and marked", () => {
    const found = join({ runs: [run({ results: recorded() }), run({ uid: OTHER, results: recorded() })] });
    expect(found.candidates.map((item) => [item.grade, item.conflicts])).toEqual([
      ["A", ["correlation-conflict"]],
      ["A", ["correlation-conflict"]],
    ]);
    expect(found.conflicts).toEqual(["correlation-conflict"]);
  });

  test("a statement that names an unknown run gives no grade and a conflict", () => {
    const found = join({ runs: [], links: [link({ invocationId: OTHER })] });
    expect([found.grade, found.candidates, found.conflicts]).toEqual(["none", [], ["correlation-claim-without-run"]]);
  });

  test.each<[string, Partial<Given>]>([
    [
      "a reused entry claims nothing",
      {
        runs: [
          run({
            results: {
              LOG_ENTRIES: [{ log: "l", index: 7, leaf: leafHex(7), reused: true }],
              BUNDLE_DIGESTS: [BUNDLE],
            },
          }),
        ],
        links: [link()],
        digests: [],
      },
    ],
    ["a node that is not the pod's proves no credential", { ...credential(), issues: [issue({ node: "worker-9" })] }],
    [
      "a token for another audience proves nothing",
      { runs: [run({})], pods: [pod()], issues: [issue({ audience: "https://kubernetes.default.svc" })] },
    ],
    [
      "two pods of the account on the node: which one asked is not known",
      { runs: [run({})], pods: [pod(), pod({ uid: "pod-2", name: "other" })], issues: [issue({ metadata: true })] },
    ],
    [
      "a pod that the run's status does not name is not its pod",
      { runs: [run({ podName: "somebody-else" })], pods: [pod()], issues: [issue({})] },
    ],
  ])("%s", (_, given) => {
    expect(join(given).grade).toBe("D");
  });

  test("a run that names another certificate is no candidate by time", () => {
    expect(join({ runs: [run({ results: { CERT: { serial: "ff" } } })] }).grade).toBe("none");
    expect(join({ runs: [run({ results: { CERT: { serial: "00ab" } } })] }).grade).toBe("D");
  });

  test("once a run is firmly the signer, the build of the digest is named apart", () => {
    const build = run({ uid: OTHER, name: "build", results: { IMAGE_DIGEST: IMAGE } });
    const found = join({
      runs: [build, run({ results: { ...recorded(), IMAGE_DIGEST: IMAGE } })],
      digests: [{ role: "subject", digest: IMAGE }],
    });
    expect(found.candidates.map(({ run: { name } }) => name)).toEqual(["sign"]);
    expect(found.builtBy?.map(({ name }) => name)).toEqual(["build"]);
  });

  test("an untrusted certificate and a bare key cap at C and say why", () => {
    const untrusted = join({ runs: [run({ results: recorded() })], chain: "untrusted" });
    expect([untrusted.grade, untrusted.conflicts, untrusted.reasons[0]]).toEqual([
      "C",
      undefined,
      "the certificate does not chain to a trusted CA: the identity in it is a claim",
    ]);
    expect(join({ runs: [run({ results: recorded() })], chain: "none" }).grade).toBe("C");
  });

  test("gaps of the cluster that signed are named, those of others and of other times are not", () => {
    const found = join({
      runs: [],
      gaps: [gap("prod-eu", T0), gap("staging", T0), gap("prod-eu", addMs(T0, -86_400_000))],
    });
    expect(found.gaps).toEqual([
      "prod-eu tekton.dev/taskruns was not watched from 2026-11-23T10:00:00Z to 2026-11-23T10:01:00Z: restart",
    ]);
  });

  test("5,000 entries against 2,000 runs are joined through the index", () => {
    const runs = Array.from({ length: 2000 }, (_, i) =>
      run({
        uid: `run-${i}`,
        start: addMs(T0, i * 300_000),
        results: { LOG_ENTRIES: [{ log: "l", index: i, leaf: leafHex(i) }] },
      }),
    );
    const index = indexWorld(world({ runs }));
    const grades = Array.from(
      { length: 5000 },
      (_, i) => correlate(index, event({ index: i % 2500, notBefore: addMs(T0, (i % 2500) * 300_000 + 10_000) })).grade,
    );
    expect([grades.filter((grade) => grade === "A").length, grades.filter((grade) => grade === "none").length]).toEqual(
      [4000, 1000],
    );
  });
});

describe("judgeClaimed", () => {
  const asOf = addMs(T0, 3_600_000);
  const judge = (given: Partial<Given>, at: UnixMs = asOf) => {
    const index = indexWorld(world(given));
    return judgeClaimed({ index, stepIdentities: [BUILDER], asOf: at }, event(given), correlate(index, event(given)));
  };

  test("passes an entry that a run records", () => {
    expect(judge({ runs: [run({ results: recorded() })] })?.kind).toBe("pass");
  });

  test.each<[string, Partial<Given>]>([
    ["no run records it", { runs: [run({})] }],
    ["only another account's run records it", { runs: [run({ account: "default", results: recorded() })] }],
    ["the run that records it was over", { runs: [run({ results: recorded(), end: addMs(T0, -3_600_000) })] }],
  ])("fails when %s", (_, given) => {
    expect(judge(given)).toMatchObject({ kind: "fail", reasons: [{ reason: "run-missing" }] });
  });

  test("is unknown while the entry is young or the watch stood still", () => {
    expect(judge({ runs: [] }, addMs(T0, 14 * 60_000))).toMatchObject({ kind: "unknown", gaps: [{ missing: "time" }] });
    const gaps = [{ cluster: "prod-eu", resource: "tekton.dev/taskruns", since: T0, reason: "restart" }];
    expect(judge({ runs: [], gaps })).toMatchObject({ kind: "unknown", gaps: [{ missing: "taskruns" }] });
  });

  test("does not ask about other identities", () => {
    expect(judge({ runs: [], identity: CHAINS })).toBeUndefined();
    expect(judge({ runs: [], chain: "untrusted" })).toBeUndefined();
  });
});

function gap(cluster: string, since: UnixMs): CoverageGap {
  return { cluster, resource: "tekton.dev/taskruns", since, until: addMs(since, 60_000), reason: "restart" };
}

describe("evidence that comes late", () => {
  const results = { IMAGE_DIGEST: IMAGE };
  const digests = [{ role: "subject" as const, digest: IMAGE }];
  const stages: readonly (readonly [string, Partial<Given>, string, string])[] = [
    ["before its run is known", {}, "none", "fail"],
    ["the run is seen", { runs: [run({})] }, "D", "fail"],
    ["its task is done", { runs: [run({ results })] }, "B", "fail"],
    ["the audit log is read", { runs: [run({ results })], pods: [pod()], issues: [issue({})] }, "A-", "fail"],
    [
      "it lists the entry",
      { runs: [run({ results: { ...results, ...recorded() } })], pods: [pod()], issues: [issue({})] },
      "A",
      "pass",
    ],
  ];

  test.each(stages)("%s: the same entry is graded anew", (_, given, grade, claimed) => {
    const index = indexWorld(world(given));
    const signing = event({ digests });
    const correlation = correlate(index, signing);
    const closed = { index, stepIdentities: [BUILDER], asOf: addMs(T0, 3_600_000) };
    expect([correlation.grade, judgeClaimed(closed, signing, correlation)?.kind]).toEqual([grade, claimed]);
  });

  test("what was compared before is still there", () => {
    const kinds = stages.map(([, given]) =>
      join({ ...given, digests }).candidates.flatMap(({ evidence }) => evidence.map(({ kind }) => kind)),
    );
    for (const [i, now] of kinds.entries()) expect(now).toEqual(expect.arrayContaining([...(kinds[i - 1] ?? [])]));
  });
});

function pipelineRun(uid: string, annotations: Readonly<Record<string, string>>) {
  return seen(readPipelineRun({ metadata: { uid, name: "build", namespace: "payments", annotations } }));
}
