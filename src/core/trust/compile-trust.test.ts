import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ca, CTLOG, keys, REKOR1, REKOR2, ROOT, tsa } from "../../../test/setup/bundle-world.ts";
import { at, basicConstraints, keyUsage, makeCertificate, newPair } from "../../../test/setup/make-certificate.ts";
import { sha256 } from "../digest.ts";
import { compileTrust } from "./compile-trust.ts";
import type { Thresholds } from "./compiled-trust.ts";
import type { TrustedRoot } from "./trusted-root.ts";

const [authority] = ROOT.certificateAuthorities;
const [stamper] = ROOT.timestampAuthorities;
const withCa = (change: object): Partial<TrustedRoot> => ({
  certificateAuthorities: [{ ...authority, ...change } as never],
});
const withTsa = (change: object): Partial<TrustedRoot> => ({
  timestampAuthorities: [{ ...stamper, ...change } as never],
});
const compile = (change: Partial<TrustedRoot> = {}, thresholds: Partial<Thresholds> = {}) =>
  compileTrust({ ...ROOT, ...change }, { thresholds });

const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
const strange = makeCertificate({
  key: keys.ca,
  subject: "strange",
  extensions: [basicConstraints(0)],
  parts: { spki },
});

describe("compileTrust", () => {
  test("makes keys, ids, hosts and windows ready", () => {
    expect(compile()).toMatchObject({
      ok: true,
      value: {
        trustId: ROOT.trustId,
        thresholds: { log: 1, time: 1, sct: 1 },
        logs: [
          { host: "rekor1.example", keyId: REKOR1.logId, key: { alg: "ecdsa-p256" } },
          { host: "rekor2.example", keyId: REKOR2.logId, key: { alg: "ed25519" } },
        ],
        cas: [{ issuerSpkiHash: sha256(keys.ca.spki), window: { lo: ca.notBefore, hi: ca.notAfter } }],
        ctLogs: [{ logId: CTLOG.logId }],
        tsas: [{ uri: "https://tsa.example" }],
      },
    });
  });

  test("takes the host of a base URL without scheme, port, path and user", () => {
    const hosts = ["https://a.example:3000/x", "http://b.example/", "c.example"].map((baseUrl) => {
      const trust = compile({ tlogs: [{ ...REKOR1, baseUrl }] });
      return trust.ok && trust.value.logs[0]?.host;
    });
    expect(hosts).toEqual(["a.example", "b.example", "c.example"]);
  });

  test("cuts a CA's window to its time in the root, and an empty one holds no time", () => {
    const validFor = { lo: at("2025-07-01T00:00:00Z"), hi: at("2025-08-01T00:00:00Z") };
    expect(compile(withCa({ validFor }))).toMatchObject({ value: { cas: [{ window: validFor }] } });
    const before = { lo: at("2024-01-01T00:00:00Z"), hi: at("2024-02-01T00:00:00Z") };
    expect(compile(withCa({ validFor: before }))).toMatchObject({
      value: { cas: [{ window: { lo: ca.notBefore, hi: before.hi } }] },
    });
  });

  test("never widens a CA's window beyond its certificates", () => {
    const validFor = { lo: at("2020-01-01T00:00:00Z"), hi: at("2030-01-01T00:00:00Z") };
    expect(compile(withCa({ validFor }))).toMatchObject({
      value: { cas: [{ window: { lo: ca.notBefore, hi: ca.notAfter } }] },
    });
  });

  test.each<[Partial<Thresholds>, Partial<TrustedRoot>]>([
    [{ log: 2, time: 3, sct: 2 }, {}],
    [{ time: 0 }, {}],
    [{ log: 0 }, { tlogs: [] }],
    [{ sct: 0 }, { ctlogs: [] }],
  ])("takes thresholds that fit the domain: %j", (thresholds, change) => {
    expect(compile(change, thresholds)).toMatchObject({ ok: true, value: { thresholds } });
  });

  test("groups by operator where there is one, else by key", () => {
    expect(new Set(groupsOf("one")).size).toBe(1);
    expect(new Set(groupsOf("")).size).toBe(2);
  });

  test("takes the id of a key in PKCS #1 as that of its SubjectPublicKeyInfo", () => {
    const pair = newPair("rsa");
    const key = new Uint8Array(pair.publicKey.export({ type: "pkcs1", format: "der" }));
    const log = { ...CTLOG, key, keyDetails: "PKCS1_RSA_PKCS1V5", logId: sha256(pair.spki) };
    expect(compile({ ctlogs: [log] })).toMatchObject({ ok: true });
    expect(compile({ ctlogs: [{ ...log, logId: sha256(key) }] })).toMatchObject({ code: "trust-log-id" });
  });

  test.each<[string, Partial<TrustedRoot>, string]>([
    ["a log with the id of another key", { tlogs: [{ ...REKOR1, logId: CTLOG.logId }] }, "trust-log-id"],
    ["a Rekor v2 under another host", { tlogs: [{ ...REKOR2, baseUrl: "https://rekor3.example" }] }, "trust-log-id"],
    [
      "a log with another checkpoint key id",
      { tlogs: [{ ...REKOR1, checkpointKeyId: Uint8Array.of(1, 2, 3, 4) }] },
      "trust-log-id",
    ],
    [
      "a log with a checkpoint key id of two bytes",
      { tlogs: [{ ...REKOR1, checkpointKeyId: REKOR1.logId.subarray(0, 2) }] },
      "trust-log-id",
    ],
    ["a CT log with the id of another key", { ctlogs: [{ ...CTLOG, logId: REKOR1.logId }] }, "trust-log-id"],
    ["a tree of another hash", { tlogs: [{ ...REKOR1, hashAlgorithm: "SHA2_512" }] }, "trust-log-hash"],
    ["a key of another kind than it says", { tlogs: [{ ...REKOR1, keyDetails: "PKIX_ED25519" }] }, "trust-key"],
    ["a kind of key that is not accepted", { tlogs: [{ ...REKOR1, keyDetails: "PKIX_ED25519_PH" }] }, "trust-key"],
    ["a key that is none", { ctlogs: [{ ...CTLOG, key: new Uint8Array(91) }] }, "trust-key"],
    ["a CA that is no certificate", withCa({ chain: [new Uint8Array(3)] }), "trust-ca"],
    ["a CA with a kind of key that is not accepted", withCa({ chain: [strange.der] }), "trust-ca"],
    ["a CA that may not issue", withCa({ chain: [tsa.der] }), "trust-ca"],
    [
      "a CA that the next did not sign",
      withCa({
        chain: [
          makeCertificate({ key: keys.other, subject: "x", extensions: [basicConstraints(0), keyUsage(32)] }).der,
          ca.der,
        ],
      }),
      "trust-ca",
    ],
    [
      "a timestamp authority that the next did not sign",
      withTsa({
        chain: [tsa.der, makeCertificate({ key: keys.other, subject: "ca", extensions: [basicConstraints(0)] }).der],
      }),
      "trust-tsa",
    ],
    ["a timestamp authority that is no certificate", withTsa({ chain: [new Uint8Array(3)] }), "trust-tsa"],
  ])("refuses %s", (_, change, code) => {
    expect(compile(change)).toMatchObject({ ok: false, code });
  });

  test("takes a checkpoint key id that begins the log's id", () => {
    expect(compile({ tlogs: [{ ...REKOR2, checkpointKeyId: REKOR2.logId.subarray(0, 4) }] })).toMatchObject({
      ok: true,
    });
  });

  test.each<[string, Partial<Thresholds>, Partial<TrustedRoot>]>([
    ["no SCT, though there are CT logs", { sct: 0 }, {}],
    ["no log entry, though there are logs", { log: 0 }, {}],
    ["neither entry nor time", { log: 0, time: 0 }, { tlogs: [] }],
    ["no entry, and no authority to say when", { log: 0 }, { tlogs: [], timestampAuthorities: [] }],
    ["half an entry", { log: 0.5 }, {}],
    ["a negative count", { time: -1 }, {}],
    ["more than anybody brings", { log: 17 }, {}],
  ])("refuses to ask for %s", (_, thresholds, change) => {
    expect(compile(change, thresholds)).toMatchObject({ ok: false, code: "trust-thresholds" });
  });
});

function groupsOf(operator: string): readonly string[] {
  const trust = compile({ tlogs: [REKOR1, REKOR2].map((log) => ({ ...log, operator })) });
  return trust.ok ? trust.value.logs.map(({ group }) => group) : [];
}
