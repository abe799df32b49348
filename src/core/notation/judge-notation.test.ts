import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  keyUsage,
  newPair,
} from "../../../test/setup/make-certificate.ts";
import { epoch, makeSubject, text, type NotationRequest } from "../../../test/setup/make-notation.ts";
import {
  codeOf,
  FORMATS,
  GOOD,
  inStore,
  judgeMade,
  makeSigner,
  root,
  rulesOf,
  signer,
  storesOf,
  SUBJECT,
  TARGET,
  tsaKey,
  type Asked,
} from "../../../test/setup/notation-world.ts";
import { integer, sequence } from "../asn1/writer.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf } from "../digest.ts";
import { isCovering, judgeNotation, loggedOf } from "./judge-notation.ts";

const P = "io.cncf.notary";
type Row = readonly [string, Partial<NotationRequest>, string, Asked?];
const rows = (given: readonly Row[]): [string, Partial<NotationRequest>, string, Asked][] =>
  given.map(([name, request, expected, asked = {}]) => [name, request, expected, asked]);

describe.each(FORMATS)("judgeNotation, %s", (...format) => {
  const code = (request: Partial<NotationRequest>, asked?: Asked): string =>
    codeOf(judgeMade(format, request, asked).verdict);

  test.each(
    rows([
      ["a good signature", {}, "pass"],
      ["one with an expiry to come", { expiry: "2026-03-01T00:00:00Z" }, "pass"],
      ["one that expires this instant", { expiry: "2026-02-01T00:00:00Z" }, "pass"],
      [
        "an attribute of others that is not critical",
        { members: { mine: "x" }, labels: [["mine", text("x")]] },
        "pass",
      ],
      ["anybody under the store, where the policy says so", {}, "pass", { rules: rulesOf({ identities: ["*"] }) }],
      ["a signing agent", { unsigned: { [`${P}.signingAgent`]: "notation-go/1.3" } }, "pass"],
      ["a signer without purposes", { chain: [makeSigner({ extensions: [keyUsage(1)] }), root] }, "pass"],
      ["a signer that may also commit", { chain: [makeSigner({ extensions: [keyUsage(3)] }), root] }, "pass"],
    ]),
  )("accepts %s", (_, request, expected, asked) => {
    expect(code(request, asked)).toBe(expected);
  });

  /** J01, J03 to J07 of the drill, and what lies next to them. */
  test.each(
    rows([
      [
        "J01: another organisational unit",
        {},
        "notation-identity",
        { rules: rulesOf({ identities: ["x509.subject: C=CH, ST=Zurich, O=Example, OU=Test"] }) },
      ],
      ["J03: an expiry that has passed", { expiry: "2026-01-31T23:59:59Z" }, "notation-expired"],
      ["an expiry before the signing", { expiry: "2025-01-01T00:00:00Z" }, "notation-envelope"],
      [
        "J04: a critical attribute that is not understood",
        { critical: [`${P}.signingScheme`, "mine"], members: { mine: 1 }, labels: [["mine", text("x")]] },
        "notation-critical-attribute",
      ],
      [
        "J04: a plugin demanded",
        {
          critical: [`${P}.signingScheme`, `${P}.verificationPlugin`],
          members: { [`${P}.verificationPlugin`]: "p" },
          labels: [[`${P}.verificationPlugin`, text("p")]],
        },
        "notation-plugin-required",
      ],
      [
        "a plugin demanded uncritically",
        { members: { [`${P}.verificationPlugin`]: "p" }, labels: [[`${P}.verificationPlugin`, text("p")]] },
        "notation-plugin-required",
      ],
      [
        "a critical attribute that is absent",
        { critical: [`${P}.signingScheme`, `${P}.expiry`] },
        "notation-critical-attribute",
      ],
      [
        "an expiry that is not critical",
        { expiry: "2026-03-01T00:00:00Z", critical: [`${P}.signingScheme`] },
        "notation-critical-attribute",
      ],
      ["nothing critical", { critical: [] }, "notation-critical-attribute"],
      [
        "a critical attribute twice",
        { critical: [`${P}.signingScheme`, `${P}.signingScheme`] },
        "notation-critical-attribute",
      ],
      [
        "an attribute of the project's that is not known",
        { members: { [`${P}.new`]: "x" }, labels: [[`${P}.new`, text("x")]] },
        "notation-envelope",
      ],
      ["J05: another size", { target: { ...TARGET, size: 526 } }, "subject-mismatch"],
      [
        "J05: another media type",
        { target: { ...TARGET, mediaType: "application/vnd.oci.image.index.v1+json" } },
        "subject-mismatch",
      ],
      ["another digest", { target: { ...TARGET, digest: digestRefOf(toUtf8("other")) } }, "subject-mismatch"],
      [
        "a payload of other members",
        { payload: JSON.stringify({ targetArtifact: TARGET, more: 1 }) },
        "notation-envelope",
      ],
      [
        "a target of other members",
        { payload: JSON.stringify({ targetArtifact: { ...TARGET, urls: [] } }) },
        "notation-envelope",
      ],
      [
        "a target without a size",
        { payload: JSON.stringify({ targetArtifact: { ...TARGET, size: undefined } }) },
        "notation-envelope",
      ],
      [
        "a size in text",
        { payload: JSON.stringify({ targetArtifact: { ...TARGET, size: "525" } }) },
        "notation-envelope",
      ],
      ["a payload with a member twice", { payload: '{"targetArtifact":{},"targetArtifact":{}}' }, "json-duplicate-key"],
      ["a payload that is no JSON", { payload: "x" }, "json-syntax"],
      [
        "another type of payload",
        { members: { cty: "text/plain" }, labels: [[3, text("text/plain")]] },
        "notation-envelope",
      ],
      ["another scheme", { scheme: "notary.x509.other" }, "notation-scheme"],
      [
        "no signing time",
        { members: { [`${P}.signingTime`]: undefined }, labels: [[`${P}.signingTime`, undefined]] },
        "notation-scheme",
      ],
      [
        "the time of another scheme",
        {
          critical: [`${P}.signingScheme`, `${P}.authenticSigningTime`],
          members: { [`${P}.authenticSigningTime`]: "2026-01-01T00:00:00Z" },
          labels: [[`${P}.authenticSigningTime`, epoch("2026-01-01T00:00:00Z")]],
        },
        "notation-scheme",
      ],
      [
        "J06: a signer's certificate that has expired, whatever time the signer claims",
        { signingTime: "2025-07-01T00:00:00Z" },
        "cert-not-valid-at-time",
        { now: "2028-01-01T00:00:00Z" },
      ],
      ["a signer's certificate that is not yet valid", {}, "cert-not-valid-at-time", { now: "2025-02-01T00:00:00Z" }],
      ["a signature by another key", { key: newPair() }, "signature"],
      ["a signature in DER", { signAs: () => sequence([integer(1), integer(1)]) }, "signature"],
      ["a signature of zeros", { signAs: () => new Uint8Array(64) }, "signature"],
      ["an empty signature of a key", { signAs: () => Uint8Array.of(1) }, "signature"],
      ["a root in no store", {}, "cert-unknown-issuer", { trust: storesOf(inStore("ca", signerRoot())) }],
      [
        "a root in a store of another kind",
        {},
        "cert-unknown-issuer",
        { trust: storesOf(inStore("signingAuthority", root)) },
      ],
      ["a root in a store of time stamps only", {}, "cert-unknown-issuer", { trust: storesOf(inStore("tsa", root)) }],
      ["a chain that stops before the root", { chain: [signer] }, "cert-chain"],
      ["a chain in another order", { chain: [root, signer] }, "leaf-is-ca"],
      ["a chain with the root twice", { chain: [signer, root, root] }, "cert-chain"],
      [
        "a signer by another root of the same name",
        { chain: [makeSigner({ issuer: { key: tsaKey, subject: "root" } }), root] },
        "cert-chain",
      ],
      [
        "a signer that is a certificate authority",
        { chain: [makeSigner({ extensions: [basicConstraints(), keyUsage(1)] }), root] },
        "leaf-is-ca",
      ],
      [
        "a signer without key usage",
        { chain: [makeSigner({ extensions: [extendedKeyUsage([CODE_SIGNING])] }), root] },
        "cert-ku",
      ],
      ["a signer that may not sign", { chain: [makeSigner({ extensions: [keyUsage(2)] }), root] }, "cert-ku"],
      ["a signer that may sign certificates", { chain: [makeSigner({ extensions: [keyUsage(33)] }), root] }, "cert-ku"],
      [
        "a signer for servers",
        { chain: [makeSigner({ extensions: [keyUsage(1), extendedKeyUsage(["1.3.6.1.5.5.7.3.1"])] }), root] },
        "cert-eku",
      ],
      [
        "a signer for code and servers",
        {
          chain: [
            makeSigner({ extensions: [keyUsage(1), extendedKeyUsage([CODE_SIGNING, "1.3.6.1.5.5.7.3.1"])] }),
            root,
          ],
        },
        "cert-eku",
      ],
      [
        "a signer for anything",
        { chain: [makeSigner({ extensions: [keyUsage(1), extendedKeyUsage([CODE_SIGNING, "2.5.29.37.0"])] }), root] },
        "cert-eku",
      ],
      ["no certificates", { chain: [] }, "notation-envelope"],
      ["eleven certificates", { chain: Array.from({ length: 11 }, () => root) }, "too-many-certificates"],
      [
        "a subject without the parts a policy needs",
        { chain: [makeSigner({ parts: { subject: makeSubject(SUBJECT.slice(2)) } }), root] },
        "notation-identity",
      ],
      [
        "a subject with a part twice",
        { chain: [makeSigner({ parts: { subject: makeSubject([...SUBJECT, ["OU", "Test"]]) } }), root] },
        "notation-identity",
      ],
    ]),
  )("refuses %s", (_, request, expected, asked) => {
    expect(code(request, asked)).toBe(expected);
  });

  test.each([
    ["PS256", newPair("rsa"), "pass"],
    ["PS384", rsa(3072), "pass"],
    ["ES384", newPair("P-384"), "pass"],
  ])("accepts %s", (_, key, expected) => {
    expect(code({ key, chain: [makeSigner({ key }), root] })).toBe(expected);
  });

  test("refuses a kind of key that has no algorithm", () => {
    expect(code({ chain: [makeSigner({ key: newPair("ed25519") }), root] })).toBe("notation-algorithm");
    expect(code({ chain: [makeSigner({ key: rsa(2560) }), root] })).toBe("notation-algorithm");
  });

  test("says of what is refused what it claims, and of what passes what is proven", () => {
    const judged = judgeMade(format, {});
    expect(judged.facts).toMatchObject({ subject: "CN=signer,OU=Release,O=Example,ST=Zurich,C=CH", target: TARGET });
    expect(judged.revocable).toHaveLength(1);
    expect(judgeMade(format, { key: newPair() }).revocable).toEqual([]);
    expect(judgeMade(format, {}, { trust: storesOf() }).revocable).toEqual([]);
    expect(judgeMade(format, {}, { trust: storesOf(), rules: rulesOf({ level: "audit" }) }).revocable).toEqual([]);
  });

  describe("levels", () => {
    const stranger = { trust: storesOf() };
    const stale = { now: "2028-01-01T00:00:00Z" };
    const expired = { expiry: "2026-01-02T00:00:00Z" };
    test.each<readonly [string, Partial<NotationRequest>, Asked, readonly [string, string, string]]>([
      ["a signer nobody knows", {}, stranger, ["cert-unknown-issuer", "cert-unknown-issuer", "pass"]],
      ["a certificate that has expired", {}, stale, ["cert-not-valid-at-time", "pass", "pass"]],
      ["a signature that has expired", expired, {}, ["notation-expired", "pass", "pass"]],
      ["another key", { key: newPair() }, {}, ["signature", "signature", "signature"]],
      [
        "another artifact",
        { target: { ...TARGET, size: 1 } },
        {},
        ["subject-mismatch", "subject-mismatch", "subject-mismatch"],
      ],
    ])("%s, under strict, permissive and audit", (_, request, asked, expected) => {
      const codes = ["strict", "permissive", "audit"].map((level) =>
        code(request, { ...asked, rules: rulesOf({ level }) }),
      );
      expect(codes).toEqual(expected);
    });

    test("what is only logged is told", () => {
      const rules = rulesOf({ level: "audit" });
      const { checks } = judgeMade(format, expired, { ...stranger, rules });
      expect(loggedOf(checks).map((one) => ("reason" in one ? one.reason : one.missing))).toEqual([
        "cert-unknown-issuer",
        "notation-expired",
      ]);
    });

    test("an override hardens or softens one check", () => {
      const hard = rulesOf({ level: "audit", overrides: { expiry: "enforce" } });
      const soft = rulesOf({ overrides: { expiry: "log" } });
      expect([code(expired, { rules: hard }), code(expired, { rules: soft })]).toEqual(["notation-expired", "pass"]);
    });

    test("under skip nothing is read, and nothing is covered", () => {
      const rules = rulesOf({ level: "skip", stores: [], identities: [] });
      expect(judgeMade(format, { key: newPair() }, { rules })).toMatchObject({ verdict: { kind: "pass" }, checks: [] });
      expect(isCovering(rules)).toBe(false);
      expect(isCovering(rulesOf({ level: "audit" }))).toBe(false);
      expect(isCovering(rulesOf({ level: "permissive" }))).toBe(true);
      expect(isCovering(rulesOf({ overrides: { authenticity: "log" } }))).toBe(false);
    });
  });
});

test("an envelope is read as the type says that its layer has, and no other", () => {
  const [, make] = FORMATS[0];
  const { verdict } = judgeNotation("application/json", make(GOOD), { ...judgedContext() });
  expect(codeOf(verdict)).toBe("notation-envelope");
});

function judgedContext() {
  return { artifact: TARGET, rules: rulesOf(), trust: storesOf(inStore("ca", root)), now: signer.notBefore };
}

function signerRoot() {
  const key = newPair();
  return makeSigner({ key, issuer: { key, subject: "x" }, parts: { issuer: makeSubject(SUBJECT) } });
}

function rsa(modulusLength: number): ReturnType<typeof newPair> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { publicKey, privateKey, spki, algorithm: { key: "rsa", hash: "sha256" } };
}
