import { describe, expect, test } from "vitest";
import { CONTEXT, readSet, SAN, type Draft } from "../../../../test/setup/policy-set.ts";
import { re2jsCompiler } from "../../../adapters/re2js/regex-compiler.ts";
import type { Identity } from "../../identity/identity.ts";
import { addMs, type UnixMs } from "../../time.ts";
import { toSignerPolicy } from "../to-signer-policy.ts";
import { allowedIdentities } from "./allowed.ts";
import type { ClusterView, DriftEvidence, LastSignature, LogCoverage } from "./evidence.ts";
import { judgeDrift, type Drift } from "./judge-drift.ts";

const NOW = CONTEXT.now;
const daysAgo = (days: number): UnixMs => addMs(NOW, -days * 86_400_000);
const ISSUER = "https://oidc.prod-1.example.com";
const BUILDER: Identity = { issuer: ISSUER, san: SAN, sanType: "uri" };
const STRANGER: Identity = { ...BUILDER, san: SAN.replace("builder", "stranger") };
const REPOSITORY = "registry.example.com/payments/api";
const exact: Draft = { issuer: ISSUER, san: { uri: SAN } };
const workflow: Draft = {
  issuer: "https://ci.example.com",
  san: { uri: "https://ci.example.com/team/app/build.yaml" },
};
const wide: Draft = {
  issuer: ISSUER,
  san: { uri: { pattern: `^${SAN.replaceAll(".", "\\.").replace("builder", "")}[a-z]+$` } },
};
const dark: LogCoverage = { root: "private", log: "dark" };

describe("what is allowed", () => {
  test.each<[string, Partial<Given>, string]>([
    ["signs, and its account is there", {}, "agreed"],
    ["signed 89 days ago, and nothing runs as it", { last: signed(89) }, "agreed"],
    ["signed 91 days ago, and nothing runs as it", { last: signed(91) }, "unused"],
    ["never signed", { last: { kind: "none" } }, "unused"],
    ["never signed, but a pod of its account asks for the token", { last: { kind: "none" }, asks: true }, "agreed"],
    ["never signed, as far as was looked", { last: { kind: "unsearched" } }, "undecided"],
    ["never signed in a log of 89 days", { last: { kind: "none" }, logs: [log(89, 0)] }, "undecided"],
    ["never signed in a log that is not read any more", { last: { kind: "none" }, logs: [log(120, 2)] }, "undecided"],
    [
      "never signed in one log; another is not followed",
      { last: { kind: "none" }, logs: [log(99, 0), dark] },
      "undecided",
    ],
    ["never signed, and no log of its root is known", { last: { kind: "none" }, logs: [] }, "undecided"],
    ["never signed, and the watch has a gap", { last: { kind: "none" }, view: { gap: "not watched" } }, "undecided"],
    ["signs, and the watch has a gap", { view: { gap: "not watched" } }, "agreed"],
    ["signs, and its account was never there", { view: { accounts: [] } }, "dangling"],
    ["signs, and its account is gone", { view: { accounts: [account({ goneBy: daysAgo(3) })] } }, "dangling"],
    [
      "its account is gone and there again",
      { view: { accounts: [account({ goneBy: daysAgo(3) }), account()] } },
      "agreed",
    ],
    ["its namespace is gone", { view: { namespaces: [{ name: "payments", goneBy: daysAgo(3) }] } }, "dangling"],
    ["its account is in another namespace", { view: { accounts: [account({ namespace: "pay" })] } }, "dangling"],
    ["its account is not seen, and there is a gap", { view: { accounts: [], gap: "not watched" } }, "undecided"],
    ["its account is not seen by who looked two days ago", { view: { accounts: [], asOf: daysAgo(2) } }, "undecided"],
    ["its account is not seen in another cluster", { view: { accounts: [], issuer: `${ISSUER}/` } }, "undecided"],
  ])("%s: %s", (_, given, expected) => {
    expect(outcomeOf(drift(given))).toBe(expected);
  });

  test("dangling is since it has gone, or since the watch began", () => {
    const [gone] = drift({ view: { accounts: [account({ goneBy: daysAgo(3) })] } }).findings;
    expect([gone?.since, gone?.detail]).toEqual([
      daysAgo(3),
      "service account payments/builder of prod-1 is gone: whoever can create it there may sign",
    ]);
    const [never] = drift({ view: { accounts: [], namespaces: [] } }).findings;
    expect([never?.since, never?.detail]).toEqual([
      daysAgo(200),
      "namespace payments of prod-1 was never seen: whoever can create it there may sign",
    ]);
  });

  test("unused is since the last signature, and is mended by taking the identity out", () => {
    const [finding] = drift({ last: signed(91) }).findings;
    expect(finding).toMatchObject({ since: daysAgo(91), authority: "builder", families: ["payments"] });
    expect(finding?.mend.note).toContain("the only identity of builder");
    const line = finding?.mend.patch?.split("\n").find((text) => text.startsWith("-"));
    expect(JSON.parse(line?.slice(line.indexOf("{")) ?? "")).toEqual({ issuer: ISSUER, san: { uri: SAN } });
  });

  test.each<[string, Draft, Partial<Given>, string]>([
    ["of a workflow that never signed", workflow, { last: { kind: "none" } }, "unused"],
    ["of a workflow that signs; no cluster has its account", workflow, { view: { accounts: [] } }, "agreed"],
    ["a pattern that nobody signs under", wide, { last: { kind: "none" } }, "unused"],
    ["a pattern under which a pod asks for the token", wide, { last: { kind: "none" }, asks: true }, "agreed"],
  ])("%s: %s", (_, identity, given, expected) => {
    expect(outcomeOf(drift(given, identity))).toBe(expected);
  });

  test("an authority that nothing requires allows nobody anything", () => {
    const { documents } = readSet([
      setOf(exact, { unrelated: { sigstore: { root: "private", identities: [workflow] } } }),
    ]);
    expect(documents && allowedIdentities(documents.policy).map(({ authority }) => authority)).toEqual(["builder"]);
  });
});

describe("who builds", () => {
  test.each<[string, Partial<Given>, number]>([
    ["the builder signed", { acts: [act(BUILDER)] }, 0],
    ["a stranger signed", { acts: [act(STRANGER)] }, 1],
    ["a stranger signed twice", { acts: [act(STRANGER, 2), act(STRANGER, 5)] }, 1],
    ["the builder's name under another issuer signed", { acts: [act({ ...BUILDER, issuer: "https://x.example" })] }, 1],
    ["the builder's name as a SAN of another type signed", { acts: [act({ ...BUILDER, sanType: "email" })] }, 1],
    ["the builder's name under another root signed", { acts: [{ ...act(BUILDER), roots: ["public"] }] }, 1],
    ["the builder signed in a log that no root has", { acts: [{ ...act(BUILDER), roots: [] }] }, 0],
    ["a stranger signed an image of no family", { acts: [act(STRANGER, 1, "registry.example.com/other/api")] }, 0],
    ["a stranger's pod asks for the token", { view: { accounts: [account(), stranger()] } }, 1],
    ["a stranger's pod asks, and it signed", { acts: [act(STRANGER)], view: { accounts: [account(), stranger()] } }, 1],
    ["a stranger asked, and is gone", { view: { accounts: [account(), stranger({ goneBy: NOW })] } }, 0],
    ["a stranger has an account that asks for nothing", { view: { accounts: [account(), account({ name: "x" })] } }, 0],
    [
      "a stranger asks where projected tokens make no identity",
      { view: { accounts: [account(), stranger()], issuerType: "spiffe" } },
      0,
    ],
  ])("%s: %i missing", (_, given, count) => {
    const { findings, gaps } = drift(given);
    expect(findings.map(({ kind }) => kind)).toEqual(Array.from({ length: count }, () => "missing"));
    expect(gaps).toEqual([]);
  });

  test("missing is since its first signature, and its patch ends it", () => {
    const acts = [act(STRANGER, 2), act(STRANGER, 5)];
    const [finding] = drift({ acts }).findings;
    expect(finding).toMatchObject({ since: daysAgo(5), families: ["payments"] });
    expect(finding?.detail).toBe(
      `signed 2 images, the first ${REPOSITORY} (l/5), and family payments does not allow it`,
    );
    const line = finding?.mend.patch?.split("\n").find((text) => text.startsWith("+"));
    const added: Draft = JSON.parse(line?.slice(line.indexOf("{")) ?? "");
    expect(drift({ acts }, exact, added).findings.filter(({ kind }) => kind === "missing")).toEqual([]);
  });

  test("an identity of another root is not put into an authority of this one", () => {
    const [finding] = drift({ acts: [{ ...act(STRANGER), roots: ["public"] }] }).findings;
    expect(finding?.mend).toEqual({ note: expect.stringContaining("no authority of its trust root") });
  });

  test("who only could sign has no family, so no patch is made up", () => {
    const [finding] = drift({ view: { accounts: [account(), stranger()] } }).findings;
    expect(finding).toMatchObject({ families: [], since: daysAgo(7) });
    expect(finding?.mend.patch).toBeUndefined();
  });
});

const matches = (pattern: string, text: string): boolean => re2jsCompiler.matchesWhole(pattern, text);

type Given = {
  readonly last: LastSignature;
  readonly asks: boolean;
  readonly view: Partial<ClusterView>;
  readonly logs: readonly LogCoverage[];
  readonly acts: DriftEvidence["acts"];
};

function drift(given: Partial<Given>, identity: Draft = exact, ...more: readonly Draft[]): Drift {
  const { documents, problems } = readSet([setOf(identity, {}, ...more)]);
  if (!documents) throw new Error(JSON.stringify(problems));
  const allowed = allowedIdentities(documents.policy);
  const evidence: DriftEvidence = {
    now: NOW,
    allowed: allowed.map((one) => ({ allowed: one, last: given.last ?? signed(1) })),
    acts: given.acts ?? [],
    logs: given.logs ?? [log(120, 0)],
    clusters: [
      {
        cluster: "prod-1",
        issuer: ISSUER,
        issuerType: "kubernetes",
        asOf: NOW,
        watchedSince: daysAgo(200),
        namespaces: [{ name: "payments" }],
        accounts: [account(given.asks === true ? { asked: { pod: "p", at: daysAgo(7) } } : {})],
        ...given.view,
      },
    ],
  };
  const expected = toSignerPolicy(documents, re2jsCompiler);
  return judgeDrift({ policy: documents.policy, expected }, evidence, matches);
}

function outcomeOf({ findings, gaps }: Drift): string {
  if (findings.length + gaps.length > 1) throw new Error("more than one");
  return findings[0]?.kind ?? (gaps.length > 0 ? "undecided" : "agreed");
}

function setOf(identity: Draft, authorities: Draft = {}, ...more: readonly Draft[]): Draft {
  return {
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustPolicy",
    metadata: { name: "production" },
    spec: {
      authorities: { builder: { sigstore: { root: "private", identities: [identity, ...more] } }, ...authorities },
      families: [
        { name: "payments", images: ["registry.example.com/payments/**"], require: [{ signature: "builder" }] },
      ],
    },
  };
}

function signed(days: number): LastSignature {
  return { kind: "signed", at: daysAgo(days), event: "l/1" };
}

function account(change: Partial<ClusterView["accounts"][number]> = {}): ClusterView["accounts"][number] {
  return { namespace: "payments", name: "builder", ...change };
}

function stranger(change: Partial<ClusterView["accounts"][number]> = {}): ClusterView["accounts"][number] {
  return account({ name: "stranger", asked: { pod: "p", at: daysAgo(7) }, ...change });
}

function log(from: number, to: number): LogCoverage {
  return { root: "private", log: "l", span: { from: daysAgo(from), to: daysAgo(to) } };
}

function act(identity: Identity, days = 1, repository = REPOSITORY): DriftEvidence["acts"][number] {
  return { repository, identity, at: daysAgo(days), event: `l/${days}`, roots: ["private"] };
}
