import { describe, expect, test } from "vitest";
import { AT, DIGEST, stopped } from "../../../test/setup/admit-world.ts";
import { sha256 } from "../../core/digest.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import { bytePool } from "./byte-pool.ts";
import { findFacts, type FindFactsPorts } from "./find-facts.ts";
import type { ImageFacts } from "./image-facts.ts";
import { policyInForce, type RootInForce } from "./policy-in-force.ts";

const never = new AbortController().signal;
const SIGSTORE = {
  kind: "sigstore",
  root: "private",
  identities: [
    { issuer: { kind: "exact", text: "i" }, san: { kind: "exact", text: "s", type: "uri" }, extensions: {} },
  ],
  formats: ["bundle", "legacy"],
  log: { logs: [], proof: "inclusion", min: 1 },
  time: { sources: ["tsa", "log"], min: 1, tsas: [] },
  sct: { kind: "required" },
} as const;
const ROOT: RootInForce = {
  compiled: {
    trustId: sha256(new Uint8Array(1)),
    thresholds: { log: 1, time: 1, sct: 1 },
    logs: [],
    cas: [],
    ctLogs: [],
    tsas: [],
  },
  nameOfLog: (url) => url,
  nameOfTsa: (uri) => uri,
  hash: "aa",
  expired: false,
};
const SET: TrustPolicySet = {
  name: "p",
  unmatched: { kind: "deny" },
  pin: "mutate",
  enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
  families: [
    {
      name: "f",
      images: ["r.example/**"],
      except: [],
      require: { op: "signature", by: "builder", on: "subject" },
      platforms: [],
      reference: "ignore",
      time: { windows: [], outside: "flag" },
    },
  ],
  authorities: { builder: SIGSTORE },
  limits: {},
};

const under = (roots: readonly (readonly [string, RootInForce])[], set = SET) =>
  policyInForce({ policy: set, exceptions: [], breakGlass: [], roots: new Map(roots), cluster: "prod" });

/** What is found out of an image under these roots, and what was asked of the registry for it. */
async function find(
  roots: Parameters<typeof under>[0],
  change: Partial<FindFactsPorts> = {},
  set = SET,
): Promise<{ readonly facts: ImageFacts; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const nothing = async (what: string): Promise<undefined> => {
    asked.push(what);
  };
  const ports: FindFactsPorts = {
    registry: {
      manifest: (_, reference) => nothing(reference),
      blob: (_, digest) => nothing(digest),
      referrers: async () => (await nothing("referrers")) ?? [],
    },
    gather: async (registry, { repository, digest }, signal) => {
      await registry.referrers(repository, digest, signal);
      await registry.manifest(repository, `${digest.replace(":", "-")}.sig`, signal);
      return { signatures: [], unreadable: [], gaps: [] };
    },
    notation: { find: async function* () {}, judge: () => Promise.reject(new Error("nothing was found")) },
    clock: stopped,
    matches: () => false,
    wallClock: () => ({ weekday: "Mon", minute: 0 }),
    verifyPrehashed: () => false,
    pool: bytePool(1000),
    ...change,
  };
  const policy = under(roots, set);
  const family = policy.familyOf("r.example/a");
  if (!family) throw new Error("the policy of this test has a family");
  const facts = await findFacts(ports)({ repository: "r.example/a", digest: DIGEST, family, policy }, never);
  return { facts, asked };
}

describe("findFacts", () => {
  test("says that there is no signature only when it could look everywhere", async () => {
    const { facts, asked } = await find([["private", ROOT]]);
    expect(facts).toMatchObject({
      code: "no-signature",
      require: { state: "fail" },
      trust: [{ root: "private", hash: "aa" }],
    });
    expect(asked).toHaveLength(2);
  });

  test.each<[string, Parameters<typeof under>[0]]>([
    ["has expired", [["private", { ...ROOT, expired: true }]]],
    ["could not be had", []],
  ])("knows nothing under a root that %s", async (_, roots) => {
    expect((await find(roots)).facts).toMatchObject({ code: "root-expired", require: { state: "unknown" } });
  });

  test.each<[FaultId, string]>([
    ["registry.unreachable", "registry-unreachable"],
    ["registry.unauthorized", "registry-auth"],
    ["registry.malformed", "manifest-invalid"],
  ])("takes the fault %s of a source for a gap, not for an absence", async (id, code) => {
    const registry = {
      referrers: () => Promise.reject(new Fault(id, "x")),
      manifest: async () => undefined,
      blob: async () => undefined,
    };
    expect((await find([["private", ROOT]], { registry })).facts).toMatchObject({
      code,
      require: { state: "unknown" },
    });
  });

  test.each<["bundle" | "legacy", readonly string[]]>([
    ["bundle", ["referrers"]],
    ["legacy", [`${DIGEST.replace(":", "-")}.sig`]],
  ])("asks for the format %s alone where no other is accepted", async (format, expected) => {
    const set = { ...SET, authorities: { builder: { ...SIGSTORE, formats: [format] } } } as TrustPolicySet;
    expect((await find([["private", ROOT]], {}, set)).asked).toEqual(expected);
  });

  test("is cut off at its limits, and says so", async () => {
    const { facts, asked } = await find(
      [["private", ROOT]],
      { gather: gatherFive },
      { ...SET, limits: { candidates: 3 } },
    );
    expect([facts.code, asked.length]).toEqual(["too-many-candidates", 3]);
  });

  test("gives all memory back, whatever happens", async () => {
    const pool = bytePool(1000);
    await expect(find([["private", ROOT]], { gather: gatherAndFail, pool })).rejects.toThrow("ours");
    expect(pool.taken()).toBe(0);
  });
});

describe("policyInForce", () => {
  test("keys the verdicts of a family by its roots, and by whether they have expired", () => {
    const hashOf = (roots: Parameters<typeof under>[0]): string => {
      const policy = under(roots);
      const family = policy.familyOf("r.example/a");
      return family ? policy.familyHash(family) : "";
    };
    const hashes = [
      hashOf([["private", ROOT]]),
      hashOf([["private", { ...ROOT, hash: "bb" }]]),
      hashOf([["private", { ...ROOT, expired: true }]]),
      hashOf([]),
    ];
    expect(new Set(hashes).size).toBe(4);
    expect(
      hashOf([
        ["private", ROOT],
        ["other", ROOT],
      ]),
    ).toBe(hashes[0]);
    expect(under([]).enforcementOf("n", AT)).toEqual({ kind: "enforce" });
  });
});

const gatherFive: FindFactsPorts["gather"] = async (registry, { repository, digest }, signal) => {
  for (let i = 0; i < 5; i++) await registry.manifest(repository, digest, signal); // oxlint-disable-line no-await-in-loop -- one by one
  return { signatures: [], unreadable: [], gaps: [] };
};

const gatherAndFail: FindFactsPorts["gather"] = async (registry, { repository, digest }, signal) => {
  await registry.blob(repository, digest, 100, signal);
  throw new TypeError("ours");
};
