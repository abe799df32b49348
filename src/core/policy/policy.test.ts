import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "../json/json.ts";
import { parseDigestRef, type DigestRef } from "../digest.ts";
import { toServiceAccountSan, type Identity } from "../identity/identity.ts";
import { parseRfc3339, type UnixMs } from "../time.ts";
import { isWithinWindows, localTime, parseClock, renderWindow, WEEKDAYS, type BuildWindow } from "./build-window.ts";
import { exceptionsFor, judgeSigner, modeAt } from "./judge-signer.ts";
import { covers, matchesRepository, mayOverlap, parseRepositoryPattern, type RepositoryPattern } from "./pattern.ts";
import type { TrustPolicy } from "./policy.ts";
import { readPolicy } from "./read-policy.ts";

const at = (text: string): UnixMs => parseRfc3339(text) as UnixMs;
const ISSUER = "https://oidc.prod-eu.example";
const account = (namespace: string, serviceAccount: string): Identity => ({
  issuer: ISSUER,
  san: toServiceAccountSan({ namespace, serviceAccount }),
  sanType: "uri",
});
const DIGEST = parseDigestRef(`sha256:${"a".repeat(64)}`) as DigestRef;

const document = {
  apiVersion: "countersign.dev/v1alpha1",
  kind: "TrustPolicy",
  metadata: { name: "production" },
  spec: {
    default: "deny",
    enforcement: {
      namespaces: [
        { match: ["payments-*"], mode: "audit", owner: "payments", reason: "onboarding", until: "2026-12-01" },
      ],
      exempt: [{ match: ["kube-*"], owner: "platform", reason: "release payload" }],
    },
    authorities: {
      "payments-builder": {
        sigstore: {
          root: "private",
          identities: [{ serviceAccount: { cluster: "prod-eu", namespace: "payments", name: "builder" } }],
        },
      },
      release: {
        sigstore: {
          root: "public",
          identities: [{ issuer: "https://token.example", san: { uri: "https://github.com/x" } }],
        },
      },
    },
    families: [
      {
        name: "payments",
        images: ["registry.example/payments/**"],
        except: ["registry.example/payments/sandbox/**"],
        require: [{ any: [{ signature: "payments-builder" }, { signature: "release" }] }],
        time: {
          windows: [{ days: ["Mon", "Tue", "Wed", "Thu", "Fri"], from: "07:00", to: "19:00", zone: "UTC" }],
          outside: "flag",
        },
      },
    ],
  },
} as const;
const exception = {
  apiVersion: "countersign.dev/v1alpha1",
  kind: "TrustException",
  metadata: { name: "exc-1" },
  spec: {
    scope: { digests: [DIGEST], namespaces: ["payments-prod"], reasonCodes: ["identity-mismatch"] },
    reason: "hotfix of the gateway, signed by hand",
    ticket: "SEC-1",
    requester: { issuer: "https://idp.example", subject: "u-17" },
    approver: { issuer: "https://idp.example", subject: "u-04" },
    ends: "2026-11-20T00:00:00Z",
  },
} as const;

describe("readPolicy", () => {
  test("reads families, modes and exceptions", () => {
    expect(policy().families).toMatchObject([
      { name: "payments", identities: [account("payments", "builder"), { issuer: "https://token.example" }] },
    ]);
    expect(policy().namespaces.map(({ mode }) => mode)).toEqual(["exempt", "audit"]);
    expect(policy().exceptions).toMatchObject([{ name: "exc-1", requester: "u-17 @ https://idp.example" }]);
  });

  test.each<[string, (copy: Draft) => void]>([
    ["TP003", (copy) => (copy.spec.surprise = 1)],
    ["TP003", (copy) => (copy.spec.families[0].claims = {})],
    ["TP003", (copy) => (copy.spec.families[0].require[0] = { attestation: {} })],
    ["TP004", (copy) => (copy.spec.families = "x")],
    ["TP004", (copy) => (copy.spec.default = { admit: {} })],
    ["TP005", (copy) => (copy.apiVersion = "v1")],
    ["TP005", (copy) => (copy.kind = "BreakGlass")],
    ["TP006", (copy) => copy.spec.families.push({ ...copy.spec.families[0], images: ["other.example/**"] })],
    ["TP007", (copy) => (copy.spec.enforcement.namespaces[0].until = "soon")],
    ["TP101", (copy) => (copy.spec.families[0].images = ["payments/**"])],
    ["TP102", (copy) => (copy.spec.families[0].images = ["registry.example/payments/api:1"])],
    ["TP103", (copy) => (copy.spec.families[0].images = ["registry.*/payments/**"])],
    ["TP103", (copy) => (copy.spec.families[0].images = ["registry.example/**/api"])],
    [
      "TP104",
      (copy) =>
        copy.spec.families.push({ ...copy.spec.families[0], name: "api", images: ["registry.example/payments/api"] }),
    ],
    ["TP106", (copy) => (copy.spec.families[0].images = [])],
    ["TP201", (copy) => delete copy.spec.authorities.release.sigstore.identities[0].issuer],
    ["TP201", (copy) => (copy.spec.authorities.release.sigstore.identities = [])],
    ["TP202", (copy) => (copy.spec.authorities.release.sigstore.identities[0].san = { uri: "a", email: "b" })],
    ["TP207", (copy) => (copy.spec.authorities.release.sigstore.identities[0].san = { uri: "https://github.com/*" })],
    ["TP208", (copy) => (copy.spec.authorities.release.sigstore.identities[0].issuer = "http://token.example")],
    [
      "TP212",
      (copy) => (copy.spec.authorities["payments-builder"].sigstore.identities[0].serviceAccount.cluster = "x"),
    ],
    ["TP214", (copy) => (copy.spec.families[0].require = [{ signature: "nobody" }])],
    ["TP401", (copy) => (copy.spec.families[0].require = [])],
    ["TP406", (copy) => copy.spec.families[0].require.push({ signature: "release" })],
    ["TP501", (copy) => (copy.spec.families[0].time.windows[0].zone = "Mars/Olympus")],
    ["TP502", (copy) => (copy.spec.families[0].time.windows[0].to = "07:00")],
    ["TP502", (copy) => (copy.spec.families[0].time.windows[0].days = ["Monday"])],
    ["TP504", (copy) => delete copy.spec.enforcement.namespaces[0].until],
    ["TP004", (copy) => (copy.spec.revision = "x")],
    ["TP105", (copy) => (copy.spec.families[0].except = ["other.example/*"])],
    ["TP106", (copy) => (copy.spec.families[0].except = ["registry.example/payments/**"])],
    ["TP209", (copy) => (copy.spec.authorities.release.sigstore.identities[0].san = { uri: "https://x/%2e" })],
    ["TP505", (copy) => (copy.spec.enforcement.exempt[0].match = ["*"])],
    ["TP505", (copy) => delete copy.spec.enforcement.exempt[0].owner],
  ])("refuses with %s", (id, change) => {
    const copy: Draft = structuredClone(document);
    change(copy);
    const read = readPolicy([copy], CONTEXT);
    expect(read.ok ? [] : read.problems.map((problem) => problem.id)).toContain(id);
  });

  test.each<[string, (copy: Draft) => void]>([
    ["TP601", (copy) => (copy.spec.approver = copy.spec.requester)],
    ["TP602", (copy) => delete copy.spec.ends],
    ["TP603", (copy) => delete copy.spec.ticket],
    ["TP602", (copy) => (copy.spec.notBefore = "2026-01-01")],
    ["TP604", (copy) => (copy.spec.scope.namespaces = ["*"])],
    ["TP605", (copy) => (copy.spec.scope.reasonCodes = ["digest-mismatch"])],
    ["TP608", (copy) => (copy.spec.scope.reasonCodes = [])],
  ])("refuses an exception with %s", (id, change) => {
    const copy: Draft = structuredClone(exception);
    change(copy);
    const read = readPolicy([document, copy], CONTEXT);
    expect(read.ok ? [] : read.problems.map((problem) => problem.id)).toContain(id);
  });

  test("never throws, and reads no JSON by accident", () => {
    const any = fc.jsonValue() as fc.Arbitrary<JsonValue>;
    const refused = fc.property(any, (value) => !readPolicy([value], CONTEXT).ok);
    expect(fc.check(refused)).toMatchObject({ failed: false });
  });
});

describe("judgeSigner", () => {
  const monday = at("2026-11-23T10:00:00Z");
  const act = { repository: "registry.example/payments/api", identity: account("payments", "builder"), at: monday };

  test("passes the family's identity in its window", () => {
    expect(judgeSigner(policy(), act).kind).toBe("pass");
  });

  test.each([
    ["another account", { identity: account("sandbox", "default") }, ["unexpected-identity"]],
    [
      "the same account of another cluster",
      { identity: { ...act.identity, issuer: "https://oidc.staging.example" } },
      ["unexpected-identity"],
    ],
    ["a Sunday", { at: at("2026-11-22T10:00:00Z") }, ["outside-window"]],
    [
      "both",
      { identity: account("x", "y"), at: at("2026-11-23T19:00:00Z") },
      ["unexpected-identity", "outside-window"],
    ],
    ["a repository of no family", { repository: "registry.example/tools/x" }, ["no-family"]],
    ["an excepted repository", { repository: "registry.example/payments/sandbox/x" }, ["no-family"]],
  ])("fails %s", (_, change, reasons) => {
    const verdict = judgeSigner(policy(), { ...act, ...change });
    expect(verdict.kind === "fail" && verdict.reasons.map(({ reason }) => reason)).toEqual(reasons);
  });
});

test("a namespace is in audit until its time, then enforces", () => {
  expect(modeAt(policy(), "payments-prod", at("2026-11-30T23:59:59Z")).mode).toBe("audit");
  expect(modeAt(policy(), "payments-prod", at("2026-12-01T00:00:00Z")).mode).toBe("enforce");
  expect(modeAt(policy(), "kube-system", at("2026-12-01T00:00:00Z")).mode).toBe("exempt");
  expect(modeAt(policy(), "tools", at("2026-11-01T00:00:00Z")).mode).toBe("enforce");
});

test.each([
  ["2026-11-19T23:59:59Z", "payments-prod", ["active"]],
  ["2026-11-20T00:00:00Z", "payments-prod", ["expired"]],
  ["2026-11-19T00:00:00Z", "payments-staging", []],
])("at %s in %s the exception is %j", (time, namespace, states) => {
  const found = exceptionsFor(policy(), {
    repository: "registry.example/payments/api",
    digest: DIGEST,
    namespace,
    code: "identity-mismatch",
    at: at(time),
  });
  expect(found.map(({ state }) => state)).toEqual(states);
});

describe("build windows", () => {
  const night: BuildWindow = { days: ["Fri"], fromMinute: 22 * 60, toMinute: 2 * 60, zone: "UTC" };

  test.each([
    [night, "2026-11-27T21:59:00Z", false],
    [night, "2026-11-27T22:00:00Z", true],
    [night, "2026-11-28T01:59:00Z", true],
    [night, "2026-11-28T02:00:00Z", false],
    [{ ...night, zone: "Europe/Zurich" }, "2026-11-27T21:00:00Z", true],
    [{ ...night, zone: "Europe/Zurich" }, "2026-07-03T20:00:00Z", true],
    [{ ...night, zone: "Europe/Zurich" }, "2026-07-03T19:59:00Z", false],
  ])("%j at %s: %s", (window, time, inside) => {
    expect(isWithinWindows([window], at(time))).toBe(inside);
  });

  test("UTC by arithmetic and by time-zone data agree", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
        expect(localTime(ms as UnixMs, "UTC")).toEqual(localTime(ms as UnixMs, "Etc/UTC"));
      }),
    );
  });

  test("renders runs of days", () => {
    expect(renderWindow({ ...night, days: ["Mon", "Tue", "Wed"], fromMinute: 420, toMinute: 1140 })).toBe(
      "Mon-Wed 07:00-19:00 UTC",
    );
    expect(renderWindow({ ...night, days: ["Sat", "Sun"] })).toBe("Sat,Sun 22:00-02:00 UTC");
    expect(WEEKDAYS.length).toBe(7);
    expect(["24:00", "24:01", "7:00", "07:60"].map(parseClock)).toEqual([1440, undefined, undefined, undefined]);
  });
});

describe("patterns", () => {
  const segment = fc.stringMatching(/^[ab*]{1,4}$/).filter((text) => !text.includes("**"));
  const pattern = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
    .map(
      ([segments, open]) =>
        parseRepositoryPattern(["r.example", ...segments, ...(open ? ["**"] : ["a"])].join("/")) as RepositoryPattern,
    );
  const repository = fc
    .array(fc.stringMatching(/^[ab]{1,4}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => `r.example/${parts.join("/")}`);

  test.each([
    ["r.example/a/*", "r.example/a/b", true],
    ["r.example/a/*", "r.example/a/b/c", false],
    ["r.example/a/**", "r.example/a/b/c", true],
    ["r.example/a/**", "r.example/a", false],
    ["r.example/*-api", "r.example/pay-api", true],
    ["r.example/*-api", "r.example/pay-apis", false],
    ["r.example/**", "evil-r.example/a", false],
  ])("%s and %s: %s", (given, name, matches) => {
    expect(matchesRepository(parseRepositoryPattern(given) as RepositoryPattern, name)).toBe(matches);
  });

  test("patterns that share a repository overlap; covering implies every match", () => {
    const holds = fc.property(pattern, pattern, repository, (a, b, name) => {
      const [inA, inB] = [matchesRepository(a, name), matchesRepository(b, name)];
      return (!(inA && inB) || mayOverlap(a, b)) && (!(covers(a, b) && inB) || inA);
    });
    expect(fc.check(holds, { numRuns: 1000 })).toMatchObject({ failed: false });
  });

  test("a glob of many stars against a long name is answered at once", () => {
    const stars = parseRepositoryPattern(`r.example/${"a*".repeat(60)}b`) as RepositoryPattern;
    expect(matchesRepository(stars, `r.example/${"a".repeat(20_000)}`)).toBe(false);
  });
});

const CONTEXT = { clusterIssuers: { "prod-eu": ISSUER } };
// oxlint-disable-next-line typescript/no-explicit-any -- a draft is bent out of shape on purpose
type Draft = any;

function policy(): TrustPolicy {
  const read = readPolicy([document, exception], CONTEXT);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.policy;
}
