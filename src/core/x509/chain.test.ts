import { describe, expect, test } from "vitest";
import {
  at,
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  keyUsage,
  makeCertificate,
  newPair,
  TIME_STAMPING,
  type CertificateRequest,
} from "../../../test/setup/make-certificate.ts";
import { oid, sequence } from "../asn1/writer.ts";
import type { Certificate } from "./certificate.ts";
import { checkCaChain, isIssuedBy, isSelfIssued, isWithin, mayIssue, validityOf } from "./chain.ts";

const rootKey = newPair("P-384");
const caKey = newPair();
const leafKey = newPair();
const CERT_SIGN = 32;

const root = makeCertificate({ key: rootKey, subject: "root", extensions: [basicConstraints(), keyUsage(CERT_SIGN)] });
const caRequest: CertificateRequest = {
  key: caKey,
  subject: "ca",
  issuer: { key: rootKey, subject: "root" },
  extensions: [basicConstraints(0), keyUsage(CERT_SIGN), extendedKeyUsage([CODE_SIGNING])],
};
const ca = makeCertificate(caRequest);
const leafRequest: CertificateRequest = { key: leafKey, subject: "leaf", issuer: { key: caKey, subject: "ca" } };
const leaf = makeCertificate(leafRequest);

describe("isIssuedBy", () => {
  test.each([["P-256"], ["P-384"], ["ed25519"], ["rsa"]] as const)("follows a signature of %s", (kind) => {
    const key = newPair(kind);
    const signer = makeCertificate({ key, subject: "issuer" });
    expect(isIssuedBy(makeCertificate({ ...leafRequest, issuer: { key, subject: "issuer" } }), signer)).toBe(true);
  });

  test("holds for each step of a chain", () => {
    expect([isIssuedBy(leaf, ca), isIssuedBy(ca, root), isIssuedBy(root, root)]).toEqual([true, true, true]);
    expect([isIssuedBy(leaf, root), isIssuedBy(ca, ca), isIssuedBy(root, leaf)]).toEqual([false, false, false]);
  });

  test.each<[string, Certificate, Certificate]>([
    ["another name on the right key", leaf, makeCertificate({ ...caRequest, subject: "cb" })],
    ["the right name on another key", leaf, makeCertificate({ ...caRequest, key: newPair() })],
    [
      "a kind of key that the algorithm is not for",
      makeCertificate({
        ...leafRequest,
        parts: { algorithm: sequence([oid("1.3.101.112")]), outerAlgorithm: sequence([oid("1.3.101.112")]) },
      }),
      ca,
    ],
    [
      "another hash than the algorithm says",
      makeCertificate({
        ...leafRequest,
        parts: {
          algorithm: sequence([oid("1.2.840.10045.4.3.3")]),
          outerAlgorithm: sequence([oid("1.2.840.10045.4.3.3")]),
        },
      }),
      ca,
    ],
    [
      "an algorithm that is never accepted",
      makeCertificate({
        ...leafRequest,
        parts: {
          algorithm: sequence([oid("1.2.840.10045.4.1")]),
          outerAlgorithm: sequence([oid("1.2.840.10045.4.1")]),
        },
      }),
      ca,
    ],
    ["an issuer whose key is not accepted", leaf, makeCertificate({ ...caRequest, parts: { spki: sequence([]) } })],
  ])("fails %s", (_, certificate, ca_) => {
    expect(isIssuedBy(certificate, ca_)).toBe(false);
  });

  test("fails when any byte of what was signed has changed", () => {
    const changed = { ...leaf, tbs: leaf.tbs.map((byte, i) => (i === 40 ? byte ^ 1 : byte)) };
    expect(isIssuedBy(changed, ca)).toBe(false);
  });
});

const issuer = (...extensions: Uint8Array[]): Certificate => makeCertificate({ ...caRequest, extensions });

describe("mayIssue", () => {
  test.each<[string, Certificate, number, boolean]>([
    ["a CA without restrictions", issuer(basicConstraints()), 5, true],
    ["a CA with room for one below, one below", issuer(basicConstraints(1)), 1, true],
    ["a CA with room for one below, two below", issuer(basicConstraints(1)), 2, false],
    ["a CA with room for none, a leaf", issuer(basicConstraints(0)), 0, true],
    ["a CA with room for none, one below", issuer(basicConstraints(0)), 1, false],
    ["keyCertSign", issuer(basicConstraints(), keyUsage(CERT_SIGN)), 0, true],
    ["key usage without keyCertSign", issuer(basicConstraints(), keyUsage(1 + 64)), 0, false],
    ["the purpose", issuer(basicConstraints(), extendedKeyUsage([TIME_STAMPING, CODE_SIGNING])), 0, true],
    ["other purposes", issuer(basicConstraints(), extendedKeyUsage([TIME_STAMPING])), 0, false],
    ["any purpose, which is not this one", issuer(basicConstraints(), extendedKeyUsage(["2.5.29.37.0"])), 0, false],
    ["a leaf", issuer(keyUsage(CERT_SIGN)), 0, false],
  ])("%s", (_, certificate, below, expected) => {
    expect(mayIssue(certificate, below, CODE_SIGNING)).toBe(expected);
  });
});

describe("checkCaChain", () => {
  test("gives the time at which all are valid", () => {
    const short = makeCertificate({
      ...caRequest,
      notBefore: "2026-01-01T00:01:00Z",
      notAfter: "2026-01-01T00:09:00Z",
    });
    expect(checkCaChain([short, root], CODE_SIGNING)).toEqual({
      ok: true,
      value: { lo: at("2026-01-01T00:01:00Z"), hi: at("2026-01-01T00:09:00Z") },
    });
  });

  test("follows ten certificates, and those that are valid together for one second", () => {
    const keys = Array.from({ length: 10 }, () => newPair());
    const chain = keys.map((key, i) =>
      makeCertificate({
        key,
        subject: `ca ${i}`,
        issuer: { key: keys[i + 1] ?? key, subject: `ca ${Math.min(i + 1, 9)}` },
        extensions: [basicConstraints()],
        ...(i % 2 === 0 ? { notAfter: "2026-01-01T00:05:00Z" } : { notBefore: "2026-01-01T00:05:00Z" }),
      }),
    );
    const moment = at("2026-01-01T00:05:00Z");
    expect(checkCaChain(chain, CODE_SIGNING)).toEqual({ ok: true, value: { lo: moment, hi: moment } });
  });

  test("takes an intermediate as anchor, whose own signature nobody checks", () => {
    const unsigned = { ...ca, signature: new Uint8Array(1) };
    expect(checkCaChain([unsigned], CODE_SIGNING)).toMatchObject({ ok: true });
  });

  test.each<[string, readonly Certificate[], string]>([
    ["nothing", [], "chain-empty"],
    ["eleven certificates", Array.from({ length: 11 }, () => root), "chain-length"],
    ["a leaf at the start", [leaf, ca, root], "chain-ca"],
    ["the anchor first", [root, ca], "chain-issuer"],
    [
      "an issuer of another name",
      [ca, makeCertificate({ key: rootKey, subject: "other", extensions: [basicConstraints()] })],
      "chain-issuer",
    ],
    [
      "an issuer of another key",
      [ca, makeCertificate({ key: newPair(), subject: "root", extensions: [basicConstraints()] })],
      "chain-signature",
    ],
    [
      "no common time",
      [
        ca,
        makeCertificate({
          key: rootKey,
          subject: "root",
          extensions: [basicConstraints()],
          notBefore: "2027-01-01T00:00:00Z",
          notAfter: "2028-01-01T00:00:00Z",
        }),
      ],
      "chain-validity",
    ],
    [
      "an anchor for another purpose",
      [
        ca,
        makeCertificate({
          key: rootKey,
          subject: "root",
          extensions: [basicConstraints(), extendedKeyUsage([TIME_STAMPING])],
        }),
      ],
      "chain-ca",
    ],
    [
      "an anchor without room for the CA below",
      [ca, makeCertificate({ key: rootKey, subject: "root", extensions: [basicConstraints(0)] })],
      "chain-ca",
    ],
  ])("refuses %s", (_, chain, code) => {
    expect(checkCaChain(chain, CODE_SIGNING)).toMatchObject({ ok: false, code });
  });
});

test("isSelfIssued compares names, not keys", () => {
  expect([isSelfIssued(root), isSelfIssued(ca)]).toEqual([true, false]);
  expect(isSelfIssued(makeCertificate({ ...caRequest, subject: "root" }))).toBe(true);
});

test("isWithin includes both ends, and what is open", () => {
  const [lo, mid, hi] = [at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01Z"), at("2026-01-01T00:00:02Z")];
  expect([isWithin(lo, { lo, hi }), isWithin(mid, { lo, hi }), isWithin(hi, { lo, hi })]).toEqual([true, true, true]);
  expect([isWithin(lo, { lo: mid }), isWithin(hi, { hi: mid })]).toEqual([false, false]);
  expect([isWithin(lo, { hi }), isWithin(hi, { lo }), isWithin(lo, {})]).toEqual([true, true, true]);
});

test("validityOf nothing is no time at all", () => {
  expect(validityOf([])).toBeUndefined();
});
