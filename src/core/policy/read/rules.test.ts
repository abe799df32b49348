import { expect, test } from "vitest";
import { policyOf, readSet, SAN, type Draft } from "../../../../test/setup/policy-set.ts";

function builder(spec: Draft): Draft {
  return spec.authorities.builder.sigstore;
}
function identity(spec: Draft): Draft {
  return builder(spec).identities[0];
}
function family(spec: Draft): Draft {
  return spec.families[0];
}

test.each<[string, (spec: Draft) => void]>([
  ["TP003", (spec) => (spec.familys = [])],
  ["TP003", (spec) => (identity(spec).extensions = { runner: "x" })],
  ["TP003", (spec) => (family(spec).require = [{ signature: "builder", by: "x" }])],
  ["TP003", (spec) => (spec.limits = { everything: 1 })],
  ["TP004", (spec) => (spec.families = "x")],
  ["TP004", (spec) => delete spec.families],
  ["TP004", (spec) => (spec.revision = 1.5)],
  ["TP004", (spec) => (spec.default = "admit")],
  ["TP004", (spec) => (spec.authorities.builder = { sigstore: {}, key: {} })],
  ["TP004", (spec) => (family(spec).require = [{ signature: "builder", attestation: {} }])],
  ["TP004", (spec) => (builder(spec).sct = "none")],
  ["TP006", (spec) => spec.families.push({ ...family(spec), images: ["other.example.com/x"], except: [] })],
  ["TP007", (spec) => (spec.pin = "always")],
  ["TP007", (spec) => (family(spec).platforms = ["linux"])],
  ["TP007", (spec) => (family(spec).time.maxAge = "7 days")],
  ["TP007", (spec) => (family(spec).name = "Pay_ments")],
  ["TP007", (spec) => (spec.limits = { candidates: 101 })],
  ["TP007", (spec) => (spec.authorities.builder = { key: { publicKey: "x", reason: "because of this" } })],
  ["TP007", (spec) => (spec.authorities.partner.notation.level = "audit")],
  ["TP007", (spec) => (spec.authorities.partner.notation.identities = ["*"])],
  ["TP007", (spec) => (spec.authorities.partner.notation.identities = ["x509.subject: O=Partner AG"])],
  ["TP007", (spec) => (spec.authorities.partner.notation.overrides = { integrity: "skip" })],
  ["TP101", (spec) => (family(spec).images = ["payments/**"])],
  ["TP101", (spec) => (family(spec).images = ["docker.io/nginx"])],
  ["TP101", (spec) => (family(spec).images = ["index.docker.io/library/*"])],
  ["TP102", (spec) => (family(spec).images = ["registry.example.com/payments/api:1"])],
  ["TP103", (spec) => (family(spec).images = ["registry.example.com/**/x"])],
  ["TP103", (spec) => (family(spec).images = ["registry.example.com//x"])],
  [
    "TP104",
    (spec) => spec.families.push({ ...family(spec), name: "api", images: ["registry.example.com/*/api"], except: [] }),
  ],
  [
    "TP104",
    (spec) => {
      family(spec).images.push("[2001:db8::1]:5000/x/*");
      spec.families.push({ name: "v6", images: ["[2001:db8::1]:5000/**"], require: [{ signature: "builder" }] });
    },
  ],
  ["TP105", (spec) => (family(spec).except = ["registry.example.com/payments"])],
  ["TP106", (spec) => (family(spec).except = ["registry.example.com/**"])],
  ["TP107", (spec) => (family(spec).images = ["registry.example.com/**"])],
  ["TP201", (spec) => delete identity(spec).issuer],
  ["TP201", (spec) => delete builder(spec).identities],
  ["TP202", (spec) => (identity(spec).san = {})],
  ["TP202", (spec) => (identity(spec).san = { uri: SAN, email: "a@example.com" })],
  ["TP203", (spec) => (identity(spec).san = { uri: { pattern: "^https://a/x$|^https://b/x$" } })],
  ["TP203", (spec) => (identity(spec).san = { uri: { pattern: "^https://a/(?i)x$" } })],
  ["TP203", (spec) => (identity(spec).san = { uri: { pattern: "^https://a/x\\$" } })],
  ["TP203", (spec) => (identity(spec).san = { uri: { pattern: "^https://a/[x$" } })],
  ["TP204", (spec) => (identity(spec).san = { uri: { pattern: "^https://a/(?=x)$" } })],
  ["TP204", (spec) => (identity(spec).san = { uri: { pattern: `^https://a/${"x".repeat(600)}$` } })],
  ["TP204", (spec) => (identity(spec).san = { uri: { pattern: "^https://a/(?:[a-z]{100}){30}$" } })],
  ["TP205", (spec) => (identity(spec).san = { uri: { pattern: "^https?://a/x$" } })],
  ["TP205", (spec) => (identity(spec).san = { uri: { pattern: "^https://a.*$" } })],
  ["TP205", (spec) => (identity(spec).issuer = { pattern: "^https://oidc/[a-z]+$" })],
  ["TP206", (spec) => (identity(spec).san = { uri: { pattern: "^https://kubernetes.io/x$" } })],
  ["TP207", (spec) => (identity(spec).san = { uri: "https://kubernetes.io/*" })],
  ["TP208", (spec) => (identity(spec).issuer = "https://oidc.prod-1.example.com/")],
  ["TP208", (spec) => (identity(spec).issuer = "https://u@oidc.prod-1.example.com")],
  ["TP208", (spec) => (identity(spec).issuer = "https://oidc.prod-1.example.com?x")],
  ["TP207", (spec) => (identity(spec).issuer = "https://*.example.com")],
  ["TP209", (spec) => (identity(spec).san = { uri: "https://Kubernetes.io/namespaces/x/serviceaccounts/y" })],
  ["TP209", (spec) => (identity(spec).san = { uri: "https://kubernetes.io/a/../b" })],
  ["TP209", (spec) => (identity(spec).san = { email: "\u0440@example.com" })],
  [
    "TP210",
    (spec) =>
      (builder(spec).identities = [{ issuer: "https://m.example.com", san: { email: { pattern: "^[^ ]+$" } } }]),
  ],
  ["TP212", (spec) => (identity(spec).san = { email: "a@example.com" })],
  ["TP212", (spec) => (builder(spec).identities = [{ serviceAccount: { cluster: "x", namespace: "a", name: "b" } }])],
  [
    "TP212",
    (spec) => (builder(spec).identities = [{ serviceAccount: { cluster: "dark", namespace: "a", name: "b" } }]),
  ],
  ["TP213", (spec) => (spec.authorities.unused = spec.authorities.builder)],
  ["TP214", (spec) => (family(spec).require = [{ signature: "constructor" }])],
  ["TP301", (spec) => (builder(spec).root = "other")],
  ["TP301", (spec) => (spec.authorities.partner.notation.trustStores = ["other"])],
  ["TP302", (spec) => (builder(spec).log.logs = ["public-rekor-v1"])],
  ["TP303", (spec) => (builder(spec).log.witnesses = { of: ["w1", "w1"], quorum: 2 })],
  ["TP303", (spec) => (builder(spec).log.witnesses = { of: ["w9"], quorum: 1 })],
  ["TP304", (spec) => (builder(spec).log.proof = "promise")],
  ["TP305", (spec) => ((builder(spec).log.logs = ["rekor-v2"]), (builder(spec).time = { sources: ["log"] }))],
  ["TP306", (spec) => (builder(spec).time.tsas = ["other-tsa"])],
  ["TP306", (spec) => Object.assign(builder(spec), { root: "public", log: {}, time: { sources: ["tsa"] } })],
  ["TP307", (spec) => (builder(spec).sct = { absent: "an old installation" })],
  [
    "TP308",
    (spec) => (
      (spec.authorities.scanner.sigstore.root = "public"),
      (family(spec).require = [{ any: [{ signature: "builder" }, { signature: "scanner" }] }])
    ),
  ],
  ["TP401", (spec) => (family(spec).require = [])],
  ["TP401", (spec) => delete family(spec).require],
  ["TP401", (spec) => (family(spec).require = [{ any: [] }])],
  ["TP402", (spec) => (family(spec).require = [{ atLeast: 0, of: [{ signature: "builder" }] }])],
  [
    "TP403",
    (spec) =>
      (family(spec).require = [{ atLeast: 2, of: [{ signature: "builder" }, { all: [{ signature: "builder" }] }] }]),
  ],
  ["TP404", (spec) => (family(spec).require[1].attestation.type = "sbom")],
  ["TP404", (spec) => (family(spec).require[1].attestation.type = "https://slsa.dev/provenance/*")],
  ["TP405", (spec) => (family(spec).require[1].attestation.where = [{ at: "predicate", is: 1 }])],
  ["TP405", (spec) => (family(spec).require[1].attestation.where = [{ at: "/predicate" }])],
  ["TP405", (spec) => (family(spec).require[1].attestation.where = [{ at: "/predicate", is: 1, max: 2 }])],
  ["TP405", (spec) => (family(spec).require[1].attestation.where = [{ at: "/predicate", matches: "x" }])],
  ["TP405", (spec) => (family(spec).require[1].attestation.where = [{ at: "/predicate", max: "2" }])],
  ["TP406", (spec) => (family(spec).require = [{ all: [{ all: [{ all: [{ all: [{ signature: "builder" }] }] }] }] }])],
  ["TP406", (spec) => (family(spec).require = Array.from({ length: 65 }, () => ({ signature: "builder" })))],
  ["TP407", (spec) => (family(spec).require[1].attestation.by = "partner")],
  ["TP408", (spec) => (family(spec).time.notBefore = "2030-01-01")],
  [
    "TP409",
    (spec) =>
      Object.assign(
        family(spec),
        { claims: { reference: "repository" }, require: [{ signature: "builder" }] },
        (builder(spec).formats = ["bundle"]),
      ),
  ],
  ["TP501", (spec) => (family(spec).time.windows[0].zone = "Mars/Base")],
  ["TP502", (spec) => (family(spec).time.windows[0].to = "06:00")],
  ["TP502", (spec) => (family(spec).time.windows[0].days = [])],
  ["TP504", (spec) => (spec.default = { admit: { reason: "the first week" } })],
  ["TP504", (spec) => (spec.default = { admit: { reason: "the first week", until: "2027-06-01" } })],
  ["TP504", (spec) => (spec.enforcement = { default: { audit: { owner: "a", reason: "b", until: "2026-11-30" } } })],
  ["TP505", (spec) => (spec.enforcement = { exempt: [{ match: ["counter*"], owner: "a", reason: "b" }] })],
  ["TP505", (spec) => (spec.enforcement = { exempt: [{ match: ["kube-*"], reason: "b" }] })],
])("readPolicySet refuses a policy with %s", (id, change) => {
  const { problems } = readSet([policyOf(change)]);
  expect(problems.map((problem) => problem.id)).toContain(id);
});
