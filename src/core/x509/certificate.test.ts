import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authorityKeyId,
  basicConstraints,
  CODE_SIGNING,
  dns,
  email,
  EMPTY_SEQUENCE,
  extendedKeyUsage,
  extension,
  fulcioText,
  at,
  keyUsage,
  makeCertificate,
  makeCertificateDer,
  makeName,
  newPair,
  NOT_AFTER,
  NOT_BEFORE,
  otherName,
  subjectAltName,
  subjectKeyId,
  uri,
  type CertificateRequest,
  type Parts,
} from "../../../test/setup/make-certificate.ts";
import {
  bitString,
  boolean,
  element,
  explicitTag,
  generalizedTime,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  time,
  utcTime,
  utf8String,
} from "../asn1/writer.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import { parseCertificate } from "./certificate.ts";

const key = newPair();
const EXTENSIONS = [
  keyUsage(1),
  extendedKeyUsage([CODE_SIGNING]),
  subjectAltName([uri("https://kubernetes.io/namespaces/payments/serviceaccounts/builder")]),
  subjectKeyId(Uint8Array.of(1, 2, 3)),
  authorityKeyId(Uint8Array.of(4, 5, 6)),
  fulcioText(1, "https://issuer.example"),
  fulcioText(8, "https://issuer.example"),
  extension("1.3.6.1.4.1.11129.2.4.2", octetString(Uint8Array.of(0, 1, 7))),
];
const REQUEST: CertificateRequest = { key, subject: "leaf", issuer: { key, subject: "ca" }, extensions: EXTENSIONS };
const parse = (change: Partial<CertificateRequest>): ReturnType<typeof parseCertificate> =>
  parseCertificate(makeCertificateDer({ ...REQUEST, ...change }));
const withParts = (parts: Partial<Parts>): ReturnType<typeof parseCertificate> => parse({ parts });
const withExtensions = (...extensions: Uint8Array[]): ReturnType<typeof parseCertificate> => parse({ extensions });

describe("parseCertificate", () => {
  test("reads what was written", () => {
    const der = makeCertificateDer(REQUEST);
    const oracle = new X509Certificate(der);
    const certificate = makeCertificate(REQUEST);
    expect(parseCertificate(der)).toMatchObject({
      ok: true,
      value: {
        der,
        serial: Uint8Array.of(0x12, 0x67),
        issuer: makeName("ca"),
        subject: makeName("leaf"),
        notBefore: at(NOT_BEFORE),
        notAfter: at(NOT_AFTER),
        spki: key.spki,
        signatureAlgorithm: { key: "ecdsa", hash: "sha256" },
        isCa: false,
        keyUsage: 1,
        ekus: [CODE_SIGNING],
        ekuCritical: false,
        sans: [{ type: "uri", value: "https://kubernetes.io/namespaces/payments/serviceaccounts/builder" }],
        sanCount: 1,
        ski: Uint8Array.of(1, 2, 3),
        aki: Uint8Array.of(4, 5, 6),
        sctList: Uint8Array.of(0, 1, 7),
      },
    });
    expect([...certificate.fulcio]).toEqual([
      [1, "https://issuer.example"],
      [8, "https://issuer.example"],
    ]);
    expect(oracle.serialNumber).toBe("1267");
    expect(oracle.verify(key.publicKey)).toBe(true);
  });

  test("leaves undefined what is not there", () => {
    const parsed = withParts({ extensions: new Uint8Array(0) });
    expect(parsed).toMatchObject({
      ok: true,
      value: { keyUsage: undefined, ekus: undefined, sans: [], ski: undefined, sctList: undefined, pathLen: undefined },
    });
  });

  test.each([
    ["without a path length", basicConstraints(), undefined],
    ["with one", basicConstraints(3), 3],
  ])("reads a CA %s", (_, constraints, pathLen) => {
    expect(withExtensions(constraints)).toMatchObject({ ok: true, value: { isCa: true, pathLen } });
  });

  test.each<[string, Partial<Parts>]>([
    ["a serial of twenty octets", { serial: integer(new Uint8Array(20).fill(0x7f)) }],
    ["a validity of one second", { validity: sequence([time(at(NOT_BEFORE)), time(at(NOT_BEFORE))]) }],
  ])("reads %s", (_, parts) => {
    expect(withParts(parts)).toMatchObject({ ok: true });
  });

  test("reads a certificate of 64 KiB, and none that is larger", () => {
    const octets = 65_536 - makeCertificateDer(large(65_000)).length + 65_000;
    expect(parseCertificate(makeCertificateDer(large(octets)))).toMatchObject({ ok: true });
    expect(parseCertificate(makeCertificateDer(large(octets + 1)))).toMatchObject({ ok: false, code: "too-large" });
  });

  test("imports its key once", () => {
    const certificate = makeCertificate(REQUEST);
    expect(certificate.key()).toMatchObject({ ok: true, value: { alg: "ecdsa-p256" } });
    expect(certificate.key()).toBe(certificate.key());
  });

  test("reads a certificate signed with an algorithm that is never accepted, and says so", () => {
    const sha1 = sequence([oid("1.2.840.10045.4.1")]);
    const parsed = withParts({ algorithm: sha1, outerAlgorithm: sha1 });
    expect(parsed).toMatchObject({ ok: true, value: { signatureAlgorithm: undefined } });
  });
});

describe("parseCertificate refuses", () => {
  test.each<[string, Partial<Parts>, string]>([
    ["no version", { version: new Uint8Array(0) }, "der-tag"],
    ["version 2", { version: explicitTag(0, integer(1)) }, "cert-version"],
    ["version 4", { version: explicitTag(0, integer(3)) }, "cert-version"],
    ["a negative serial", { serial: Uint8Array.of(2, 1, 0xff) }, "cert-serial"],
    ["the least negative serial", { serial: Uint8Array.of(2, 1, 0x80) }, "cert-serial"],
    ["a serial of 21 octets", { serial: integer(new Uint8Array(21).fill(1)) }, "cert-serial"],
    ["a padded serial", { serial: Uint8Array.of(2, 2, 0, 1) }, "der-integer"],
    ["another algorithm outside", { outerAlgorithm: sequence([oid("1.2.840.10045.4.3.3")]) }, "cert-algorithm"],
    ["an end before the start", { validity: validity(time(at(NOT_AFTER)), time(at(NOT_BEFORE))) }, "cert-validity"],
    [
      "UTCTime written as GeneralizedTime",
      { validity: validity(generalizedTime(at(NOT_BEFORE)), time(at(NOT_AFTER))) },
      "der-time",
    ],
    [
      "a third time",
      { validity: validity(utcTime(at(NOT_BEFORE)), concatBytes([time(at(NOT_AFTER)), time(at(NOT_AFTER))])) },
      "der-trailing",
    ],
    ["an issuer unique identifier", { identifiers: element(0x81, Uint8Array.of(0, 1)) }, "der-trailing"],
    ["a subject unique identifier", { identifiers: element(0x82, Uint8Array.of(0, 1)) }, "der-trailing"],
    ["extensions without their tag", { extensions: sequence(EXTENSIONS) }, "der-trailing"],
    ["extensions without tag and list", { extensions: concatBytes(EXTENSIONS) }, "der-trailing"],
    ["an empty list of extensions", { extensions: explicitTag(3, EMPTY_SEQUENCE) }, "der-length"],
    [
      "something after the extensions",
      { extensions: concatBytes([explicitTag(3, sequence(EXTENSIONS)), integer(1)]) },
      "der-trailing",
    ],
    [
      "two lists of extensions",
      { extensions: explicitTag(3, concatBytes([sequence(EXTENSIONS), sequence(EXTENSIONS)])) },
      "der-trailing",
    ],
  ])("%s", (_, parts, code) => {
    expect(withParts(parts)).toMatchObject({ ok: false, code });
  });

  const caFalse = extension("2.5.29.19", sequence([boolean(false)]));
  test.each<[string, readonly Uint8Array[], string]>([
    ["an unknown critical extension", [extension("1.2.3.4", integer(1), true)], "cert-critical-ext"],
    ["critical name constraints", [extension("2.5.29.30", EMPTY_SEQUENCE, true)], "cert-critical-ext"],
    [
      "the poison of a pre-certificate",
      [extension("1.3.6.1.4.1.11129.2.4.3", Uint8Array.of(5, 0), true)],
      "cert-critical-ext",
    ],
    ["a known extension twice", [keyUsage(1), keyUsage(1)], "cert-extension-twice"],
    [
      "an unknown extension twice",
      [extension("1.2.3.4", integer(1)), extension("1.2.3.4", integer(2))],
      "cert-extension-twice",
    ],
    [
      "Fulcio's issuer twice",
      [fulcioText(8, "https://a.example"), fulcioText(8, "https://b.example")],
      "cert-extension-twice",
    ],
    [
      "41 extensions",
      Array.from({ length: 41 }, (_, i) => extension(`1.2.3.${i}`, integer(1))),
      "cert-extension-count",
    ],
    [
      "critical FALSE written out",
      [sequence([oid("1.2.3.4"), boolean(false), octetString(integer(1))])],
      "der-default",
    ],
    ["cA FALSE written out", [caFalse], "der-default"],
    ["a path length without cA", [extension("2.5.29.19", sequence([integer(0)]))], "cert-basic-constraints"],
    [
      "a negative path length",
      [extension("2.5.29.19", sequence([boolean(true), Uint8Array.of(2, 1, 0x80)]))],
      "der-integer",
    ],
    [
      "something after the constraints",
      [extension("2.5.29.19", concatBytes([EMPTY_SEQUENCE, EMPTY_SEQUENCE]))],
      "der-trailing",
    ],
    ["key usage with a trailing zero bit", [extension("2.5.29.15", Uint8Array.of(3, 2, 6, 0x80))], "der-bit-string"],
    ["no purposes", [extension("2.5.29.37", EMPTY_SEQUENCE)], "cert-eku"],
    ["33 purposes", [extendedKeyUsage(Array.from({ length: 33 }, (_, i) => `1.2.3.${i}`))], "cert-eku"],
    ["no names", [subjectAltName([])], "san-syntax"],
    ["65 names", [subjectAltName(Array.from({ length: 65 }, () => uri("https://a.example")))], "san-syntax"],
    ["an empty name", [subjectAltName([uri("")])], "san-syntax"],
    ["a name with a line break", [subjectAltName([email("a@b.example\n")])], "san-syntax"],
    ["a name with NUL", [subjectAltName([uri("https://a.example\0.b.example")])], "san-syntax"],
    ["a name that is not ASCII", [subjectAltName([email("ä@b.example")])], "san-syntax"],
    [
      "an issuer .8 without its DER",
      [extension("1.3.6.1.4.1.57264.1.8", new TextEncoder().encode("https://a.example"))],
      "der-tag",
    ],
    [
      "an issuer .8 followed by more",
      [extension("1.3.6.1.4.1.57264.1.8", concatBytes([utf8String("a"), utf8String("b")]))],
      "der-trailing",
    ],
    ["an issuer .1 that is not UTF-8", [extension("1.3.6.1.4.1.57264.1.1", Uint8Array.of(0xff))], "cert-fulcio-ext"],
    ["an extension without a value", [sequence([oid("1.2.3.4")])], "der-truncated"],
    [
      "an extension with two values",
      [sequence([oid("1.2.3.4"), octetString(integer(1)), octetString(integer(1))])],
      "der-trailing",
    ],
    [
      "two authority key identifiers",
      [extension("2.5.29.35", sequence([element(0x80, Uint8Array.of(1)), element(0x80, Uint8Array.of(1))]))],
      "der-trailing",
    ],
    [
      "an SCT list that is followed by more",
      [extension("1.3.6.1.4.1.11129.2.4.2", concatBytes([octetString(integer(1)), integer(1)]))],
      "der-trailing",
    ],
    ["named bits where a list of purposes is due", [extension("2.5.29.37", namedBits(1))], "der-tag"],
  ])("%s", (_, extensions, code) => {
    expect(withExtensions(...extensions)).toMatchObject({ ok: false, code });
  });

  test.each([0x80, 0x88])("an identifier that begins as Fulcio's and is cut off after %d", (last) => {
    const cutOff = oid("1.3.6.1.4.1.57264.1.8").map((byte, i, all) => (i === all.length - 1 ? last : byte));
    const extensions = [sequence([cutOff, octetString(utf8String("https://a.example"))])];
    expect(parse({ extensions })).toMatchObject({ ok: false, code: "der-oid" });
  });

  test.each([
    ["Fulcio's .8", [fulcioText(8, "a"), fulcioText(8, "a")]],
    ["15", [keyUsage(1), keyUsage(1)]],
    ["1.2.3.4", [extension("1.2.3.4", integer(1)), extension("1.2.3.4", integer(1))]],
  ])("a second extension by its name: %s", (name, extensions) => {
    expect(parse({ extensions })).toMatchObject({ ok: false, detail: expect.stringContaining(`${name}, at byte `) });
  });

  test("what is after the certificate, inside and outside", () => {
    const der = makeCertificateDer(REQUEST);
    expect(parseCertificate(concatBytes([der, Uint8Array.of(0)]))).toMatchObject({ ok: false, code: "der-trailing" });
    const body = sequence([sequence([]), sequence([]), bitString(Uint8Array.of(1)), integer(1)]);
    expect(parseCertificate(body)).toMatchObject({ ok: false });
  });

  test("more than 64 KiB, before reading it", () => {
    expect(parseCertificate(new Uint8Array(65_537))).toMatchObject({ ok: false, code: "too-large" });
  });
});

describe("parseCertificate, on any certificate,", () => {
  const anyText = fc.stringMatching(/^[!-~]{1,40}$/);
  const anyName = fc.oneof(
    anyText.map((value) => ({ type: "uri" as const, value })),
    anyText.map((value) => ({ type: "email" as const, value })),
    anyText.map((value) => ({ type: "dns" as const, value })),
    fc.stringMatching(/^[a-zß-ÿ一-龥]{1,20}$/u).map((value) => ({ type: "other-name" as const, value })),
  );
  const encodeName = { uri, email, dns, "other-name": otherName };
  const anyFulcio = fc.uniqueArray(
    fc.tuple(
      fc.integer({ min: 1, max: 24 }).filter((n) => n !== 7),
      anyText,
    ),
    {
      selector: ([number]) => number,
      maxLength: 10,
    },
  );

  test("reads what was written", () => {
    const anySecond = fc.integer({ min: 0, max: 4_000_000_000 }).map((second) => second * 1000);
    fc.assert(
      fc.property(
        fc.array(anyName, { minLength: 1, maxLength: 3 }),
        anyFulcio,
        fc.integer({ min: 0, max: 511 }),
        fc.tuple(anySecond, anySecond).map((ends) => ends.toSorted((a, b) => a - b)),
        (names, texts, usage, [notBefore = 0, notAfter = 0]) => {
          const certificate = makeCertificate({
            ...REQUEST,
            notBefore: renderRfc3339(notBefore as UnixMs),
            notAfter: renderRfc3339(notAfter as UnixMs),
            extensions: [
              subjectAltName(names.map(({ type, value }) => encodeName[type](value))),
              keyUsage(usage),
              ...texts.map(([number, text]) => fulcioText(number, text)),
            ],
          });
          expect(certificate).toMatchObject({ sans: names, keyUsage: usage, notBefore, notAfter });
          expect([...certificate.fulcio]).toEqual(texts);
        },
      ),
    );
  });
});

describe("parseCertificate, on any bytes,", () => {
  const der = makeCertificateDer(REQUEST);

  test("never throws, never looks beyond them, and keeps every view inside", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.nat(), (position, byte, cut) => {
        const changed = der.map((old, i) => (i === position % der.length ? byte : old));
        const short = changed.subarray(0, cut % 4 === 0 ? cut % der.length : der.length);
        const padded = concatBytes([Uint8Array.of(9, 9), short, changed]).subarray(2, 2 + short.length);
        const [alone, inside] = [parseCertificate(short), parseCertificate(padded)];
        expect(strip(inside)).toEqual(strip(alone));
      }),
      { numRuns: 500 },
    );
  });

  test("refuses every prefix", () => {
    for (let length = 0; length < der.length; length++) {
      expect(parseCertificate(der.subarray(0, length)).ok).toBe(false);
    }
  });
});

function large(octets: number): CertificateRequest {
  const extensions = [extension("1.2.3.4", new Uint8Array(octets))];
  return { key: newPair("ed25519"), subject: "large", extensions };
}

/** All of a certificate that can be compared. */
function strip(parsed: ReturnType<typeof parseCertificate>): unknown {
  if (!parsed.ok) return parsed;
  const { key: _, ...rest } = parsed.value;
  return rest;
}

function validity(notBefore: Uint8Array, notAfter: Uint8Array): Uint8Array {
  return sequence([notBefore, notAfter]);
}
