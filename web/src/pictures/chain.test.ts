import { describe, expect, test } from "vitest";
import type { EventDetail, WorkloadItem } from "../../../src/app/http/contract.ts";
import { chainRows, chainSentence, toChain } from "./chain.ts";
import { layoutChain } from "./chain-layout.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const RUN = { cluster: "prod-eu", kind: "TaskRun", namespace: "payments-prod", name: "build-x", uid: "u" } as const;
const IDENTITY = {
  issuer: "https://oidc.example",
  san: "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder",
  sanType: "uri",
  text: "ns/payments-prod/sa/builder @ https://oidc.example",
  namespace: "payments-prod",
  serviceAccount: "builder",
} as const;

const workload: WorkloadItem = {
  cluster: "prod-eu",
  namespace: "payments-prod",
  pod: "api-1",
  podUid: "p",
  container: "api",
  image: "registry.example/payments/api:1",
  repository: "registry.example/payments/api",
  digest: DIGEST,
  owners: ["ReplicaSet/api-7d9f", "Deployment/api"],
  startedAt: null,
  finishedAt: null,
  match: "match-exact",
  signing: "signed",
  signers: [IDENTITY],
  events: [],
  grade: "A",
  reasons: [],
};

const proven: EventDetail = {
  log: "rekor-private",
  index: 7,
  eventTime: "2026-11-22T02:41:09Z",
  timeBasis: "not-before",
  kind: "hashedrekord 0.0.2",
  parsed: true,
  chain: "verified",
  identity: IDENTITY,
  digests: [],
  artifacts: [{ repository: "registry.example/payments/api", digest: DIGEST }],
  grade: "A",
  run: RUN,
  expected: { state: "yes", reason: "payments allows builder" },
  incidents: [],
  flags: [],
  globalIndex: null,
  firstSeen: "2026-11-22T02:42:00Z",
  signed: { from: null, to: null },
  logged: { from: null, to: null },
  leafHash: "00",
  identities: [IDENTITY],
  certificate: null,
  correlation: {
    grade: "A",
    reasons: [],
    gaps: [],
    candidates: [
      {
        run: RUN,
        pipelineRun: null,
        serviceAccount: "builder",
        pod: null,
        grade: "A",
        conflicts: [],
        evidence: [{ kind: "credential", detail: "bound to the pod", object: "pods/x" }],
      },
    ],
  },
  workloads: [workload],
  body: "",
  coverage: { complete: true, coveredTo: "2026-11-22T03:00:00Z", gaps: [] },
};

const [candidate] = proven.correlation.candidates;

describe("toChain", () => {
  test("a chain with every link supported is good all the way, and its sentence says so", () => {
    const chain = toChain(proven);
    expect(chain.edges.map(({ state }) => state)).toEqual(["good", "good", "good", "good"]);
    expect(chainSentence(chain)).toContain("Every link is supported.");
  });

  /** One change per row: the column or edge that must no longer be good. */
  test.each([
    ["no run", { run: null, correlation: { grade: "none", reasons: [], gaps: [], candidates: [] } }, "run", "missing"],
    ["a certificate of a stranger", { chain: "untrusted" }, "identity", "bad"],
    ["a bare key", { identity: null, chain: "none" }, "identity", "missing"],
    ["an identity that is not allowed", { expected: { state: "no", reason: "x" } }, "artifact-0", "bad"],
    ["an artifact no policy speaks of", { expected: { state: "unknown", reason: "x" } }, "artifact-0", "plain"],
    ["no artifact known", { artifacts: [] }, "artifact-0", "missing"],
    ["nothing running", { workloads: [] }, "workload-0", "missing"],
    ["an unexpected signer", { workloads: [{ ...workload, signing: "unexpected-identity" }] }, "workload-0", "bad"],
    ["a leaf that could not be read", { parsed: false }, "entry", "bad"],
  ] as const)("%s is not shown as good", (_, change, id, state) => {
    const cards = toChain({ ...proven, ...change }).columns.flatMap((column) => column.cards);
    expect(cards.find((card) => card.id === id)?.state).toBe(state);
  });

  test("a run of another account than the certificate's breaks the link between them", () => {
    const correlation = {
      ...proven.correlation,
      candidates: candidate ? [{ ...candidate, serviceAccount: "default" }] : [],
    };
    const edge = toChain({ ...proven, correlation }).edges.find(({ from }) => from === "run");
    expect(edge).toMatchObject({ to: "identity", state: "bad", grade: "≠" });
  });

  test("says of a workload that is not seen whether its clusters were", () => {
    const gaps = [{ source: "cluster", name: "prod-eu pods", from: null, to: null, reason: "no watch" }] as const;
    const unseen = toChain({ ...proven, workloads: [], coverage: { complete: false, coveredTo: null, gaps } });
    expect(unseen.columns.at(-1)?.cards[0]?.full).toBe("Runs nowhere some clusters were not seen");
  });

  test("shows four workloads and counts the rest", () => {
    const workloads = Array.from({ length: 9 }, (_, i) => ({ ...workload, podUid: `p${i}` }));
    const titles = toChain({ ...proven, workloads })
      .columns.at(-1)
      ?.cards.map(({ title }) => title);
    expect(titles).toEqual(["api", "api", "api", "api", "+ 5 more"]);
  });

  test("the table has a row for each edge of the picture, with the whole text", () => {
    const chain = toChain(proven);
    expect(chainRows(chain).map(({ fromText, toText }) => [fromText !== "", toText !== ""])).toEqual(
      chain.edges.map(() => [true, true]),
    );
  });

  test("hidden characters of names are shown", () => {
    const run = { ...RUN, name: "build\u202Ex" };
    expect(JSON.stringify(toChain({ ...proven, run }))).not.toContain("\u202E");
    expect(toChain({ ...proven, run }).columns[1]?.cards[0]?.title).toBe("build␦202Ex");
  });
});

describe("layoutChain", () => {
  test.each([1, 2, 5, 9])("with %i workloads no two cards overlap and all are inside", (count) => {
    const workloads = Array.from({ length: count }, (_, i) => ({ ...workload, podUid: `p${i}` }));
    const { cards, width, height } = layoutChain(toChain({ ...proven, workloads }));
    for (const [i, a] of cards.entries()) {
      expect(a.x + 172).toBeLessThanOrEqual(width);
      expect(a.y + 86).toBeLessThanOrEqual(height);
      for (const b of cards.slice(i + 1)) expect(Math.abs(a.x - b.x) >= 172 || Math.abs(a.y - b.y) >= 86).toBe(true);
    }
  });
});
