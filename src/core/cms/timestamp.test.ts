import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, extendedKeyUsage, makeCertificate, newPair, TIME_STAMPING } from "../../../test/setup/make-certificate.ts";
import {
  attribute,
  CONTENT_TYPE,
  defaultAttributes,
  infoExtensions,
  keyIdentifier,
  makeTimestamp,
  messageDigest,
  signingCertificateV2,
  STAMPED,
  type StampParts,
  type StampRequest,
} from "../../../test/setup/make-timestamp.ts";
import {
  bitString,
  boolean,
  element,
  explicitTag,
  implicitTag,
  integer,
  octetString,
  oid,
  sequence,
  set,
  utf8String,
} from "../asn1/writer.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { parseHex } from "../bytes/hex.ts";
import { bug } from "../bug.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { digestAlgorithm } from "../crypto/algorithm.ts";
import { sha256 } from "../digest.ts";
import { hasNonce, readNonce, renderTimestampRequest } from "./timestamp-request.ts";
import { parseTimestampResponse, parseTimestampToken, type TimestampToken } from "./timestamp.ts";

const key = newPair();
const certificate = makeCertificate({ key, subject: "tsa", extensions: [extendedKeyUsage([TIME_STAMPING], true)] });
const SIGNATURE = toUtf8("signature");
const REQUEST: StampRequest = { signature: SIGNATURE, signer: { key, certificate } };
const [, DIGEST = bug("no digest"), SIGNING_CERT = bug("no attribute")] = defaultAttributes(REQUEST);

const parse = (parts: Partial<StampParts>): ReturnType<typeof parseTimestampResponse> =>
  parseTimestampResponse(makeTimestamp({ ...REQUEST, parts }));
const ACCURACY = sequence([integer(1), element(0x80, Uint8Array.of(5)), element(0x81, Uint8Array.of(7))]);

describe("parseTimestampResponse", () => {
  test("reads what was written", () => {
    expect(parse({})).toMatchObject({
      ok: true,
      value: {
        info: {
          imprint: { hash: "sha256", digest: sha256(SIGNATURE) },
          genTime: at(STAMPED),
          accuracyMs: 1000,
          nonce: Uint8Array.of(77),
          serial: Uint8Array.of(99),
        },
        signed: { certificates: [], signer: { id: { kind: "serial", issuer: certificate.issuer }, digest: "sha256" } },
      },
    });
  });

  test.each<[string, Partial<StampParts>, object]>([
    ["granted with modifications", { status: sequence([integer(1)]) }, {}],
    ["a status with words", { status: sequence([integer(0), sequence([utf8String("fine")])]) }, {}],
    ["nothing but a time", { infoRest: [] }, { info: { genTime: at(STAMPED) } }],
    ["999 of each in the accuracy", { infoRest: [accuracy(999, 999)] }, { info: { accuracyMs: 1000 } }],
    ["two digests announced", { announced: set([digestAlgorithm("sha512"), digestAlgorithm("sha256")]) }, {}],
    [
      "everything there can be",
      { infoRest: [ACCURACY, boolean(true), integer(5), explicitTag(0, utf8String("tsa")), infoExtensions(false)] },
      { info: { accuracyMs: 1006 } },
    ],
    [
      "a signer by key identifier",
      { signerVersion: integer(3), signerId: keyIdentifier(Uint8Array.of(1)) },
      { signed: { signer: { id: { kind: "ski" } } } },
    ],
    [
      "an attribute it does not know",
      { attributes: [CONTENT_TYPE, DIGEST, attribute("1.2.3.4", integer(1), integer(2))] },
      {},
    ],
    [
      "certificates, unread",
      { certificates: element(0xa0, sequence([integer(1)])) },
      { signed: { certificates: [sequence([integer(1)])] } },
    ],
  ])("reads %s", (_, parts, expected) => {
    expect(parse(parts)).toMatchObject({ ok: true, value: expected });
  });

  test.each<[string, Partial<StampParts>, string]>([
    ["a rejection", { status: sequence([integer(2)]) }, "tst-status"],
    [
      "a rejection without a token",
      { status: sequence([integer(2)]), response: ([status]) => sequence([status]) },
      "tst-status",
    ],
    ["granted with a failure", { status: sequence([integer(0), bitString(Uint8Array.of(0x80))]) }, "tst-status"],
    ["granted without a token", { response: ([status]) => sequence([status]) }, "der-truncated"],
    ["two tokens", { response: ([status, token]) => sequence([status, token, token]) }, "der-trailing"],
    [
      "an indefinite length",
      { response: ([status, token]) => concatBytes([Uint8Array.of(0x30, 0x80), status, token, Uint8Array.of(0, 0)]) },
      "der-indefinite",
    ],
    ["a signer's digest that was not announced", { announced: set([digestAlgorithm("sha512")]) }, "tst-syntax"],
    ["no digests announced", { announced: set([]) }, "tst-syntax"],
    [
      "nine digests announced",
      { announced: set(Array.from({ length: 9 }, () => digestAlgorithm("sha256"))) },
      "tst-syntax",
    ],
    ["version 1 of SignedData", { version: integer(1) }, "tst-syntax"],
    ["revocation lists", { certificates: element(0xa1, sequence([])) }, "tst-syntax"],
    ["unsigned attributes", { unsigned: element(0xa1, attribute("1.2.3.4", integer(1))) }, "tst-syntax"],
    ["a signature without attributes", { attributesElement: new Uint8Array(0) }, "tst-syntax"],
    ["no signer", { signers: () => set([]) }, "tst-signer-count"],
    ["two signers", { signers: (signer) => set([signer, signer]) }, "tst-signer-count"],
    ["data instead of a time", { contentType: oid("1.2.840.113549.1.7.1") }, "tst-syntax"],
    [
      "a content-type attribute of data",
      { attributes: [attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.7.1")), DIGEST] },
      "tst-syntax",
    ],
    ["no attributes at all", { attributes: [] }, "tst-syntax"],
    ["no content-type attribute", { attributes: [DIGEST, SIGNING_CERT] }, "tst-syntax"],
    ["no message digest", { attributes: [CONTENT_TYPE, SIGNING_CERT] }, "tst-syntax"],
    ["a message digest twice", { attributes: [CONTENT_TYPE, DIGEST, messageDigest(sha256(SIGNATURE))] }, "tst-syntax"],
    [
      "a message digest of two values",
      { attributes: [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4", octetString(SIGNATURE), octetString(SIGNATURE))] },
      "der-trailing",
    ],
    ["a message digest of none", { attributes: [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4")] }, "der-truncated"],
    [
      "an unknown attribute twice",
      { attributes: [CONTENT_TYPE, DIGEST, attribute("1.2.3"), attribute("1.2.3", integer(1))] },
      "tst-syntax",
    ],
    [
      "17 attributes",
      { attributes: [CONTENT_TYPE, DIGEST, ...Array.from({ length: 15 }, (_, i) => attribute(`1.2.${i}`))] },
      "tst-syntax",
    ],
    [
      "a signing-certificate by SHA-1 in version 2",
      { attributes: [CONTENT_TYPE, DIGEST, shaOneV2()] },
      "tst-signing-cert",
    ],
    [
      "a signing-certificate that names none",
      { attributes: [CONTENT_TYPE, DIGEST, attribute("1.2.840.113549.1.9.16.2.47", sequence([sequence([])]))] },
      "der-truncated",
    ],
    ["a signer of version 3 named by serial", { signerVersion: integer(3) }, "tst-syntax"],
    ["a signer of version 1 named by key", { signerId: keyIdentifier(Uint8Array.of(1)) }, "tst-syntax"],
    [
      "eleven certificates",
      { certificates: element(0xa0, concatBytes(Array.from({ length: 11 }, () => sequence([])))) },
      "tst-syntax",
    ],
    ["another version", { infoVersion: integer(2) }, "tst-syntax"],
    ["1000 microseconds of accuracy", { infoRest: [accuracy(0, 1000)] }, "tst-syntax"],
    [
      "17 extensions",
      {
        infoRest: [
          element(
            0xa1,
            concatBytes(Array.from({ length: 17 }, () => sequence([oid("1.2.3"), octetString(integer(1))]))),
          ),
        ],
      },
      "tst-syntax",
    ],
    ["a signature by SHA-1", { signatureAlgorithm: sequence([oid("1.2.840.10045.4.1")]) }, "tst-signature"],
    [
      "a message digest by SHA-1",
      { attributes: [CONTENT_TYPE, DIGEST], announced: set([sequence([oid("1.3.14.3.2.26")])]) },
      "tst-syntax",
    ],
    ["a critical extension", { infoRest: [infoExtensions(true)] }, "tst-syntax"],
    ["ordering FALSE written out", { infoRest: [boolean(false)] }, "der-default"],
    ["1000 milliseconds of accuracy", { infoRest: [accuracy(1000, 0)] }, "tst-syntax"],
    ["something after the extensions", { infoRest: [infoExtensions(false), integer(1)] }, "der-trailing"],
    ["a time with an offset", { genTime: element(0x18, toUtf8("20260101000005+0100")) }, "der-time"],
    ["a time as UTCTime", { genTime: element(0x17, toUtf8("260101000005Z")) }, "der-tag"],
  ])("refuses %s", (_, parts, code) => {
    expect(parse(parts)).toMatchObject({ ok: false, code });
  });

  test("refuses more than 64 KiB, before reading it", () => {
    expect(parseTimestampResponse(new Uint8Array(65_537))).toMatchObject({ ok: false, code: "too-large" });
    expect(parseTimestampToken(new Uint8Array(65_537))).toMatchObject({ ok: false, code: "too-large" });
  });

  test("reads a bare token, which is not a response", () => {
    const bare = makeTimestamp({ ...REQUEST, parts: { response: ([, token]) => token } });
    expect(parseTimestampToken(bare)).toMatchObject({ ok: true });
    expect(parseTimestampResponse(bare)).toMatchObject({ ok: false });
    expect(parseTimestampToken(makeTimestamp(REQUEST))).toMatchObject({ ok: false });
  });

  test("leaves the bytes as they are, those of a Buffer too", () => {
    const der = makeTimestamp(REQUEST);
    const buffer = Buffer.from(der);
    expect(parseTimestampResponse(buffer)).toMatchObject({ ok: true });
    expect(buffer).toEqual(Buffer.from(der));
    expect(parseTimestampResponse(buffer)).toMatchObject({ ok: true });
  });

  test("never throws, and never looks beyond its bytes", () => {
    const der = makeTimestamp({ ...REQUEST, certificates: [certificate] });
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.nat(), (position, byte, cut) => {
        const changed = der.map((old, i) => (i === position % der.length ? byte : old));
        const short = changed.subarray(0, cut % 4 === 0 ? cut % der.length : der.length);
        const inside = concatBytes([Uint8Array.of(1), short, der]).subarray(1, 1 + short.length);
        expect(parseTimestampResponse(inside)).toEqual(parseTimestampResponse(short));
      }),
      { numRuns: 500 },
    );
  });
});

describe("the request", () => {
  const nonce = Uint8Array.of(0, 0x8f, 0x59, 0xf2);

  test("is the DER of RFC 3161", () => {
    expect(renderTimestampRequest({ digest: sha256(new Uint8Array(0)), nonce })).toEqual(
      parseHex(
        "303d020101302f300b0609608648016503040201" +
          "0420e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" +
          "0204008f59f20101ff",
      ),
    );
  });

  test("is answered by a token with its nonce, leading zeros aside", () => {
    expect(readNonce(tokenWith(integer(nonce)))).toEqual(nonce.subarray(1));
    expect(hasNonce(tokenWith(integer(nonce)), nonce)).toBe(true);
    expect(hasNonce(tokenWith(integer(0)), new Uint8Array(8))).toBe(true);
    expect(hasNonce(tokenWith(integer(5)), nonce)).toBe(false);
    expect(hasNonce(tokenWith(), nonce)).toBe(false);
    expect(readNonce(tokenWith(Uint8Array.of(2, 1, 0x8f)))).toBeUndefined();
  });
});

function tokenWith(...rest: Uint8Array[]): TimestampToken {
  const token = parse({ infoRest: rest });
  return token.ok ? token.value : bug(token.detail);
}

function accuracy(millis: number, micros: number): Uint8Array {
  return sequence([implicitTag(0x80, integer(millis)), implicitTag(0x81, integer(micros))]);
}

/** ESSCertIDv2 with SHA-1 as its hash, which is not among those accepted. */
function shaOneV2(): Uint8Array {
  const id = sequence([sequence([oid("1.3.14.3.2.26")]), octetString(new Uint8Array(20))]);
  return attribute("1.2.840.113549.1.9.16.2.47", sequence([sequence([id])]));
}

test("a second certificate in the attribute is passed over, the first decides", () => {
  const ids = [sha256(certificate.der), sha256(SIGNATURE)].map((digest) => sequence([octetString(digest)]));
  const both = attribute("1.2.840.113549.1.9.16.2.47", sequence([sequence(ids)]));
  const parsed = parse({ attributes: [CONTENT_TYPE, DIGEST, both] });
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      signed: { signer: { attributes: { signingCertificate: { hash: "sha256", digest: sha256(certificate.der) } } } },
    },
  });
  expect(signingCertificateV2(sha256(certificate.der))).toEqual(SIGNING_CERT);
});
