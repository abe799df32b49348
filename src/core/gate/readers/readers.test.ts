import { describe, expect, test } from "vitest";
import { reportOf, treeOf } from "../../../../test/vectors/gate-cases/world.ts";
import type { GateReport } from "../report.ts";
import { toExpression } from "./kyverno-ivp/glob.ts";
import { re2jsCompiler } from "../../../adapters/re2js/regex-compiler.ts";

type Files = Readonly<Record<string, string>>;
const judge = (before: Files, after: Files): GateReport => reportOf(treeOf(before), treeOf(after));
const codesOf = ({ findings, undecided }: GateReport): readonly string[] =>
  [...findings, ...undecided].filter(({ level }) => level !== "note").map(({ code }) => code);

const SVC = "https://kubernetes.default.svc";
const json = (value: object): string => JSON.stringify(value);

const cip = (spec: object): string =>
  json({ apiVersion: "policy.sigstore.dev/v1beta1", kind: "ClusterImagePolicy", metadata: { name: "a" }, spec });
const keyless = (identity: object, more: object = {}): object => ({ keyless: { identities: [identity], ...more } });
const signedBy = (authority: object): string =>
  cip({ images: [{ glob: "ghcr.io/acme/**" }], authorities: [authority] });
const BUILDER = { issuer: SVC, subject: "https://kubernetes.io/namespaces/pay/serviceaccounts/b" };

const kyverno = (entry: object, spec: object = {}): string =>
  json({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "p" },
    spec: {
      validationFailureAction: "Enforce",
      rules: [
        {
          name: "r",
          match: { any: [{ resources: { kinds: ["Pod"] } }] },
          verifyImages: [{ imageReferences: ["*"], ...entry }],
        },
      ],
      ...spec,
    },
  });
const keys = (publicKeys: string, more: object = {}): object => ({
  attestors: [{ entries: [{ keys: { publicKeys, ...more } }] }],
});

const ivp = (spec: object): string =>
  json({
    apiVersion: "policies.kyverno.io/v1alpha1",
    kind: "ImageValidatingPolicy",
    metadata: { name: "p" },
    spec: {
      validationActions: ["Deny"],
      matchConstraints: {
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
      matchImageReferences: [{ glob: "ghcr.io/acme/*" }],
      attestors: [
        { name: "a", cosign: { key: { data: "k1" } } },
        { name: "b", cosign: { keyless: { identities: [BUILDER] } } },
      ],
      validations: [{ expression: "images.containers.map(i, verifyImageSignatures(i, [attestors.a])).all(n, n > 0)" }],
      ...spec,
    },
  });
const counting = (attestors: string): object => ({
  validations: [{ expression: `images.containers.map(i, verifyImageSignatures(i, [${attestors}])).all(n, n > 0)` }],
});

const policyJson = (docker: object): string => json({ default: [{ type: "reject" }], transports: { docker } });
const signed = (more: object): object => ({ type: "sigstoreSigned", keyData: "k1", ...more });

const notation = (statement: object): string =>
  json({
    version: "1.0",
    trustPolicies: [
      {
        name: "a",
        registryScopes: ["*"],
        signatureVerification: { level: "strict" },
        trustStores: ["ca:acme"],
        trustedIdentities: ["x509.subject: C=DE, ST=BE, O=Acme"],
        ...statement,
      },
    ],
  });

const ours = (more: object, san = "https://kubernetes.io/namespaces/pay/serviceaccounts/b"): string =>
  json({
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustPolicy",
    metadata: { name: "p" },
    spec: {
      authorities: { b: { sigstore: { root: "private", identities: [{ issuer: SVC, san: { uri: san } }] } } },
      families: [{ name: "pay", images: ["ghcr.io/acme/**"], require: { signature: "b" } }],
      ...more,
    },
  });

describe("a change of one construct", () => {
  test.each<[string, string, string, string, string, string]>([
    [
      "policy-controller: a TrustRoot that is not there",
      "p.yaml",
      signedBy(keyless(BUILDER)),
      signedBy(keyless(BUILDER, { trustRootRef: "own" })),
      "INCOMPARABLE",
      "GP021",
    ],
    [
      "policy-controller: a key in a KMS replaced",
      "p.yaml",
      signedBy({ key: { kms: "gcpkms://a" } }),
      signedBy({ key: { kms: "gcpkms://b" } }),
      "UNDECIDED",
      "GP007",
    ],
    [
      "policy-controller: the log no longer asked",
      "p.yaml",
      signedBy({ key: { data: "k1" }, ctlog: { url: "https://rekor.sigstore.dev" } }),
      signedBy({ key: { data: "k1" } }),
      "LOOSENED",
      "GP004",
    ],
    [
      "policy-controller: a pattern that is none",
      "p.yaml",
      signedBy(keyless(BUILDER)),
      signedBy(keyless({ issuer: SVC, subjectRegExp: "(" })),
      "UNDECIDED",
      "GP020",
    ],
    [
      "policy-controller: bundles by several identities verify nothing",
      "p.yaml",
      cip({ images: [{ glob: "**" }], authorities: [{ keyless: { identities: [BUILDER] } }] }),
      cip({
        images: [{ glob: "**" }],
        authorities: [
          {
            keyless: { identities: [BUILDER, { issuer: SVC, subject: "x" }] },
            signatureFormat: "bundle",
            attestations: [{ name: "a", predicateType: "custom" }],
          },
        ],
      }),
      "NARROWED",
      "",
    ],
    [
      "policy-controller: a policy over all evidence dropped",
      "p.yaml",
      cip({ images: [{ glob: "**" }], authorities: [{ key: { data: "k1" } }], policy: { type: "cue", data: "a: 1" } }),
      cip({ images: [{ glob: "**" }], authorities: [{ key: { data: "k1" } }] }),
      "LOOSENED",
      "GP003",
    ],
    [
      "policy-controller: only labelled objects",
      "p.yaml",
      signedBy(keyless(BUILDER)),
      cip({
        images: [{ glob: "ghcr.io/acme/**" }],
        authorities: [keyless(BUILDER)],
        match: [{ resource: "pods", version: "v1", selector: { matchLabels: { a: "b" } } }],
      }),
      "NARROWED",
      "",
    ],
    [
      "kyverno: fails open",
      "p.yaml",
      kyverno(keys("k1")),
      kyverno(keys("k1"), { failurePolicy: "Ignore" }),
      "LOOSENED",
      "GP010",
    ],
    [
      "kyverno: the log ignored",
      "p.yaml",
      kyverno(keys("k1")),
      kyverno(keys("k1", { rekor: { ignoreTlog: true } })),
      "LOOSENED",
      "GP004",
    ],
    [
      "kyverno: a variable for a key replaced",
      "p.yaml",
      kyverno(keys("{{ a }}")),
      kyverno(keys("{{ b }}")),
      "UNDECIDED",
      "GP007",
    ],
    [
      "kyverno: a digest no longer asked for",
      "p.yaml",
      kyverno({ ...keys("k1"), mutateDigest: false }),
      kyverno({ ...keys("k1"), mutateDigest: false, verifyDigest: false }),
      "LOOSENED",
      "GP004",
    ],
    [
      "kyverno: a misspelt member",
      "p.yaml",
      kyverno(keys("k1")),
      kyverno({ ...keys("k1"), skipImageReference: ["*"] }),
      "UNDECIDED",
      "GP020",
    ],
    [
      "kyverno: a policy that is not for admission",
      "p.yaml",
      kyverno(keys("k1")),
      kyverno(keys("k1"), { admission: false }),
      "LOOSENED",
      "GP012",
    ],
    ["ivpol: a second attestor", "p.yaml", ivp({}), ivp(counting("attestors.a, attestors.b")), "LOOSENED", "GP002"],
    ["ivpol: the other attestor", "p.yaml", ivp({}), ivp(counting("attestors.b")), "INCOMPARABLE", "GP002"],
    [
      "ivpol: braces that say the same",
      "p.yaml",
      ivp({ matchImageReferences: [{ glob: "ghcr.io/a*" }, { glob: "ghcr.io/b*" }] }),
      ivp({ matchImageReferences: [{ glob: "ghcr.io/{a,b}*" }] }),
      "EQUIVALENT",
      "",
    ],
    [
      "ivpol: a class with one letter less",
      "p.yaml",
      ivp({ matchImageReferences: [{ glob: "ghcr.io/[ab]*" }] }),
      ivp({ matchImageReferences: [{ glob: "ghcr.io/[a]*" }] }),
      "LOOSENED",
      "GP006",
    ],
    [
      "ivpol: CEL that is not taken apart",
      "p.yaml",
      ivp({ validations: [{ expression: "a" }] }),
      ivp({ validations: [{ expression: "b" }] }),
      "UNDECIDED",
      "GP007",
    ],
    ["ivpol: actions without Deny", "p.yaml", ivp({}), ivp({ validationActions: ["Audit"] }), "LOOSENED", "GP005"],
    [
      "containers: any name in the repository",
      "policy.json",
      policyJson({ "r.io": [signed({})] }),
      policyJson({ "r.io": [signed({ signedIdentity: { type: "matchRepository" } })] }),
      "LOOSENED",
      "GP004",
    ],
    [
      "containers: a name mapped to another",
      "policy.json",
      policyJson({ "r.io": [signed({})] }),
      policyJson({
        "r.io": [signed({ signedIdentity: { type: "remapIdentity", prefix: "r.io", signedPrefix: "x.io" } })],
      }),
      "LOOSENED",
      "GP004",
    ],
    [
      "containers: a requirement that is not known",
      "policy.json",
      policyJson({ "r.io": [signed({})] }),
      policyJson({ "r.io": [{ type: "signedby" }] }),
      "UNDECIDED",
      "GP020",
    ],
    [
      "notation: stamps no longer asked for",
      "trustpolicy.json",
      notation({ trustStores: ["ca:acme", "tsa:t"] }),
      notation({}),
      "LOOSENED",
      "GP004",
    ],
    [
      "notation: any identity",
      "trustpolicy.json",
      notation({}),
      notation({ trustedIdentities: ["*"] }),
      "LOOSENED",
      "GP001",
    ],
    [
      "notation: a level that is none",
      "trustpolicy.json",
      notation({}),
      notation({ signatureVerification: { level: "Strict" } }),
      "UNDECIDED",
      "GP020",
    ],
  ])("%s", (...row) => {
    const [, path, before, after, verdict, code] = row;
    const report = judge({ [path]: before }, { [path]: after });
    expect(report.verdict).toBe(verdict);
    expect(["", ...codesOf(report)]).toContain(code);
    expect(judge({ [path]: after }, { [path]: after }).findings.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("our own policies", () => {
  test.each([
    ["the same", ours({}), ours({}), "EQUIVALENT"],
    ["another account", ours({}), ours({}, "https://kubernetes.io/namespaces/dev/serviceaccounts/b"), "INCOMPARABLE"],
    [
      "a family with less",
      ours({}),
      ours({ families: [{ name: "pay", images: ["ghcr.io/acme/pay/**"], require: { signature: "b" } }] }),
      "NARROWED",
    ],
  ])("%s", (_, before, after, verdict) => {
    const report = judge({ "p.yaml": before }, { "p.yaml": after });
    expect([report.verdict, report.exit === 2]).toEqual([verdict, false]);
  });
});

const NAMESPACE = { apiVersion: "v1", kind: "Namespace", metadata: { name: "new" } };
const EXCEPTION = (namespaces: readonly string[]): string =>
  json({
    apiVersion: "kyverno.io/v2",
    kind: "PolicyException",
    metadata: { name: "e" },
    spec: {
      exceptions: [{ policyName: "elsewhere", ruleNames: ["r"] }],
      match: { any: [{ resources: { kinds: ["Pod"], namespaces } }] },
    },
  });
const CONFIG = (data: object, name: string): string =>
  json({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

describe("what is about policies that are not in the tree", () => {
  test.each<[string, Files, Files, string]>([
    ["an exception comes", {}, { "e.yaml": EXCEPTION(["dev"]) }, "LOOSENED"],
    ["an exception is wider", { "e.yaml": EXCEPTION(["dev"]) }, { "e.yaml": EXCEPTION(["dev", "pay"]) }, "LOOSENED"],
    ["an exception is the same", { "e.yaml": EXCEPTION(["dev"]) }, { "e.yaml": EXCEPTION(["dev"]) }, "EQUIVALENT"],
    [
      "unmatched images come in",
      { "c.yaml": CONFIG({ "no-match-policy": "deny" }, "config-policy-controller") },
      { "c.yaml": CONFIG({ "no-match-policy": "allow" }, "config-policy-controller") },
      "LOOSENED",
    ],
    [
      "Kyverno looks past Pods",
      { "c.yaml": CONFIG({ resourceFilters: "" }, "kyverno") },
      { "c.yaml": CONFIG({ resourceFilters: "[Pod,dev,*]" }, "kyverno") },
      "LOOSENED",
    ],
    [
      "a namespace that nobody checks comes",
      { "p.yaml": signedBy(keyless(BUILDER)) },
      { "p.yaml": signedBy(keyless(BUILDER)), "n.yaml": json(NAMESPACE) },
      "EQUIVALENT",
    ],
  ])("%s", (_, before, after, verdict) => {
    expect(judge(before, after).verdict).toBe(verdict);
  });
});

test("an object that is there twice is refused: nobody knows which one holds", () => {
  const report = judge(
    { "a.yaml": signedBy(keyless(BUILDER)) },
    { "a.yaml": signedBy(keyless(BUILDER)), "b.yaml": signedBy({ key: { data: "k1" } }) },
  );
  expect([report.exit, codesOf(report)]).toEqual([2, ["GP020"]]);
});

test("a list is as good as its documents", () => {
  const list = json({ apiVersion: "v1", kind: "List", items: [JSON.parse(signedBy(keyless(BUILDER))) as object] });
  expect(judge({ "a.yaml": signedBy(keyless(BUILDER)) }, { "b.yaml": list }).verdict).toBe("EQUIVALENT");
});

test.each([
  ["a*c", ["ac", "a/b/c"], ["a"]],
  ["{a,b}?", ["ax", "b/"], ["a", "cx"]],
  ["[!a-c]x", ["dx", "/x"], ["ax", "x"]],
  ["\\*.+", ["*.+"], ["x.+", "*.."]],
])("a glob of ivpol %s", (glob, inside, outside) => {
  const expression = toExpression(glob) ?? "";
  expect(inside.filter((text) => !re2jsCompiler.matchesWhole(expression, text))).toEqual([]);
  expect(outside.filter((text) => re2jsCompiler.matchesWhole(expression, text))).toEqual([]);
});

test.each(["{a", "a}", "[a", "[]", "a\\"])("%s is no glob of ivpol", (glob) => {
  expect(toExpression(glob)).toBeUndefined();
});
