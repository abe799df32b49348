import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeCose, makeJws, text, withFlippedBit } from "../../../test/setup/make-notation.ts";
import { codeOf, contextOf, GOOD, stampAt, TRUST_WITH_TSA } from "../../../test/setup/notation-world.ts";
import type { CborKey, CborValue } from "../cbor/cbor.ts";
import { readCbor } from "../cbor/read-cbor.ts";
import { writeCbor } from "../cbor/write-cbor.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { COSE_MEDIA_TYPE, JWS_MEDIA_TYPE } from "./envelope.ts";
import { judgeNotation } from "./judge-notation.ts";

type Json = Record<string, unknown>;
const JWS = makeJws({ ...GOOD, stamp: stampAt("2026-01-01T00:00:05Z"), expiry: "2026-03-01T00:00:00Z" });
const COSE = makeCose({ ...GOOD, stamp: stampAt("2026-01-01T00:00:05Z"), expiry: "2026-03-01T00:00:00Z" });
const context = contextOf({ trust: TRUST_WITH_TSA });
const judgeJws = (bytes: Uint8Array): string => codeOf(judgeNotation(JWS_MEDIA_TYPE, bytes, context).verdict);
const judgeCose = (bytes: Uint8Array): string => codeOf(judgeNotation(COSE_MEDIA_TYPE, bytes, context).verdict);

test("both pass as they are", () => {
  expect([judgeJws(JWS), judgeCose(COSE)]).toEqual(["pass", "pass"]);
});

const judgeDocument = (document: unknown): string => judgeJws(toUtf8(JSON.stringify(document)));
const parts = (): { items: CborValue[] } => {
  const read = readCbor(COSE, COSE.length);
  const array = read.ok && read.value.kind === "tag" ? read.value.value : undefined;
  return { items: array?.kind === "array" ? [...array.items] : [] };
};
const judgeParts = (items: readonly CborValue[], tag = 18): string =>
  judgeCose(writeCbor({ kind: "tag", tag, value: { kind: "array", items } }));
const byteString = (value: Uint8Array): CborValue => ({ kind: "bytes", value });

const withUnsigned = (key: CborKey, value: CborValue | undefined): string => {
  const { items } = parts();
  const unsigned = items[1]?.kind === "map" ? new Map(items[1].entries) : new Map<CborKey, CborValue>();
  if (value) unsigned.set(key, value);
  else unsigned.delete(key);
  return judgeParts(items.with(1, { kind: "map", entries: unsigned }));
};

describe("JWS", () => {
  const envelope = (): Json & { header: Json } => JSON.parse(new TextDecoder().decode(JWS)) as Json & { header: Json };

  test.each(["payload", "protected", "header", "signature"])("%s may not be left out", (member) => {
    expect(judgeDocument({ ...envelope(), [member]: undefined })).toBe("notation-envelope");
    expect(judgeDocument({ ...envelope(), [member]: 1 })).toBe("notation-envelope");
  });

  test.each<[string, Json]>([
    ["signatures of the general form", { signatures: [] }],
    ["a protected alg outside", { alg: "ES256" }],
  ])("refuses %s", (_, more) => {
    expect(judgeDocument({ ...envelope(), ...more })).toBe("notation-envelope");
  });

  test.each<[string, Json, string]>([
    ["an unsigned alg", { alg: "ES256" }, "notation-envelope"],
    ["an unsigned place of keys", { jku: "https://keys.example" }, "notation-envelope"],
    ["certificates that are no list", { x5c: "x" }, "notation-envelope"],
    ["a certificate in base64url", { x5c: ["-_-_"] }, "notation-envelope"],
    ["an agent that is no text", { "io.cncf.notary.signingAgent": 1 }, "notation-envelope"],
    ["an attribute of the project's that is not known and not signed", { "io.cncf.notary.SigningAgent": "x" }, "pass"],
  ])("of the unsigned header, %s", (_, more, expected) => {
    const { header, ...rest } = envelope();
    expect(judgeDocument({ ...rest, header: { ...header, ...more } })).toBe(expected);
  });

  test.each(["payload", "protected", "signature"])("%s has one spelling", (member) => {
    const value = String(envelope()[member]);
    for (const spelt of [
      `${value}=`,
      `${value}\n`,
      ` ${value}`,
      value.replaceAll("-", "+").replaceAll("_", "/") + "==",
    ]) {
      expect(judgeDocument({ ...envelope(), [member]: spelt })).toBe("notation-envelope");
    }
  });

  test.each(["b64", "jwk", "x5u", "kid", "typ", "zip"])(
    "refuses a signed %s, which would change how it is read",
    (name) => {
      expect(judgeJws(makeJws({ ...GOOD, members: { [name]: true } }))).toBe("notation-envelope");
    },
  );

  test.each([
    ["no protected object", "[]"],
    ["a member twice", '{"alg":"ES256","alg":"ES256"}'],
  ])("refuses %s", (_, header) => {
    const protectedHeader = Buffer.from(header).toString("base64url");
    expect(["notation-envelope", "json-duplicate-key"]).toContain(
      judgeDocument({ ...envelope(), protected: protectedHeader }),
    );
  });
});

describe("COSE", () => {
  test("refuses another tag, no tag, and other counts of parts", () => {
    const { items } = parts();
    expect(judgeParts(items)).toBe("pass");
    expect([
      judgeParts(items, 98),
      judgeParts(items.slice(0, 3)),
      judgeParts([...items, byteString(new Uint8Array(0))]),
    ]).toEqual(Array(3).fill("notation-envelope"));
    expect(judgeCose(writeCbor({ kind: "array", items }))).toBe("notation-envelope");
  });

  test.each([0, 1, 2, 3])("part %d may be of no other kind", (i) => {
    for (const other of [{ kind: "null" }, text("x"), { kind: "array", items: [] }] as const) {
      expect(judgeParts(parts().items.with(i, other))).toBe("notation-envelope");
    }
  });

  test.each<[string, CborKey, CborValue | undefined, string]>([
    ["no certificates", 33, undefined, "notation-envelope"],
    ["certificates that are text", 33, text("x"), "notation-envelope"],
    ["a certificate that is text", 33, { kind: "array", items: [text("x")] }, "notation-envelope"],
    ["a label not known", 4, text("kid"), "notation-envelope"],
    ["an algorithm outside", 1, { kind: "integer", value: -7 }, "notation-envelope"],
    ["an agent that is no text", "io.cncf.notary.signingAgent", { kind: "null" }, "notation-envelope"],
    ["a time stamp that is text", "io.cncf.notary.timestampSignature", text("x"), "notation-envelope"],
    ["no time stamp", "io.cncf.notary.timestampSignature", undefined, "time-missing"],
  ])("of the unsigned header, %s", (_, key, value, expected) => {
    expect(withUnsigned(key, value)).toBe(expected);
  });

  test.each<[string, CborKey, CborValue | undefined, string]>([
    ["no algorithm", 1, undefined, "notation-algorithm"],
    ["an algorithm in text", 1, text("ES256"), "notation-algorithm"],
    ["no critical ones", 2, undefined, "notation-critical-attribute"],
    ["critical ones that are no list", 2, text("x"), "notation-critical-attribute"],
    ["a critical one that is a map", 2, { kind: "array", items: [{ kind: "null" }] }, "notation-critical-attribute"],
    ["a critical label", 2, { kind: "array", items: [{ kind: "integer", value: 4 }] }, "notation-critical-attribute"],
    ["no content type", 3, undefined, "notation-envelope"],
    ["a content type by number", 3, { kind: "integer", value: 50 }, "notation-envelope"],
    ["a label not known", 4, byteString(Uint8Array.of(1)), "notation-envelope"],
    ["no scheme", "io.cncf.notary.signingScheme", undefined, "notation-scheme"],
    ["a time without its tag", "io.cncf.notary.signingTime", { kind: "integer", value: 1 }, "notation-envelope"],
    ["a time in text", "io.cncf.notary.signingTime", { kind: "tag", tag: 0, value: text("2026") }, "notation-envelope"],
    [
      "a time beyond all years",
      "io.cncf.notary.signingTime",
      { kind: "tag", tag: 1, value: { kind: "integer", value: 2 ** 50 } },
      "notation-envelope",
    ],
  ])("of the signed header, %s", (_, label, value, expected) => {
    expect(judgeCose(makeCose({ ...GOOD, labels: [[label, value]] }))).toBe(expected);
  });
});

describe.each([
  ["JWS", JWS, judgeJws],
  ["COSE", COSE, judgeCose],
] as const)("%s, whole", (_, good, judge) => {
  test("no bit may be another", () => {
    const passing: number[] = [];
    for (let i = 0; i < good.length; i++) if (judge(withFlippedBit(good, i)) === "pass") passing.push(i);
    expect(passing).toEqual([]);
  });

  test("never throws, and passes nothing but itself", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.nat(good.length), fc.nat(40), fc.uint8Array({ maxLength: 8 }))
        .map(([start, cut, more]) =>
          Uint8Array.from([...good.subarray(0, start), ...more, ...good.subarray(start + cut)]),
        ),
    );
    fc.assert(
      fc.property(noise, (bytes) => {
        const isSame = Buffer.compare(bytes, good) === 0;
        expect(judge(bytes) === "pass").toBe(isSame);
      }),
      { numRuns: 1000 },
    );
  });
});
