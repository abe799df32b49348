import { describe, expect, test } from "vitest";
import { sourceOf } from "../../../../test/setup/policy-set.ts";
import { bug } from "../../bug.ts";
import type { DigestRef } from "../../digest.ts";
import { API_VERSION } from "../../names.ts";
import { addMs, parseRfc3339 } from "../../time.ts";
import { readDenyRegister } from "../read/read-set.ts";
import { denyRuleFor, judgeDenyChange, type DeniedThing } from "./denied.ts";

const DIGEST = `sha256:${"3f".repeat(32)}` as DigestRef;
const OTHER = `sha256:${"4f".repeat(32)}` as DigestRef;
const NIGHT = "2026-11-22T02:00:00Z";
const AT = parseRfc3339(NIGHT) ?? bug("a time");
const SAN = "https://kubernetes.io/namespaces/payments%2Dprod/../serviceaccounts/builder";
const IDENTITY = { issuer: "https://oidc.example/", san: SAN, sanType: "uri" } as const;

const documentOf = (spec: object, name = "inc-0003") => ({
  apiVersion: API_VERSION,
  kind: "DenyRule",
  metadata: { name },
  spec: { reason: "incident 3", by: "dana", ...spec },
});
const read = (...documents: readonly object[]) => readDenyRegister(documents.map((one) => sourceOf(one)));
const rulesOf = (...documents: readonly object[]) => {
  const { rules, problems } = read(...documents);
  return rules ?? bug(JSON.stringify(problems));
};
const signer = (change: Partial<Extract<DeniedThing, { kind: "signer" }>> = {}) =>
  ({ kind: "signer", identity: IDENTITY, signedAt: AT, ...change }) as const;
const isDenied = (spec: object, thing: DeniedThing): boolean =>
  denyRuleFor(rulesOf(documentOf(spec)), thing)?.name === "inc-0003";

describe("a register", () => {
  test("is read, with names that no policy would take", () => {
    const identity = { issuer: "https://oidc.example/", san: SAN };
    expect(rulesOf(documentOf({ identity, since: NIGHT, at: NIGHT }))).toEqual([
      {
        name: "inc-0003",
        what: { kind: "identity", ...identity },
        since: AT,
        reason: "incident 3",
        by: "dana",
        at: AT,
      },
    ]);
    expect(rulesOf()).toEqual([]);
  });

  test.each<[string, object]>([
    ["nothing", {}],
    ["two things", { digest: DIGEST, key: DIGEST }],
    ["a digest that is none", { digest: "sha256:3f" }],
    ["a key by its text", { key: "-----BEGIN PUBLIC KEY-----" }],
    ["half an identity", { identity: { issuer: "https://oidc.example" } }],
    ["a digest for a while", { digest: DIGEST, since: NIGHT }],
    ["a time that ends before it begins", { key: DIGEST, since: NIGHT, until: NIGHT }],
    ["no reason", { digest: DIGEST, reason: undefined }],
    ["more than is known", { digest: DIGEST, namespaces: ["payments"] }],
  ])("is not read where a rule names %s", (_, spec) => {
    const { rules, problems } = read(documentOf(spec));
    expect([rules, problems.length > 0]).toEqual([undefined, true]);
  });

  test("is not read where a name is there twice, or something else lies in it", () => {
    expect(read(documentOf({ digest: DIGEST }), documentOf({ digest: OTHER })).rules).toBeUndefined();
    expect(read({ ...documentOf({}), kind: "TrustPolicy" }).rules).toBeUndefined();
  });
});

describe("a rule denies", () => {
  test("an image by its digest, and no other", () => {
    expect(isDenied({ digest: DIGEST }, { kind: "digest", digest: DIGEST })).toBe(true);
    expect(isDenied({ digest: DIGEST }, { kind: "digest", digest: OTHER })).toBe(false);
    expect(isDenied({ digest: DIGEST }, signer({ key: DIGEST }))).toBe(false);
    expect(isDenied({ key: DIGEST }, { kind: "digest", digest: DIGEST })).toBe(false);
  });

  const identity = { issuer: IDENTITY.issuer, san: IDENTITY.san };
  test.each<[string, object, DeniedThing, boolean]>([
    ["an identity, byte for byte", { identity }, signer(), true],
    ["another issuer", { identity: { ...identity, issuer: "https://oidc.example" } }, signer(), false],
    ["another name", { identity: { ...identity, san: `${SAN}/` } }, signer(), false],
    ["whoever has none", { identity }, { kind: "signer", key: DIGEST }, false],
    ["a key", { key: DIGEST }, signer({ key: DIGEST }), true],
    ["another key", { key: DIGEST }, signer({ key: OTHER }), false],
    ["from its first moment on", { identity, since: NIGHT }, signer(), true],
    ["not before", { identity, since: NIGHT }, signer({ signedAt: addMs(AT, -1) }), false],
    ["not from its end on", { identity, until: NIGHT }, signer(), false],
    ["up to its end", { identity, until: NIGHT }, signer({ signedAt: addMs(AT, -1) }), true],
    [
      "what was signed at a time that nobody knows",
      { key: DIGEST, since: NIGHT },
      { kind: "signer", key: DIGEST },
      true,
    ],
  ])("%s", (_, spec, thing, expected) => {
    expect(isDenied(spec, thing)).toBe(expected);
  });
});

type Change = [string, readonly object[], readonly object[], string];

describe("the register changes", () => {
  const rule = documentOf({ digest: DIGEST });
  const withdrawn = (by: string) => documentOf({ digest: DIGEST, withdrawn: by });
  test.each<Change>([
    ["one adds what is his", [], [rule], "dana"],
    ["one withdraws, his own or another's", [rule], [withdrawn("lee")], "lee"],
    ["another removes it", [withdrawn("lee")], [], "dana"],
    ["one thinks better of it", [withdrawn("lee")], [rule], "dana"],
    ["nothing changes", [rule], [rule], "anybody"],
  ])("as it may: %s", (_, before, after, user) => {
    expect(judgeDenyChange(rulesOf(...before), rulesOf(...after), user)).toEqual([]);
  });

  test.each<Change>([
    ["nobody adds for another", [], [rule], "lee"],
    ["nobody adds what is withdrawn", [], [withdrawn("dana")], "dana"],
    ["nobody withdraws for another", [rule], [withdrawn("lee")], "dana"],
    ["nobody removes what he has withdrawn", [withdrawn("lee")], [], "lee"],
    ["nobody removes what is not withdrawn", [rule], [], "lee"],
    ["nobody makes it narrower", [rule], [documentOf({ digest: OTHER })], "dana"],
    ["nobody takes another's word for withdrawn", [withdrawn("lee")], [withdrawn("dana")], "lee"],
  ])("not as it may not: %s", (_, before, after, user) => {
    expect(judgeDenyChange(rulesOf(...before), rulesOf(...after), user)).toHaveLength(1);
  });
});
