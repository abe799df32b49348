import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { policyOf } from "../../../test/setup/detect-world.ts";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { BUILDER, event, IMAGE, leafHex, link, run, T0, world } from "../../../test/setup/signing-world.ts";
import { virtualEventStore } from "../../adapters/virtual/event-store.ts";
import { estateQueries } from "../../app/http/estate-queries.ts";
import type { Look } from "../../app/look/look.ts";
import { investigate } from "../../capabilities/investigate/investigate.ts";
import { judgeEstate } from "../../core/detect/estate.ts";
import { readPod } from "../../core/pipelines/pod.ts";
import { addMs, renderRfc3339 } from "../../core/time.ts";
import { batchOf } from "../../ports/stored-entry.contract.ts";
import { COMMANDS } from "./commands.ts";
import { command as artifactCommand } from "./artifact.ts";
import { command as eventCommand } from "./event.ts";
import { command as identityCommand } from "./identity.ts";
import { command as investigateCommand } from "./investigate.ts";
import { command as workloadCommand } from "./workload.ts";
import type { OpenLook } from "./look-options.ts";
import { runCli } from "./run.ts";
import type { OpenEvidence } from "./write-evidence.ts";

const REPOSITORY = "registry.example/payments/api";
const REF = "rekor-private/7";
const NOW = addMs(T0, 7_200_000);

describe("investigate", () => {
  test.each([
    [IMAGE, 0, /^payments\/api@sha256:1111…1111 +OK/],
    [`${REPOSITORY}@${IMAGE}`, 0, /4 evidence +log entry 7 of rekor-private, inclusion and consistency proven/],
    ["ns/payments/sa/builder", 0, /1 acted +1 entry about 1 artifact; 1 container of them running/],
    ["ns/payments/sa/builder@prod-eu", 0, /^ns\/payments\/sa\/builder @ /],
    ["payments/sign", 0, /^TaskRun payments\/sign/],
    ["payments/nothing", 3, /UNDECIDED {2}no such TaskRun is known/],
  ])("%s: exit %i", async (what, exit, text) => {
    const heard = await say(["investigate", what]);
    expect(heard.out).toMatch(text);
    expect([heard.exit, heard.err]).toEqual([exit, ""]);
  });

  test("says the same as JSON", async () => {
    const story = JSON.parse((await say(["investigate", IMAGE, "-o", "json"])).out);
    expect([story.verdict, story.incident, story.facts[0].label]).toEqual(["pass", null, "runs"]);
  });

  test("writes the entries of its story as evidence, and says so beside it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "countersign-story-"));
    const file = join(folder, "api.tar");
    const asked: unknown[] = [];
    const openEvidence: OpenEvidence = async () => ({
      exportEvents: async (request) => {
        asked.push(request);
        return { ok: true, file: Uint8Array.of(1), asOf: NOW, notCovered: [] };
      },
      exportContradiction: async () => undefined,
      close: async () => undefined,
    });
    const heard = await say(["investigate", IMAGE, "--evidence", file], { openEvidence });
    expect(heard).toMatchObject({ exit: 0, err: expect.stringContaining(`wrote ${file}, 1 bytes`) });
    expect(asked).toMatchObject([
      { events: [{ log: "rekor-private", logIndex: 7 }], scope: `payments/api@${IMAGE}`, story: { verdict: "pass" } },
    ]);
    expect([...readFileSync(file)]).toEqual([1]);
    rmSync(folder, { recursive: true });
  });

  test("writes no evidence where there is none, and says so", async () => {
    const heard = await say(["investigate", "payments/nothing", "--evidence", "never.tar"]);
    expect([heard.exit, existsSync("never.tar")]).toEqual([3, false]);
    expect(heard.err).toContain("no evidence is written");
  });

  test("finds what the policy forbids, and exits 1", async () => {
    const heard = await say(["investigate", IMAGE], { stranger: true });
    expect(heard.out).toMatch(/INCIDENT inc-[0-9a-f]{8} {2}severity high/);
    expect(heard.exit).toBe(1);
  });

  test.each([
    [["investigate", "what?"], /neither a digest/],
    [["investigate", "ns/a/sa/b@mars"], /no cluster mars/],
    [["investigate", IMAGE, "--since", "soon"], /--since soon/],
    [["investigate", IMAGE, "--since", "1h", "--until", "2h"], /--since is after --until/],
    [["event", "get", "nonsense"], /log\/index/],
    [["event", "get", "rekor-private/99"], /^input[.]unknown: [^]+event rekor-private\/99/],
    [["event", "list", "--digest", "x"], /--digest x/],
    [["event", "list", "--cursor", "x"], /cursor/],
    [["workload", "get", "a/b"], /^input[.]unknown: [^]+pod a\/b/],
    [["artifact", "tree", "x"], /64 hexadecimal/],
  ])("%j is refused with what and why, exit 2", async (argv, message) => {
    const heard = await say(argv);
    expect(heard.err).toMatch(message);
    expect(heard.exit).toBe(2);
  });
});

describe("event", () => {
  test("list shows grade, run and what the policy says; filters narrow it", async () => {
    const [title = "", row = ""] = (await say(["event", "list"])).out.split("\n");
    expect(title).toMatch(/^TIME +EVENT +IDENTITY +ARTIFACT +GRADE +RUN +EXPECTED$/);
    expect(row).toMatch(
      /rekor-private\/7 +ns\/payments\/sa\/builder @ \S+ +registry\.example\/payments\/api@sha256:\S+ +A +payments\/sign +yes$/,
    );
    for (const filter of [
      ["--grade", "C,D"],
      ["--expected", "no"],
      ["--identity", "ns/x/sa/y"],
      ["--until", "9h"],
      ["--log", "other"],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one command after the other
      expect(JSON.parse((await say(["event", "list", ...filter, "-o", "json"])).out).items).toEqual([]);
    }
  });

  test("get shows the whole event", async () => {
    expect(JSON.parse((await say(["event", "get", REF, "-o", "json"])).out)).toMatchObject({
      index: 7,
      correlation: { grade: "A" },
      workloads: [{ pod: "api-1" }],
    });
    expect((await say(["event", "get", REF])).out).toMatch(/grade +A\n/);
  });
});

test("workload list shows who signed what runs; --unsigned exits 1 when there is any that is not", async () => {
  expect((await say(["workload", "list"])).out).toMatch(
    /prod-eu +payments-prod\/api-1 +\S+ +signed +ns\/payments\/sa\/builder/,
  );
  expect(await say(["workload", "list", "--unsigned", "-o", "jsonl"])).toMatchObject({ out: "", exit: 0 });
  expect(await say(["workload", "list", "--unsigned"], { stranger: true })).toMatchObject({ exit: 1 });
  expect(JSON.parse((await say(["workload", "get", "payments-prod/api-1"])).out).items).toHaveLength(1);
});

test.each([
  ["2026-11-23T10:04:59Z", false, [[], 0]],
  ["2026-11-23T10:05:00Z", false, [["certain"], 0]],
  ["2026-11-23T10:05:00Z", true, [["certain"], 3]],
])("workload list --at %s, with a gap in the watch: %s", async (at, unwatched, expected) => {
  const heard = await say(["workload", "list", "--at", at, "-o", "json"], { unwatched });
  const { items, gaps } = JSON.parse(heard.out);
  expect([items.map(({ ran }: { ran: string }) => ran), heard.exit]).toEqual(expected);
  expect(gaps).toEqual(unwatched ? [{ cluster: "prod-eu", reason: "connection lost" }] : []);
});

test("workload list --at wants a time", async () => {
  expect((await say(["workload", "list", "--at", "yesterday"])).exit).toBe(2);
});

test("artifact tree shows what is said about each digest", async () => {
  const heard = await say(["artifact", "tree", IMAGE]);
  expect(heard.out).toBe(
    [
      `manifest ${IMAGE}  ${REPOSITORY}`,
      `  - signature by ns/payments/sa/builder @ ${BUILDER.issuer} 2026-11-23T10:00:10Z, ${REF}, grade A`,
      "signed; whether its signers are allowed to, countersign workload list and policy test say",
      "",
    ].join("\n"),
  );
  expect(await say(["artifact", "tree", `sha256:${"0".repeat(64)}`])).toMatchObject({
    exit: 1,
    out: expect.stringContaining("no verified signature"),
  });
});

test("identity list counts what each signed, and how often against the policy", async () => {
  const rows = JSON.parse((await say(["identity", "list", "-o", "json"], { stranger: true })).out).items;
  expect(rows).toMatchObject([{ events: 1, unexpected: 1, text: expect.stringContaining("ns/sandbox/sa/default") }]);
});

type Small = { readonly stranger?: boolean; readonly unwatched?: boolean; readonly openEvidence?: OpenEvidence };

async function say(argv: readonly string[], small: Small = {}): Promise<Heard> {
  const { io, heard } = recordingIo({ now: () => NOW });
  const open: OpenLook = async () => smallLook(small);
  const modules = {
    investigate: (given: typeof io, opened: OpenLook) => investigateCommand(given, opened, small.openEvidence),
    event: eventCommand,
    workload: workloadCommand,
    artifact: artifactCommand,
    identity: identityCommand,
  };
  const rows = COMMANDS.flatMap((row) => {
    const command = Object.entries(modules).find(([name]) => name === row.name)?.[1];
    return command ? [{ ...row, load: async () => ({ command: (given: typeof io) => command(given, open) }) }] : [];
  });
  await runCli(argv, io, rows);
  return heard;
}

/** One signed image that runs, in memory. */
async function smallLook({ stranger = false, unwatched = false }: Small): Promise<Look> {
  const [namespace, account] = stranger ? ["sandbox", "default"] : ["payments", "builder"];
  const identity = { ...BUILDER, san: `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/${account}` };
  const signing = { ...event({ identity }), log: "rekor-private" };
  const events = virtualEventStore();
  await events.commit(batchOf(7, [{ event: signing, body: new Uint8Array() }], { startIndex: 7 }));
  const results = { LOG_ENTRIES: [{ log: "rekor-private", index: 7, leaf: leafHex(7) }] };
  const given = world({
    runs: [run({ results, namespace, account })],
    links: [link({ log: "rekor-private", repository: REPOSITORY })],
    pods: [runningPod()],
    gaps: unwatched ? [{ cluster: "prod-eu", resource: "pods", since: T0, reason: "connection lost" }] : [],
  });
  const imageSets = [{ repository: REPOSITORY, subject: IMAGE, isIndex: false, children: [] }];
  const judged = judgeEstate({ world: given, owners: [], imageSets, events: [signing], policy: policyOf(), asOf: NOW });
  const estate = async () => judged;
  const clusters = { gaps: async () => [] };
  const names = { clusters: given.clusters };
  return {
    queries: estateQueries({
      clock: { now: () => NOW },
      version: "",
      events,
      clusters,
      estate,
      proofOf: async () => undefined,
      bundleOf: async () => undefined,
      storyOf: async () => undefined,
      health: async () => [],
    }),
    estate,
    tell: investigate({
      readEstate: estate,
      events,
      clusters,
      signatures: { imageSets: async () => imageSets },
      names,
    }),
    clusters: names.clusters,
    close: async () => undefined,
  };
}

function runningPod() {
  const startedAt = renderRfc3339(addMs(T0, 300_000));
  const value = readPod({
    metadata: { uid: "pod-9", name: "api-1", namespace: "payments-prod" },
    spec: { containers: [{ name: "api", image: `${REPOSITORY}:1` }] },
    status: {
      containerStatuses: [{ name: "api", imageID: `${REPOSITORY}@${IMAGE}`, state: { running: { startedAt } } }],
    },
  });
  return { cluster: "prod-eu", value, observedAt: NOW };
}
