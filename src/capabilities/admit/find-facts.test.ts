import { describe, expect, test } from "vitest";
import { AT, DIGEST, stopped } from "../../../test/setup/admit-world.ts";
import { rulesOf, TARGET, TRUST } from "../../../test/setup/notation-world.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { PUBLISHER } from "../../core/drill/good.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import { addMs } from "../../core/time.ts";
import { pass } from "../../core/verdict.ts";
import { bytePool } from "./byte-pool.ts";
import { findFacts, type FindFactsPorts } from "./find-facts.ts";
import type { ImageFacts } from "./image-facts.ts";
import { policyInForce, type PolicyInForce, type RootInForce } from "./policy-in-force.ts";

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
  { stores, tag = "" }: { readonly stores?: PolicyInForce["stores"]; readonly tag?: string } = {},
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
  const policy = { ...under(roots, set), ...(stores && { stores }) };
  const family = policy.familyOf("r.example/a");
  if (!family) throw new Error("the policy of this test has a family");
  const question = { repository: "r.example/a", digest: DIGEST, family, policy, ...(tag !== "" && { tag }) };
  const facts = await findFacts(ports)(question, never);
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
    const key = { kind: "key", publicKey: new Uint8Array(0), reason: "x", validity: {}, formats: [format] };
    const ofKey = { ...SET, authorities: { builder: key } } as unknown as TrustPolicySet;
    expect((await find([["private", ROOT]], {}, ofKey)).asked).toEqual(expected);
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

describe("findFacts, of the Notary Project", () => {
  const partner: TrustPolicySet = { ...SET, authorities: { builder: PUBLISHER } };
  const STORES = new Map([["builder", { rules: rulesOf({ name: "builder" }), anchors: TRUST, hash: "aa" }]]);
  const UNTIL = addMs(AT, 60_000);
  const signed: FindFactsPorts["notation"] = {
    find: async function* (registry, { repository, digest }, signal) {
      await registry.referrers(repository, digest, signal);
      yield { kind: "envelope", manifest: DIGEST, mediaType: "application/cose", bytes: new Uint8Array(1) };
    },
    judge: async () => ({ verdict: pass, checks: [], facts: {}, revocable: [], until: UNTIL }),
  };
  const ask = (change: Partial<FindFactsPorts> = {}, set = partner, stores = STORES) =>
    find([["private", ROOT]], { registry: there(), notation: signed, ...change }, set, { stores });

  test("is satisfied by a signature, for as long as that is good", async () => {
    const { facts } = await ask();
    expect(facts).toMatchObject({ code: "satisfied", validUntil: UNTIL, require: { state: "pass" } });
    expect(facts.require).toMatchObject({ candidates: [{ source: "notation", state: "pass" }] });
  });

  test("reads no other signatures, and lists what is beside an image once for both kinds", async () => {
    const asked: string[] = [];
    await ask({ registry: there({}, asked) });
    expect(asked).toEqual([DIGEST, "referrers"]);
    const both = { ...partner.families[0], require: { op: "any", of: [byName("builder"), byName("other")] } };
    const set = { ...partner, families: [both], authorities: { builder: PUBLISHER, other: SIGSTORE } };
    const more: string[] = [];
    await ask({ registry: there({}, more) }, set as TrustPolicySet);
    expect(more.filter((what) => what === "referrers")).toHaveLength(1);
  });

  test("knows nothing where the trust stores are not to be had", async () => {
    const { facts } = await ask({}, partner, new Map());
    expect(facts).toMatchObject({ code: "notation-store-missing", require: { state: "unknown" } });
  });

  test("knows nothing of an image that is not there", async () => {
    const { facts } = await ask({ registry: there({ manifest: async () => undefined }) });
    expect(facts).toMatchObject({ code: "image-not-found", require: { state: "unknown" } });
  });

  test.each<[FaultId, keyof FindFactsPorts["registry"], string]>([
    ["registry.unreachable", "referrers", "registry-unreachable"],
    ["registry.too-large", "manifest", "too-large"],
  ])("takes the fault %s of the registry's %s for a gap", async (id, call, code) => {
    const down = () => Promise.reject(new Fault(id, "x"));
    const notation = { ...signed, find: listOnly };
    const { facts } = await ask({ registry: there({ [call]: down }), notation });
    expect(facts).toMatchObject({ code, require: { state: "unknown" } });
  });

  test("does not let one kind's failure hide what the other proves", async () => {
    const both = { ...partner.families[0], require: { op: "any", of: [byName("other"), byName("builder")] } };
    const authorities = { builder: PUBLISHER, other: SIGSTORE };
    const set = { ...partner, families: [both], authorities } as TrustPolicySet;
    const registry = there({
      manifest: (_, reference) =>
        reference.endsWith(".sig")
          ? Promise.reject(new Fault("registry.unreachable", "x"))
          : Promise.resolve({ descriptor: TARGET, bytes: toUtf8("{}") }),
    });
    expect((await ask({ gather: gatherLegacy, registry }, set)).facts.code).toBe("satisfied");
  });
});

const there = (change: Partial<FindFactsPorts["registry"]> = {}, asked: string[] = []) => ({
  manifest: async (_: string, reference: string) => {
    asked.push(reference);
    return { descriptor: { ...TARGET, digest: DIGEST }, bytes: toUtf8("{}") };
  },
  blob: async () => undefined,
  referrers: async () => {
    asked.push("referrers");
    return [];
  },
  ...change,
});

const gatherLegacy: FindFactsPorts["gather"] = async (registry, { repository }, signal) => {
  await registry.manifest(repository, `${DIGEST.replace(":", "-")}.sig`, signal);
  return { signatures: [], unreadable: [], gaps: [] };
};

const nobody = () => Promise.reject(new TypeError("nobody should be asked"));
const storesOf = (hash: string) => new Map([["builder", { rules: rulesOf(), anchors: TRUST, hash }]]);

const byName = (by: string) => ({ op: "signature", by, on: "subject" });

const listOnly: FindFactsPorts["notation"]["find"] = async function* (registry, { repository, digest }, signal) {
  await registry.referrers(repository, digest, signal);
  yield* [];
};

describe("findFacts, of a child whose index is signed", () => {
  const partner: TrustPolicySet = { ...SET, authorities: { builder: PUBLISHER } };
  const stores = new Map([["builder", { rules: rulesOf({ name: "builder" }), anchors: TRUST, hash: "aa" }]]);
  const INDEX = TARGET.digest;
  const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
  const list = (digest: string) =>
    toUtf8(
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [{ mediaType: "m", digest, size: 1 }] }),
    );
  /** Only what lies under a digest in `signed` has a signature. */
  const ask = async (
    behind: FindFactsPorts["registry"]["manifest"],
    signed: readonly string[],
    tag: string | undefined = "v1",
  ) => {
    const registry: FindFactsPorts["registry"] = {
      manifest: (repository, reference, signal) =>
        reference === "v1"
          ? behind(repository, reference, signal)
          : Promise.resolve({ descriptor: { ...TARGET, digest: reference as typeof DIGEST }, bytes: toUtf8("{}") }),
      blob: async () => undefined,
      referrers: async () => [],
    };
    const notation: FindFactsPorts["notation"] = {
      find: async function* (_, { digest }) {
        const envelope = { kind: "envelope", mediaType: "application/cose", bytes: new Uint8Array(1) } as const;
        if (signed.includes(digest)) yield { ...envelope, manifest: digest };
      },
      judge: async () => ({ verdict: pass, checks: [], facts: {}, revocable: [] }),
    };
    const more = { stores, ...(tag !== undefined && { tag }) };
    return (await find([], { registry, notation }, partner, more)).facts;
  };
  const index = async () => ({ descriptor: { ...TARGET, mediaType: INDEX_TYPE }, bytes: list(DIGEST) });

  test("names the index that the tag leads to, and still refuses", async () => {
    const facts = await ask(index, [INDEX]);
    expect(facts).toMatchObject({
      code: "child-not-signed",
      require: { state: "fail", nearest: "child-not-signed", signedParent: INDEX },
    });
  });

  test.each<[string, Parameters<typeof ask>[0], readonly string[], string | undefined]>([
    ["an index that nobody signed", index, [], "v1"],
    ["an index of other images", async () => ({ descriptor: TARGET, bytes: list(INDEX) }), [INDEX], "v1"],
    ["an image", async () => ({ descriptor: TARGET, bytes: toUtf8("{}") }), [INDEX], "v1"],
    ["nothing", async () => undefined, [INDEX], "v1"],
    ["a registry that is down", () => Promise.reject(new Fault("registry.unreachable", "x")), [INDEX], "v1"],
  ])("says no-signature where the tag leads to %s", async (_, behind, signed, tag) => {
    expect((await ask(behind, signed, tag)).code).toBe("no-signature");
  });

  test("does not look where the image is signed, or the reference has no tag", async () => {
    expect((await ask(nobody, [DIGEST])).code).toBe("satisfied");
    expect((await ask(nobody, [], "")).code).toBe("no-signature");
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
    const partner = { ...SET, authorities: { builder: PUBLISHER } };
    const ofStores = [new Map(), storesOf("aa"), storesOf("bb")].map((stores) => {
      const parts = { policy: partner, exceptions: [], breakGlass: [], roots: new Map(), cluster: "prod", stores };
      const policy = policyInForce(parts);
      const family = policy.familyOf("r.example/a");
      return family ? policy.familyHash(family) : "";
    });
    expect(new Set(ofStores).size).toBe(3);
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
