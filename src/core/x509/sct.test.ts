import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  at,
  extension,
  fulcioText,
  keyUsage,
  makeCertificate,
  newPair,
  signWith,
  subjectAltName,
  uri,
  type CertificateRequest,
  type Pair,
} from "../../../test/setup/make-certificate.ts";
import { octetString } from "../asn1/writer.ts";
import { bug } from "../bug.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { importPublicKey, type PublicKey } from "../crypto/public-key.ts";
import { sha256 } from "../digest.ts";
import type { Certificate } from "./certificate.ts";
import { parseSctList, preTbsOf, verifySct, type Sct } from "./sct.ts";

const caKey = newPair();
const logKey = newPair();
const STAMPED = at("2026-01-01T00:00:00Z");
const OTHERS = [keyUsage(1), subjectAltName([uri("https://a.example")]), fulcioText(8, "https://issuer.example")];
const request = (extensions: readonly Uint8Array[]): CertificateRequest => ({
  key: logKey,
  subject: "leaf",
  issuer: { key: caKey, subject: "ca" },
  extensions,
});
const u = (octets: number, value: number): Uint8Array =>
  Uint8Array.from({ length: octets }, (_, i) => Math.floor(value / 256 ** (octets - 1 - i)) % 256);
const vector = (bytes: Uint8Array): Uint8Array => concatBytes([u(2, bytes.length), bytes]);

/** An SCT as RFC 6962 §3.2 lays it out, part by part. */
type SctParts = {
  version: Uint8Array;
  logId: Uint8Array;
  time: Uint8Array;
  extensions: Uint8Array;
  algorithm: Uint8Array;
  signature: Uint8Array;
};
const encodeSct = (parts: Partial<SctParts>): Uint8Array =>
  concatBytes([
    parts.version ?? u(1, 0),
    parts.logId ?? sha256(logKey.spki),
    parts.time ?? u(8, STAMPED),
    parts.extensions ?? vector(new Uint8Array(0)),
    parts.algorithm ?? Uint8Array.of(4, 3),
    parts.signature ?? vector(Uint8Array.of(1)),
  ]);
const listOf = (...scts: Uint8Array[]): Uint8Array => vector(concatBytes(scts.map(vector)));

/** A leaf with an SCT among its extensions; signed is the TBSCertificate of a leaf that never had one. */
function makeLeaf(log: Pair, position: number, sctExtensions = new Uint8Array(0)): Certificate {
  const { tbs } = makeCertificate(request(OTHERS));
  const signed = concatBytes([
    u(2, 0),
    u(8, STAMPED),
    u(2, 1),
    sha256(caKey.spki),
    u(3, tbs.length),
    tbs,
    vector(sctExtensions),
  ]);
  const algorithm = Uint8Array.of(4, log.algorithm.key === "rsa" ? 1 : 3);
  const sct = encodeSct({
    logId: sha256(log.spki),
    extensions: vector(sctExtensions),
    algorithm,
    signature: vector(signWith(log, signed)),
  });
  const list = extension("1.3.6.1.4.1.11129.2.4.2", octetString(listOf(sct)));
  return makeCertificate(request(OTHERS.toSpliced(position, 0, list)));
}

function onlySct(leaf: Certificate): Sct {
  const scts = parseSctList(leaf.sctList ?? bug("no list"));
  return (scts.ok && scts.value[0]) || bug("no SCT");
}
function imported(pair: Pair): PublicKey {
  const key = importPublicKey(pair.spki);
  return key.ok ? key.value : bug(key.detail);
}

describe("verifySct", () => {
  test.each([0, 1, 2, 3])("holds with the list at position %d among the extensions", (position) => {
    const leaf = makeLeaf(logKey, position);
    expect(preTbsOf(leaf)).toEqual(makeCertificate(request(OTHERS)).tbs);
    expect(verifySct(onlySct(leaf), leaf, sha256(caKey.spki), imported(logKey))).toBe(true);
  });

  test("holds for a log that signs with RSA, and one that fills the extensions", () => {
    const rsaKey = newPair("rsa");
    const byRsa = makeLeaf(rsaKey, 0);
    expect(verifySct(onlySct(byRsa), byRsa, sha256(caKey.spki), imported(rsaKey))).toBe(true);
    for (const extensions of [Uint8Array.of(0, 0, 5, 0, 0, 0, 0, 7), new Uint8Array(300).fill(1)]) {
      const tiled = makeLeaf(logKey, 0, extensions);
      expect(verifySct(onlySct(tiled), tiled, sha256(caKey.spki), imported(logKey))).toBe(true);
    }
  });

  test("fails another issuer, log, time, certificate, kind of key or signature", () => {
    const leaf = makeLeaf(logKey, 1);
    const sct = onlySct(leaf);
    const issuer = sha256(caKey.spki);
    const key = imported(logKey);
    expect(verifySct(sct, leaf, sha256(logKey.spki), key)).toBe(false);
    expect(verifySct(sct, leaf, issuer, imported(newPair()))).toBe(false);
    expect(verifySct({ ...sct, timestamp: at("2026-01-01T00:00:01Z") }, leaf, issuer, key)).toBe(false);
    expect(verifySct({ ...sct, extensions: Uint8Array.of(1) }, leaf, issuer, key)).toBe(false);
    expect(verifySct({ ...sct, algorithm: "rsa" }, leaf, issuer, key)).toBe(false);
    expect(verifySct({ ...sct, signature: sct.signature.subarray(1) }, leaf, issuer, key)).toBe(false);
    expect(verifySct(sct, makeLeaf(newPair(), 1), issuer, imported(newPair("ed25519")))).toBe(false);
    expect(verifySct(sct, makeCertificate({ ...request(OTHERS), serial: 1 }), issuer, key)).toBe(false);
  });

  test("depends on every byte of the certificate but the list and the lengths around it", () => {
    const leaf = makeLeaf(logKey, 1);
    const [before, after] = [preTbsOf(leaf), leaf.layout];
    for (let i = after.tbsContent; i < after.extensionListEnd; i++) {
      const inList = after.sct !== undefined && i >= after.sct.start && i < after.sct.end;
      const inHeaders = i >= after.extensions && i < after.extensionList;
      const changed = { ...leaf, der: leaf.der.map((byte, at_) => (at_ === i ? byte ^ 1 : byte)) };
      expect(preTbsOf(changed).every((byte, at_) => byte === before[at_])).toBe(inList || inHeaders);
    }
  });
});

describe("parseSctList", () => {
  test("reads what was written", () => {
    const two = listOf(
      encodeSct({}),
      encodeSct({ algorithm: Uint8Array.of(4, 1), extensions: vector(Uint8Array.of(9)) }),
    );
    expect(parseSctList(two)).toMatchObject({
      ok: true,
      value: [
        { timestamp: STAMPED, algorithm: "ecdsa", extensions: new Uint8Array(0) },
        { algorithm: "rsa", extensions: Uint8Array.of(9), signature: Uint8Array.of(1) },
      ],
    });
  });

  test("reads sixteen SCTs", () => {
    const sixteen = parseSctList(listOf(...Array.from({ length: 16 }, () => encodeSct({}))));
    expect(sixteen.ok && sixteen.value.length).toBe(16);
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["an empty list", u(2, 0)],
    ["an empty SCT", listOf(new Uint8Array(0))],
    ["a list that says it is longer", concatBytes([u(2, 200), vector(encodeSct({}))])],
    ["a list that says it is shorter", concatBytes([u(2, 10), vector(encodeSct({}))])],
    ["an SCT that reaches beyond the list", vector(concatBytes([u(2, 200), encodeSct({})]))],
    ["a byte after the last SCT", vector(concatBytes([vector(encodeSct({})), u(1, 0)]))],
    ["a byte inside after the signature", listOf(concatBytes([encodeSct({}), u(1, 0)]))],
    ["version 2", listOf(encodeSct({ version: u(1, 1) }))],
    ["SHA-1", listOf(encodeSct({ algorithm: Uint8Array.of(2, 3) }))],
    ["SHA-512", listOf(encodeSct({ algorithm: Uint8Array.of(6, 3) }))],
    ["DSA", listOf(encodeSct({ algorithm: Uint8Array.of(4, 2) }))],
    ["a time beyond 2^53", listOf(encodeSct({ time: new Uint8Array(8).fill(0xff) }))],
    ["extensions that reach beyond", listOf(encodeSct({ extensions: u(2, 500) }))],
    ["a signature that reaches beyond", listOf(encodeSct({ signature: u(2, 500) }))],
    ["17 SCTs", listOf(...Array.from({ length: 17 }, () => encodeSct({})))],
  ])("refuses %s", (_, list) => {
    expect(parseSctList(list)).toMatchObject({ ok: false, code: "sct-syntax" });
  });

  test("never throws, and never looks beyond its bytes", () => {
    const list = listOf(encodeSct({}), encodeSct({}));
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.nat(), (position, byte, length) => {
        const changed = list.map((old, i) => (i === position % list.length ? byte : old)).subarray(0, length % 300);
        const inside = concatBytes([changed, list]).subarray(0, changed.length);
        expect(parseSctList(inside)).toEqual(parseSctList(changed));
      }),
    );
  });
});
