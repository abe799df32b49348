import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeSubject } from "../../../test/setup/make-notation.ts";
import { sequence, set, oid, utf8String, integer } from "../asn1/writer.ts";
import { isSubset, parseDistinguishedName, readSubject } from "./distinguished-name.ts";
import { judgeIdentity, parseIdentities } from "./identities.ts";

const parse = (text: string): unknown => {
  const name = parseDistinguishedName(text);
  return name.ok ? Object.fromEntries(name.value) : name.code;
};
const BASE = { C: "US", ST: "WA", O: "Example" };

describe("parseDistinguishedName", () => {
  test.each<[string, object]>([
    ["C=US,ST=WA,O=Example", BASE],
    [" C=US, ST=WA, O=Example ", BASE],
    ["C = US , ST = WA , O = Example", BASE],
    ["c=US,S=WA,o=Example", BASE],
    ["O=Example,C=US,ST=WA,CN=signer", { ...BASE, CN: "signer" }],
    [String.raw`C=US,ST=WA,O=Example\, Inc.`, { ...BASE, O: "Example, Inc." }],
    [String.raw`C=US,ST=WA,O=A\+B`, { ...BASE, O: "A+B" }],
    [String.raw`C=US,ST=WA,O=Ex\C3\A4mple`, { ...BASE, O: "Exämple" }],
    [String.raw`C=US,ST=WA,O=\ Example\ `, { ...BASE, O: " Example " }],
    [String.raw`C=US,ST=WA,O=\#1`, { ...BASE, O: "#1" }],
    [String.raw`C=US,ST=WA,O=back\\slash`, { ...BASE, O: String.raw`back\slash` }],
    [String.raw`C=US,ST=WA,O=a\=b=c`, { ...BASE, O: "a=b=c" }],
  ])("reads %s", (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  test.each([
    ["", "dn-syntax"],
    ["C=US,ST=WA", "dn-mandatory"],
    ["C=US,O=Example", "dn-mandatory"],
    ["ST=WA,O=Example", "dn-mandatory"],
    ["C=US,ST=WA,O=", "dn-syntax"],
    ["C=US,ST=WA,O=Example,O=Example", "dn-duplicate"],
    ["C=US,ST=WA,S=WA,O=Example", "dn-duplicate"],
    ["C=US,ST=WA,O=Example+CN=x", "dn-multi-valued"],
    ["C=US,ST=WA,O=#04024869", "dn-syntax"],
    ["C=US,ST=WA,O=Example,X=1", "dn-syntax"],
    ["C=US,ST=WA,O=Example,", "dn-syntax"],
    ["C=US;ST=WA;O=Example", "dn-syntax"],
    ['C=US,ST=WA,O="Example"', "dn-syntax"],
    [String.raw`C=US,ST=WA,O=Example${"\\"}`, "dn-syntax"],
    [String.raw`C=US,ST=WA,O=\x`, "dn-syntax"],
    [String.raw`C=US,ST=WA,O=\C3`, "dn-syntax"],
    [`C=US,ST=WA,O=${"x".repeat(3000)}`, "dn-syntax"],
  ])("refuses %s", (text, code) => {
    expect(parse(text)).toBe(code);
  });

  test("reads back what is escaped as RFC 4514 says", () => {
    const value = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(value, (organisation) => {
        const escaped = Array.from(
          new TextEncoder().encode(organisation),
          (byte) => `\\${byte.toString(16).padStart(2, "0")}`,
        ).join("");
        expect(parse(`C=US,ST=WA,O=${escaped}`)).toEqual({ ...BASE, O: organisation });
      }),
    );
  });

  test("never throws", () => {
    const anyText = fc.string({ unit: fc.constantFrom(...Array.from('C=US,T OWAe\\+#"0f;\u00e4')), maxLength: 40 });
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseDistinguishedName(text).ok).toBeTypeOf("boolean");
      }),
      { numRuns: 1000 },
    );
  });
});

const part = (id: string, value: Uint8Array): Uint8Array => sequence([oid(id), value]);

describe("readSubject", () => {
  const GOOD = [
    ["C", "US"],
    ["ST", "WA"],
    ["O", "Example"],
  ] as const;

  test("keeps what no policy can name by its number", () => {
    const name = readSubject(makeSubject([...GOOD, ["2.5.4.4", "Surname"]]));
    expect(name.ok && name.value.get("2.5.4.4")).toBe("Surname");
  });

  test.each<[string, Uint8Array, string]>([
    ["a part twice", makeSubject([...GOOD, ["O", "Other"]]), "dn-duplicate"],
    ["a part missing", makeSubject(GOOD.slice(1)), "dn-mandatory"],
    [
      "a multi-valued part",
      sequence([set([part("2.5.4.10", utf8String("a")), part("2.5.4.11", utf8String("b"))])]),
      "dn-multi-valued",
    ],
    ["a part that is no text", sequence([set([part("2.5.4.10", integer(1))])]), "dn-syntax"],
    ["no name", Uint8Array.of(1), "dn-syntax"],
  ])("refuses %s", (_, der, code) => {
    expect(readSubject(der)).toMatchObject({ ok: false, code });
  });
});

describe("parseIdentities", () => {
  const [NARROW, WIDE] = ["x509.subject: C=US, ST=WA, O=Example, OU=a", "x509.subject: C=US, ST=WA, O=Example"];
  test.each<[string, readonly string[], string]>([
    ["none", [], "identity-none"],
    ["anybody and somebody", ["*", WIDE], "identity-wildcard"],
    ["another kind", ["oidc: x"], "identity-kind"],
    ["a wildcard inside", ["x509.subject: *"], "dn-syntax"],
    ["a narrower after a wider", [WIDE, NARROW], "identity-overlap"],
    ["a wider after a narrower", [NARROW, WIDE], "identity-overlap"],
    ["the same twice", [WIDE, WIDE], "identity-overlap"],
  ])("refuses %s", (_, texts, code) => {
    expect(parseIdentities(texts)).toMatchObject({ ok: false, code });
  });

  test("an identity is met by more parts, and by no other value", () => {
    const identities = parseIdentities([WIDE, "x509.subject: C=US, ST=WA, O=Other, CN=x"]);
    const judge = (...parts: readonly (readonly [string, string])[]): string =>
      identities.ok ? judgeIdentity(makeSubject(parts), identities.value).kind : identities.detail;
    expect(judge(["C", "US"], ["ST", "WA"], ["O", "Example"], ["OU", "any"])).toBe("pass");
    expect(judge(["C", "US"], ["ST", "WA"], ["O", "Other"], ["CN", "x"])).toBe("pass");
    expect(judge(["C", "US"], ["ST", "WA"], ["O", "Other"])).toBe("fail");
    expect(judge(["C", "US"], ["ST", "WA"], ["O", "example"])).toBe("fail");
    expect(judge(["C", "US"], ["ST", "WA"], ["O", "Example "])).toBe("fail");
  });

  test("a part of a name is met by the whole, never the other way round", () => {
    const [few, many] = [
      new Map([["C", "US"]]),
      new Map([
        ["C", "US"],
        ["O", "x"],
      ]),
    ];
    expect([isSubset(few, many), isSubset(many, few), isSubset(few, few)]).toEqual([true, false, true]);
  });
});
