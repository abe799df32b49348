import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { bug } from "../../src/core/bug.ts";
import { parseHex } from "../../src/core/bytes/hex.ts";
import type { HashName } from "../../src/core/digest.ts";
import { parseRfc3339 } from "../../src/core/time.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import type { CompiledTrust, Thresholds } from "../../src/core/trust/compiled-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import type { Artifact } from "../../src/core/verify/artifact.ts";
import { judgeBundle } from "../../src/core/verify/judge-bundle.ts";
import type { ExpectedSigner, VerifyPolicy } from "../../src/core/verify/policy.ts";
import { readPublicKeyPem } from "../../src/core/verify/public-key-pem.ts";

/** Bundles from the wild, and what must be said of each. */
type Case = {
  readonly file: string;
  readonly trustedRoot: string;
  readonly result: string;
  readonly artifact?: string;
  readonly digest?: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly key?: string;
  /** In place of the root's. */
  readonly timestampAuthorities?: readonly string[];
};

const FIXTURES = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "verification/realworld");
const INDEX = join(FIXTURES, "index.json");
const CASES: readonly Case[] = existsSync(INDEX)
  ? (JSON.parse(readFileSync(INDEX, "utf8")) as { cases: readonly Case[] }).cases
  : [];
const read = (file: string): Buffer => readFileSync(join(FIXTURES, file));
const caseOf = (file: string): Case => CASES.find((given) => given.file === file) ?? bug(`no case ${file}`);

function trustOf(given: Case, thresholds: Partial<Thresholds> = {}): CompiledTrust {
  const document = JSON.parse(read(given.trustedRoot).toString()) as { timestampAuthorities?: unknown };
  const tsas = given.timestampAuthorities?.map((file) => JSON.parse(read(file).toString()) as unknown);
  if (tsas) document.timestampAuthorities = tsas;
  const root = readTrustedRoot(Buffer.from(JSON.stringify(document)));
  const trust = compileTrust(root.ok ? root.value : bug(root.detail), { thresholds });
  return trust.ok ? trust.value : bug(trust.detail);
}

function artifactOf(given: Case): Artifact {
  const [algorithm, hex] = given.digest?.split(":") ?? [];
  if (hex === undefined) {
    return { kind: "bytes", bytes: given.artifact === undefined ? new Uint8Array(0) : read(given.artifact) };
  }
  const bytes = parseHex(hex) ?? bug("hexadecimal");
  return { kind: "digest", digest: { algorithm: algorithm as HashName, bytes }, verifyPrehashed };
}

function signerOf(given: Case): ExpectedSigner {
  if (given.key === undefined) {
    const { identity: san, issuer } = given;
    return { identity: san !== undefined && issuer !== undefined ? { san, issuer } : () => true };
  }
  const key = readPublicKeyPem(read(given.key));
  return { key: key.ok ? key.value : bug(key.detail) };
}

function answer(given: Case, more: Partial<VerifyPolicy> = {}, trust: CompiledTrust = trustOf(given)): string {
  const policy = { ...signerOf(given), ...more } as VerifyPolicy;
  const { verdict } = judgeBundle(read(given.file), artifactOf(given), trust, policy);
  return verdict.kind === "fail" ? verdict.reasons[0].reason : verdict.kind === "pass" ? "ok" : "unknown";
}

describe.skipIf(CASES.length === 0)("bundles of the real world", () => {
  let asExpected = 0;
  afterAll(() => {
    console.log(`realworld: ${asExpected} of ${CASES.length} bundles answered as expected`);
  });

  test.each(CASES)("$file is answered $result", (given) => {
    expect(answer(given)).toBe(given.result);
    asExpected++;
  });

  test.each(CASES.filter(({ result, identity }) => result === "ok" && identity !== undefined))(
    "$file is nobody else's",
    (given) => {
      const other = { san: given.identity ?? "", issuer: given.issuer ?? "" };
      expect(answer(given, { identity: { ...other, san: `${other.san}x` } })).toBe("identity-mismatch");
      expect(answer(given, { identity: { ...other, issuer: `${other.issuer}/` } })).toBe("issuer-mismatch");
      expect(answer(given, { identity: { ...other, sanType: "dns" } })).toBe("identity-mismatch");
    },
  );

  test.each(["sigstore-go.bundle-provenance.json", "sigstore-go.dsse.sigstore.json"])(
    "%s passes where its root may be dropped from the chain, as the trusted root holds it",
    (file) => {
      expect(answer(caseOf(file), { profile: "legacy-chain" })).toBe("ok");
    },
  );

  test("a key that had expired at the time of the timestamp is refused, and one that had not is not", () => {
    const given = { ...caseOf("sigstore-go.public-key-validity.sigstore.json"), digest: "" };
    // Nobody kept the artifact; the digest that the bundle names is what was signed.
    const bundle = JSON.parse(read(given.file).toString()) as {
      messageSignature: { messageDigest: { digest: string } };
    };
    given.digest = `sha256:${Buffer.from(bundle.messageSignature.messageDigest.digest, "base64").toString("hex")}`;
    const trust = trustOf(given, { log: 0, sct: 0 });
    const lo = parseRfc3339("2026-01-01T00:00:00Z") ?? bug("time");
    const hi = parseRfc3339("2026-01-02T00:00:00Z") ?? bug("time");
    expect(answer(given, { keyValidFor: { lo, hi } }, trust)).toBe("key-not-valid-at-time");
    expect(answer(given, { keyValidFor: { lo } }, trust)).toBe("ok");
  });

  test("a timestamp by a known authority, made after the certificate had expired, is refused by its time", () => {
    const { timestampAuthorities: _, ...given } = caseOf("sigstore-python.tsa_bundle.txt.late_timestamp.sigstore");
    expect(answer(given)).toBe("cert-not-valid-at-time");
  });
});
