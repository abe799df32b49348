import fc from "fast-check";
import type { JsonValue } from "../../src/core/json/json.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../../src/core/policy/read/authority.ts";
import type {
  Authority,
  Condition,
  SigstoreLayout,
  IdentityRule,
  ImageFamily,
  LogRule,
  Requirement,
  TimeSourceRule,
  TrustPolicySet,
} from "../../src/core/policy/trust-policy.ts";
import { KEYS, type Fact } from "./exchange-world.ts";

const ISSUER = "https://oidc.example.com";
export const SANS = [
  "https://kubernetes.io/namespaces/pay/serviceaccounts/builder",
  "https://kubernetes.io/namespaces/pay/serviceaccounts/builder-evil",
  "https://git.example.com/pay/release.yml@refs/tags/v1",
  "xhttps://git.example.com/pay/release.yml@refs/tags/v1",
  "release@example.com",
] as const;
const TYPES = ["https://spdx.dev/Document", "https://slsa.dev/provenance/v1"] as const;
const STATEMENTS: readonly JsonValue[] = [
  { predicate: { builder: { id: "https://tekton.dev/chains/v2" }, level: 3 } },
  { predicate: { builder: { id: "https://evil.example.com" } } },
  { predicate: {} },
];

/** Mostly the first, so that engines can say enough of the policies. */
const seldom = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });

const san: fc.Arbitrary<IdentityRule["san"]> = fc.oneof(
  fc.constantFrom(SANS[0], SANS[2]).map((text) => ({ kind: "exact", type: "uri", text }) as const),
  { weight: 2, arbitrary: fc.constant({ kind: "exact", type: "email", text: SANS[4] } as const) },
  fc.constant({
    kind: "pattern",
    type: "uri",
    pattern: String.raw`^https://git\.example\.com/pay/release\.yml@refs/tags/v[0-9]+$`,
  } as const),
);
const identity: fc.Arbitrary<IdentityRule> = fc.record({
  issuer: fc.constant({ kind: "exact", text: ISSUER } as const),
  san,
  extensions: seldom<Record<string, string>>({}, { "11": "github-hosted" }),
});
const logRule = (names: readonly string[]): fc.Arbitrary<LogRule> =>
  fc
    .record({
      logs: seldom<readonly string[]>([], names.slice(0, 1)),
      proof: seldom<LogRule["proof"]>("promise", "inclusion"),
      min: seldom(1, 2),
      witnesses: seldom<readonly { of: string[]; quorum: number }[]>([], [{ of: ["w1", "w2"], quorum: 1 }]),
    })
    .map(({ witnesses: [witnesses], ...rule }) => ({ ...rule, ...(witnesses && { witnesses }) }));

const forms = fc.constantFrom<readonly SigstoreLayout[]>(["bundle", "legacy"], ["legacy"], ["bundle"]);
const authority: fc.Arbitrary<Authority> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("private", "public").chain(sigstore) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        kind: fc.constant("key" as const),
        publicKey: fc.constantFrom(KEYS["vendor-1"], KEYS["vendor-2"]),
        reason: fc.constant("contract"),
        formats: forms,
        validity: fc.constantFrom({ from: ALWAYS_FROM, to: ALWAYS_TO }),
        log: logRule(["rekor-a"]).map((rule) => ({ ...rule, root: "private" })),
      },
      { requiredKeys: ["kind", "publicKey", "reason", "formats", "validity"] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("notation" as const),
      trustStores: fc.constant(["acme"]),
      identities: fc.constantFrom(["x509.subject: C=CH, ST=ZH, O=Acme"], ["x509.subject: C=CH, ST=ZH, O=Other"]),
      level: fc.constant("strict" as const),
      overrides: fc.constant({}),
      tsaStores: fc.constant([]),
      verifyTimestamp: fc.constant("always" as const),
      revocation: fc.constant("enforce" as const),
    }),
  },
);

function sigstore(root: string): fc.Arbitrary<Authority> {
  return fc.record({
    kind: fc.constant("sigstore" as const),
    root: fc.constant(root),
    identities: fc.array(identity, { minLength: 1, maxLength: 2 }),
    formats: forms,
    log: logRule(root === "private" ? ["rekor-a"] : ["public-rekor"]),
    time: seldom<TimeSourceRule>(
      { sources: ["tsa", "log"], min: 1, tsas: [] },
      { sources: ["log"], min: 1, tsas: [] },
      { sources: ["tsa"], min: 1, tsas: [] },
    ),
    sct: fc.constantFrom(
      { kind: "required" } as const,
      { kind: "required" } as const,
      { kind: "absent", reason: "none" } as const,
    ),
  });
}

const AUTHORITIES = ["a", "b", "c"] as const;
const condition: fc.Arbitrary<Condition> = fc.constantFrom<Condition>(
  { at: ["predicate", "builder", "id"], every: false, test: { kind: "is", value: "https://tekton.dev/chains/v2" } },
  {
    at: ["predicate", "builder", "id"],
    every: false,
    test: { kind: "matches", pattern: String.raw`^https://tekton\.dev/.*$` },
  },
  { at: ["predicate", "level"], every: false, test: { kind: "min", value: 2 } },
  { at: ["predicate", "level"], every: false, test: { kind: "exists", exists: false } },
);
const term = fc.oneof(
  fc.record({
    op: fc.constant("signature" as const),
    by: fc.constantFrom(...AUTHORITIES),
    on: fc.constant("subject" as const),
  }),
  fc
    .record({
      op: fc.constant("attestation" as const),
      by: fc.constantFrom(...AUTHORITIES),
      predicateType: fc.constantFrom(...TYPES),
      where: fc.array(condition, { maxLength: 1 }),
      age: seldom<readonly number[]>([], [7 * 86_400_000]),
      on: seldom<"subject" | "either" | "everyPlatform">("subject", "either", "everyPlatform"),
    })
    .map(({ age: [maxAgeMs], ...rest }) => ({ ...rest, ...(maxAgeMs !== undefined && { maxAgeMs }) })),
) as fc.Arbitrary<Requirement>;
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  { weight: 3, arbitrary: term },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constantFrom("all", "any"), of: fc.array(term, { minLength: 1, maxLength: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("atLeast" as const),
      n: fc.constant(2),
      of: fc.array(term, { minLength: 2, maxLength: 3 }),
    }),
  },
);

const IMAGES: readonly (readonly [string[], string[]])[] = [
  [["registry.example.com/NAME/**"], []],
  [["registry.example.com/NAME", "registry.example.com/NAME/**"], []],
  [["registry.example.com/NAME/*"], []],
  [["registry.example.com/NAME"], []],
  [["registry.example.com/NAME/**"], ["registry.example.com/NAME/sandbox/**"]],
  [["registry.example.com/NAME/tool-*", "docker.io/library/NAME"], []],
];

const named = (list: readonly string[], name: string) => list.map((one) => one.replace("NAME", name));
const family = (name: string): fc.Arbitrary<ImageFamily> =>
  fc
    .record({
      name: fc.constant(name),
      images: fc.constant([]),
      except: fc.constant([]),
      require: requirement,
      platforms: fc.constant([]),
      reference: seldom<"ignore" | "repository">("ignore", "repository"),
      time: seldom<ImageFamily["time"]>(
        { windows: [], outside: "flag" },
        { windows: [], outside: "flag", maxAgeMs: 1000 },
      ),
    })
    .chain((made) =>
      fc.constantFrom(...IMAGES).map(([images, except]) => {
        return { ...made, images: named(images, name), except: named(except, name) };
      }),
    );

/** Policies of disjoint families over three authorities; sometimes a family has what another excepts. */
export const policies: fc.Arbitrary<TrustPolicySet> = fc
  .record({
    authorities: fc.record({ a: authority, b: authority, c: authority }),
    one: family("one"),
    two: fc.option(family("two"), { nil: undefined }),
    sandbox: fc.option(family("sandbox"), { nil: undefined }),
  })
  .map(({ authorities, one, two, sandbox }) => {
    const nested = one.except.length > 0 && sandbox ? [{ ...sandbox, images: one.except, except: [] }] : [];
    return {
      name: "generated",
      unmatched: { kind: "deny" },
      pin: "mutate",
      enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
      families: [one, ...(two ? [two] : []), ...nested],
      authorities,
      limits: {},
    };
  });

/** Repositories in and around the patterns above. */
export const REPOSITORIES: readonly string[] = [
  "registry.example.com/one",
  "registry.example.com/one/app",
  "registry.example.com/one/tool-x",
  "registry.example.com/one/app/deep",
  "registry.example.com/one/tool-x/deep",
  "registry.example.com/one/sandbox/app",
  "registry.example.com/two",
  "registry.example.com/two/app",
  "registry.example.com/onemore",
  "docker.io/library/one",
  "docker.io/library/two",
  "elsewhere.example.com/one",
];

const fact: fc.Arbitrary<Fact> = fc.record({
  what: fc.constantFrom("signature", "attestation"),
  predicateType: fc.constantFrom(...TYPES),
  statement: fc.constantFrom(...STATEMENTS),
  source: fc.constantFrom("bundle", "legacy"),
  signer: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("sigstore" as const),
        root: fc.constantFrom("private", "public"),
        issuer: fc.constantFrom(ISSUER, ISSUER, ISSUER, `${ISSUER}/`),
        san: fc.constantFrom(...SANS),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("key" as const),
        root: fc.constant("private"),
        key: fc.constantFrom(KEYS["vendor-1"], KEYS["vendor-2"]),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("notation" as const),
        store: fc.constant("acme"),
        subject: fc.constantFrom("x509.subject: C=CH, ST=ZH, O=Acme", "x509.subject: C=CH, ST=ZH, O=Other"),
      }),
    },
  ),
  log: fc.constantFrom("promise", "inclusion", "inclusion", "none"),
  logs: fc.constantFrom<readonly string[]>(
    ["rekor-a", "public-rekor"],
    ["rekor-b"],
    ["rekor-a", "rekor-b", "public-rekor"],
  ),
  witnesses: fc.constantFrom<readonly string[]>([], ["w1"]),
  sct: fc.boolean(),
  tsa: fc.boolean(),
  isOld: fc.boolean(),
});

/** Evidence of a few pieces; much of it good, so that policies do admit. */
export const evidence: fc.Arbitrary<readonly Fact[]> = fc.array(fact, { maxLength: 6 });

const BEST = {
  statement: STATEMENTS[0] ?? null,
  log: "inclusion",
  logs: ["rekor-a", "rekor-b", "public-rekor"],
  witnesses: ["w1", "w2"],
  sct: true,
  tsa: true,
  isOld: false,
} as const;
const SIGNERS: readonly Fact["signer"][] = [
  ...["private", "public"].flatMap((root) =>
    SANS.map((one) => ({ kind: "sigstore", root, issuer: ISSUER, san: one }) as const),
  ),
  ...(["vendor-1", "vendor-2"] as const).map((name) => ({ kind: "key", root: "private", key: KEYS[name] }) as const),
  { kind: "notation", store: "acme", subject: "x509.subject: C=CH, ST=ZH, O=Acme" },
  { kind: "notation", store: "acme", subject: "x509.subject: C=CH, ST=ZH, O=Other" },
];

/** Evidence that has everything that any policy above can ask for. */
export const EVERYTHING: readonly Fact[] = SIGNERS.flatMap((signer) =>
  (signer.kind === "notation" ? (["notation"] as const) : (["bundle", "legacy"] as const)).flatMap((source) => [
    { ...BEST, what: "signature", predicateType: "", source, signer } as const,
    ...TYPES.map((predicateType) => ({ ...BEST, what: "attestation", predicateType, source, signer }) as const),
  ]),
);
