import { describe, expect, test } from "vitest";
import {
  dns,
  email,
  extension,
  fulcioText,
  ipAddress,
  makeCertificate,
  newPair,
  otherName,
  subjectAltName,
  uri,
} from "../../../test/setup/make-certificate.ts";
import { boolean, element, explicitTag, integer, oid, sequence, utf8String } from "../asn1/writer.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { identityOf } from "./identity-of.ts";

const key = newPair();
const ISSUER = "https://oidc.example";
const SAN = "https://kubernetes.io/namespaces/payments/serviceaccounts/builder";
const identity = (...extensions: Uint8Array[]): ReturnType<typeof identityOf> =>
  identityOf(makeCertificate({ key, subject: "leaf", extensions }));

describe("identityOf", () => {
  test.each([
    ["a URI", uri(SAN), { san: SAN, sanType: "uri" }],
    ["an e-mail address", email("dev@team.example"), { san: "dev@team.example", sanType: "email" }],
    ["a DNS name", dns("build.example"), { san: "build.example", sanType: "dns" }],
    ["Fulcio's user name", otherName("dev!team.example"), { san: "dev!team.example", sanType: "other-name" }],
    [
      "a user name beyond ASCII",
      otherName("jürgen!team.example"),
      { san: "jürgen!team.example", sanType: "other-name" },
    ],
  ])("reads %s", (_, name, expected) => {
    expect(identity(subjectAltName([name]), fulcioText(8, ISSUER))).toEqual({
      ok: true,
      value: { issuer: ISSUER, ...expected },
    });
  });

  test("prefers issuer .8, and takes .1 only where .8 is absent", () => {
    const names = subjectAltName([uri(SAN)]);
    const expected = { ok: true, value: { issuer: ISSUER } };
    expect(identity(names, fulcioText(8, ISSUER))).toMatchObject(expected);
    expect(identity(names, fulcioText(1, ISSUER))).toMatchObject(expected);
    expect(identity(names, fulcioText(1, ISSUER), fulcioText(8, ISSUER))).toMatchObject(expected);
  });

  test.each<[string, readonly Uint8Array[], string]>([
    [
      "issuers that differ",
      [subjectAltName([uri(SAN)]), fulcioText(1, ISSUER), fulcioText(8, `${ISSUER}/`)],
      "issuer-conflict",
    ],
    [
      "an empty .8 beside a full .1",
      [subjectAltName([uri(SAN)]), fulcioText(1, ISSUER), fulcioText(8, "")],
      "issuer-conflict",
    ],
    ["an empty issuer", [subjectAltName([uri(SAN)]), fulcioText(8, "")], "issuer-missing"],
    ["no issuer", [subjectAltName([uri(SAN)])], "issuer-missing"],
    ["an issuer in another extension", [subjectAltName([uri(SAN)]), fulcioText(9, ISSUER)], "issuer-missing"],
    ["no name", [fulcioText(8, ISSUER)], "san-count"],
    ["two names", [subjectAltName([uri(SAN), uri(SAN)]), fulcioText(8, ISSUER)], "san-count"],
    [
      "a name beside one of a kind that is no identity",
      [subjectAltName([uri(SAN), ipAddress(10, 0, 0, 1)]), fulcioText(8, ISSUER)],
      "san-count",
    ],
    ["an address alone", [subjectAltName([ipAddress(10, 0, 0, 1)]), fulcioText(8, ISSUER)], "san-count"],
    [
      "a user name of another form",
      [subjectAltName([otherName("dev", "1.3.6.1.4.1.311.20.2.3")]), fulcioText(8, ISSUER)],
      "san-count",
    ],
  ])("refuses %s", (_, extensions, code) => {
    expect(identity(...extensions)).toMatchObject({ ok: false, code });
  });

  test("says the type of the name: an e-mail address is not the URI of the same text", () => {
    const [asUri, asEmail] = [uri("a@b.example"), email("a@b.example")].map((name) =>
      identity(subjectAltName([name]), fulcioText(8, ISSUER)),
    );
    expect(asUri).not.toEqual(asEmail);
  });
});

describe("names of a certificate", () => {
  const FULCIO_NAME = oid("1.3.6.1.4.1.57264.1.7");
  test.each<[string, Uint8Array]>([
    ["a user name that is no UTF8String", element(0xa0, concatBytes([FULCIO_NAME, explicitTag(0, integer(1))]))],
    ["a user name without its tag", element(0xa0, concatBytes([FULCIO_NAME, utf8String("dev")]))],
    [
      "a user name twice",
      element(0xa0, concatBytes([FULCIO_NAME, explicitTag(0, utf8String("a")), explicitTag(0, utf8String("b"))])),
    ],
    ["an empty user name", otherName("")],
    ["a user name with a control character", otherName("dev\u0085team")],
  ])("refuse %s", (_, name) => {
    expect(() => makeCertificate({ key, subject: "leaf", extensions: [subjectAltName([name])] })).toThrow(
      /der-|san-syntax/,
    );
  });

  test("pass over an address with another form of user name beside it", () => {
    const names = subjectAltName([ipAddress(10, 0, 0, 1), otherName("x", "1.2.3.4"), dns("a.example")]);
    const certificate = makeCertificate({
      key,
      subject: "leaf",
      extensions: [names, extension("1.2.3", boolean(true))],
    });
    expect(certificate).toMatchObject({ sans: [{ type: "dns", value: "a.example" }], sanCount: 3 });
  });

  test("are not looked for in an empty list", () => {
    expect(() => makeCertificate({ key, subject: "leaf", extensions: [extension("2.5.29.17", sequence([]))] })).toThrow(
      /san-syntax/,
    );
  });
});
