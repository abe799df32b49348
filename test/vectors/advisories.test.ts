import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  extension,
  makeCertificate,
  makeCertificateDer,
  newPair,
  TIME_STAMPING,
} from "../setup/make-certificate.ts";
import { makeTimestamp, type StampRequest } from "../setup/make-timestamp.ts";
import { element, octetString, sequence } from "../../src/core/asn1/writer.ts";
import { bug } from "../../src/core/bug.ts";
import { parseHex } from "../../src/core/bytes/hex.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { judgeTimestamp } from "../../src/core/cms/judge-timestamp.ts";
import { timestampAuthorityTrust } from "../../src/core/cms/timestamp-authority.ts";
import { parseTimestampResponse } from "../../src/core/cms/timestamp.ts";
import { importPublicKey } from "../../src/core/crypto/public-key.ts";
import { sha256 } from "../../src/core/digest.ts";
import { toPae } from "../../src/core/dsse/pae.ts";
import { parseRfc3339 } from "../../src/core/time.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import type { CompiledTrust, Thresholds } from "../../src/core/trust/compiled-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import type { Artifact } from "../../src/core/verify/artifact.ts";
import { judgeBundle } from "../../src/core/verify/judge-bundle.ts";
import { judgeEvidence, type Judgement } from "../../src/core/verify/judge-evidence.ts";
import type { VerifyPolicy } from "../../src/core/verify/policy.ts";
import { readPublicKeyPem } from "../../src/core/verify/public-key-pem.ts";
import { parseCertificate } from "../../src/core/x509/certificate.ts";

/** What others have had to mend, tried on us. Each name says who, and what went wrong there. */
const FIXTURES = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "verification");
const PUBLIC_GOOD = "trust/public-good/trusted_root.json";
const read = (file: string): Buffer => readFileSync(join(FIXTURES, file));

/** The members of a bundle that are changed here. */
type Entry = {
  logIndex: string;
  logId: { keyId: string };
  integratedTime: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof: { checkpoint: { envelope: string } };
};
type Document = {
  verificationMaterial: { tlogEntries: Entry[]; timestampVerificationData?: unknown };
  messageSignature?: { messageDigest: { digest: string }; signature: string };
};

function documentOf(conformanceCase: string): Document {
  return JSON.parse(read(`conformance/bundle-verify/${conformanceCase}/bundle.sigstore.json`).toString()) as Document;
}
function entryOf(document: Document): Entry {
  return document.verificationMaterial.tlogEntries[0] ?? bug("no entry");
}
function trustOf(file: string, thresholds: Partial<Thresholds> = {}): CompiledTrust {
  const root = readTrustedRoot(read(file));
  const trust = compileTrust(root.ok ? root.value : bug(root.detail), { thresholds });
  return trust.ok ? trust.value : bug(trust.detail);
}
function reasonsOf({ verdict }: Judgement): readonly string[] {
  return verdict.kind === "fail" ? verdict.reasons.map(({ reason }) => reason) : [verdict.kind];
}
const ANYONE: VerifyPolicy = { identity: () => true };

/** The first reason against a changed bundle over the suite's own artifact. */
function judgeDocument(document: unknown, policy: VerifyPolicy = ANYONE): string | undefined {
  const artifact: Artifact = { kind: "bytes", bytes: read("conformance/a.txt") };
  return reasonsOf(judgeBundle(toUtf8(JSON.stringify(document)), artifact, trustOf(PUBLIC_GOOD), policy))[0];
}

describe.skipIf(!existsSync(FIXTURES))("advisories, on bundles of the public instance", () => {
  test("the bundles that are changed below pass unchanged", () => {
    expect(judgeDocument(documentOf("happy-path-v0.3"))).toBe("pass");
    expect(judgeDocument(documentOf("happy-path-v0.1"))).toBe("pass");
  });

  test.each([
    "wrong-hashedrekord-artifact_fail",
    "wrong-hashedrekord-cert-and-sig_fail",
    "wrong-hashedrekord-entry_fail",
  ])("GHSA-whqx-f9j3-ch6m · cosign did not compare the entry with artifact, key and signature: %s", (name) => {
    expect(judgeDocument(documentOf(name))).toBe("entry-body-mismatch");
  });

  test("GHSA-whqx-f9j3-ch6m · the entry of another bundle is not this one's", () => {
    const document = documentOf("happy-path-v0.3");
    document.verificationMaterial.tlogEntries = documentOf("happy-path-v0.1").verificationMaterial.tlogEntries;
    const judged = judgeBundle(
      toUtf8(JSON.stringify(document)),
      { kind: "bytes", bytes: read("conformance/a.txt") },
      trustOf(PUBLIC_GOOD),
      { ...ANYONE, explain: true },
    );
    expect(reasonsOf(judged)).toContain("entry-body-mismatch");
  });

  test("GHSA-8gw7-4j42-w388 · cosign took an unrelated SET for this signature's", () => {
    const name = "sigstore-python.bundle_cve_2022_36056.txt";
    const artifact: Artifact = { kind: "bytes", bytes: read(`realworld/${name}`) };
    const index = JSON.parse(read("realworld/index.json").toString()) as {
      cases: { file: string; trustedRoot: string }[];
    };
    const root = index.cases.find(({ file }) => file === `${name}.sigstore`)?.trustedRoot ?? bug("no case");
    const judged = judgeBundle(read(`realworld/${name}.sigstore`), artifact, trustOf(join("realworld", root)), ANYONE);
    expect(reasonsOf(judged)[0]).toBe("entry-body-mismatch");
  });

  test("GHSA-xgjw-pm74-86q4 · sigstore-js believed an integratedTime that no SET covers", () => {
    const document = documentOf("happy-path-v0.3");
    const entry = entryOf(document);
    delete entry.inclusionPromise;
    expect(judgeDocument(document)).toBe("time-missing");
    entry.integratedTime = String(Number(entry.integratedTime) + 1);
    expect(judgeDocument(document)).toBe("time-missing");
  });

  test("GHSA-xgjw-pm74-86q4 · a time that was changed under its SET", () => {
    const document = documentOf("happy-path-v0.3");
    entryOf(document).integratedTime = String(Number(entryOf(document).integratedTime) + 1);
    expect(judgeDocument(document)).toBe("set-signature");
  });

  test("GHSA-ccxc-vr6p-4858 · cosign accepted the claim of a log that nobody knows", () => {
    const document = documentOf("happy-path-v0.1");
    entryOf(document).logId.keyId = Buffer.alloc(32, 7).toString("base64");
    expect(judgeDocument(document)).toBe("log-unknown");
  });

  test.each(["rekor.sigstore.de.", "rekorXsigstoreXdev", "sigstore", "", ".*"])(
    "@sigstore/verify · a checkpoint signed as %j, which a pattern or a part of the name would match",
    (name) => {
      const document = documentOf("happy-path-v0.3");
      const { checkpoint } = entryOf(document).inclusionProof;
      checkpoint.envelope = checkpoint.envelope.replace("\n\n— rekor.sigstore.dev ", `\n\n— ${name} `);
      expect(judgeDocument(document)).toMatch(name === "" ? /^checkpoint-/ : /^checkpoint-unknown-log$/);
    },
  );

  test("@sigstore/verify · a log of the trusted root that is good since ever", () => {
    const name = "conformance/bundle-verify/trust-root-tlog-missing-validity-start_fail/trusted_root.json";
    expect(readTrustedRoot(read(name))).toMatchObject({ ok: false, code: "trust-validity-start-missing" });
  });

  test("sigstore-go 03a3a17 · entries and timestamps without end", () => {
    const document = documentOf("happy-path-v0.3");
    document.verificationMaterial.tlogEntries = Array.from({ length: 17 }, () => entryOf(document));
    expect(judgeDocument(document)).toBe("too-many-entries");
    document.verificationMaterial.tlogEntries = [entryOf(document), entryOf(document)];
    expect(judgeDocument(document)).toBe("entry-duplicate");
    document.verificationMaterial.timestampVerificationData = {
      rfc3161Timestamps: Array.from({ length: 17 }, () => ({ signedTimestamp: "AA==" })),
    };
    expect(judgeDocument(document)).toBe("too-many-timestamps");
  });

  test("sigstore-go #642 · the time of a key bundle was not held against the key's validity", () => {
    const file = "realworld/sigstore-go.public-key-validity.sigstore.json";
    const document = JSON.parse(read(file).toString()) as Document;
    const key = readPublicKeyPem(read("realworld/sigstore-go.public-key-validity.pem"));
    const digest = Buffer.from(document.messageSignature?.messageDigest.digest ?? "", "base64");
    const judged = judgeBundle(
      read(file),
      { kind: "digest", digest: { algorithm: "sha256", bytes: digest }, verifyPrehashed: () => true },
      trustOf("realworld/sigstore-go.public-key-validity.json", { log: 0, sct: 0 }),
      {
        key: key.ok ? key.value : bug(key.detail),
        keyValidFor: { hi: parseRfc3339("2026-01-02T00:00:00Z") ?? bug("") },
      },
    );
    expect(reasonsOf(judged)).toEqual(["key-not-valid-at-time"]);
  });
});

describe("advisories, on statements signed with a key of ours", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const imported = importPublicKey(new Uint8Array(publicKey.export({ type: "spki", format: "der" })));
  const key = imported.ok ? imported.value : bug(imported.detail);
  const ARTIFACT = toUtf8("artifact");
  const HEX = Buffer.from(sha256(ARTIFACT)).toString("hex");
  const SLSA = "https://slsa.dev/provenance/v1";
  const PAYLOAD_TYPE = "application/vnd.in-toto+json";
  const NOBODY: CompiledTrust = {
    trustId: sha256(new Uint8Array(0)),
    thresholds: { log: 0, time: 0, sct: 0 },
    logs: [],
    cas: [],
    ctLogs: [],
    tsas: [],
  };

  /** The first reason against a payload, signed well. */
  function judgePayload(payload: Uint8Array, payloadType = PAYLOAD_TYPE): string | undefined {
    const signature = new Uint8Array(sign("sha256", toPae(payloadType, payload), privateKey));
    const judged = judgeEvidence(
      {
        version: "0.3",
        key: { kind: "public-key", hint: "" },
        entries: [],
        timestamps: [],
        content: { kind: "dsse", payload, payloadType, signature, keyid: "" },
      },
      { kind: "bytes", bytes: ARTIFACT },
      NOBODY,
      { key, now: parseRfc3339("2026-01-01T00:00:00Z") ?? bug(""), predicateType: SLSA },
    );
    return reasonsOf(judged)[0];
  }
  const statement = (change: object): Uint8Array =>
    toUtf8(
      JSON.stringify({
        _type: "https://in-toto.io/Statement/v1",
        subject: [{ name: "a", digest: { sha256: HEX } }],
        predicateType: SLSA,
        predicate: {},
        ...change,
      }),
    );

  test("the statement that is changed below passes unchanged", () => {
    expect(judgePayload(statement({}))).toBe("pass");
  });

  test.each<[string, string, Uint8Array, string]>([
    [
      "GHSA-w6c6-c85g-mmv6",
      "another predicate type",
      statement({ predicateType: `${SLSA}.1` }),
      "predicate-type-mismatch",
    ],
    ["GHSA-w6c6-c85g-mmv6", "a payload that is not JSON", toUtf8("{"), "json-syntax"],
    [
      "GHSA-w6c6-c85g-mmv6",
      "a predicate type given twice",
      toUtf8(`{"predicateType":"x",${Buffer.from(statement({})).toString().slice(1)}`),
      "json-duplicate-key",
    ],
    ["GHSA-vjxv-45g9-9296", "no subject", statement({ subject: [] }), "subject-mismatch"],
    ["GHSA-vjxv-45g9-9296", "the subject of another artifact", statement({ subject: others(1) }), "subject-mismatch"],
    ["GHSA-739f-hw6h-7wq8", "a payload that is a signature, no statement", toUtf8('{"critical":{}}'), "statement-type"],
    [
      "GHSA-cq38-jh5f-37mq",
      "1025 subjects",
      statement({ subject: [...others(1024), { digest: { sha256: HEX } }] }),
      "too-many-subjects",
    ],
    [
      "GHSA-cq38-jh5f-37mq",
      "33 digests of a subject",
      statement({ subject: [{ digest: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, HEX])) }] }),
      "too-many-digests",
    ],
  ])("%s · %s", (_, __, payload, reason) => {
    expect(judgePayload(payload)).toBe(reason);
  });

  test("GHSA-w6c6-c85g-mmv6 · a payload of another type", () => {
    expect(judgePayload(statement({}), "application/vnd.in-toto+json; charset=utf-8")).toBe("dsse-payload-type");
  });
});

describe("advisories, on certificates and time stamps of ours", () => {
  const SIGNATURE = toUtf8("signature");
  const [caKey, signerKey, decoyKey] = [newPair(), newPair(), newPair()];
  const issuer = { key: caKey, subject: "ca" };
  const ca = makeCertificate({ key: caKey, subject: "ca", extensions: [basicConstraints()] });
  const stamping = extendedKeyUsage([TIME_STAMPING], true);
  const decoy = makeCertificate({ key: decoyKey, subject: "tsa", issuer, extensions: [stamping], serial: 1 });

  function judgeStamp(request: StampRequest): string {
    const trust = timestampAuthorityTrust([ca], {});
    const token = parseTimestampResponse(makeTimestamp(request));
    if (!token.ok || !trust.ok) return token.ok ? "trust" : token.code;
    const judged = judgeTimestamp(token.value, { signature: SIGNATURE, authorities: [trust.value] });
    return judged.ok ? "ok" : judged.code;
  }

  test.each([
    ["is judged by the certificate that signed", [stamping], "ok"],
    [
      "and refused for what that one lacks, whatever the decoy has",
      [extendedKeyUsage([CODE_SIGNING], true)],
      "tst-eku",
    ],
  ])("GHSA-xm5m-wgh2-rrg3 · a time stamp with a decoy before its signer %s", (_, extensions, expected) => {
    const certificate = makeCertificate({ key: signerKey, subject: "tsa", issuer, extensions, serial: 2 });
    const signer = { key: signerKey, certificate };
    expect(judgeStamp({ signature: SIGNATURE, signer, certificates: [decoy, certificate] })).toBe(expected);
    expect(judgeStamp({ signature: SIGNATURE, signer, certificates: [certificate, decoy] })).toBe(expected);
  });

  test("GHSA-4qg8-fj49-pxjh · an object identifier of a megabyte, or of as much as fits", () => {
    expect(parseCertificate(certificateWithId(1_048_576))).toMatchObject({ ok: false, code: "too-large" });
    expect(parseCertificate(certificateWithId(60_000))).toMatchObject({ ok: false, code: "der-oid" });
    expect(parseTimestampResponse(new Uint8Array(1_048_576))).toMatchObject({ ok: false, code: "too-large" });
  });

  test("GHSA-f83f-xpx7-ffpw · nesting without end", () => {
    const nested = parseHex("3080".repeat(10_000)) ?? bug("");
    const deep = Uint8Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 0x30 : 0x7e));
    for (const bytes of [nested, deep]) {
      expect(parseCertificate(bytes).ok).toBe(false);
      expect(parseTimestampResponse(bytes).ok).toBe(false);
    }
  });
});

function others(n: number): object[] {
  return Array.from({ length: n }, (_, i) => ({ digest: { sha256: String(i) } }));
}

/** A certificate with an extension whose identifier is one arc of so many octets. */
function certificateWithId(octets: number): Uint8Array {
  const id = element(0x06, new Uint8Array(octets).fill(0x81, 0, octets - 1));
  const extensions = [extension("2.5.29.19", sequence([])), sequence([id, octetString(new Uint8Array(0))])];
  return makeCertificateDer({ key: newPair(), subject: "x", extensions });
}
