import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { parseBase64, toBase64 } from "../../src/core/bytes/base64.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { parseTimestampResponse } from "../../src/core/cms/timestamp.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { judgeBundle } from "../../src/core/verify/judge-bundle.ts";
import { readPublicKeyPem } from "../../src/core/verify/public-key-pem.ts";
import { peerFor, type Peer } from "./sigstore-js.ts";
import { CONFORMANCE_CASES, readConformance, type ConformanceCase } from "./conformance-cases.ts";

/**
 * What lies inside the base64 of accepted bundles, one bit at a time: deeper than the mutants of the text, which mostly
 * change how things are spelled. `RUNS` sets how many bits of each string.
 */
const BITS_PER_STRING = Math.ceil(Number(process.env["RUNS"] ?? 100) / 50);

function judgeWith(given: ConformanceCase): (text: string) => string {
  const root = readTrustedRoot(readConformance(given.trustedRoot));
  const trust = compileTrust(root.ok ? root.value : bug(root.detail));
  const key = given.key === undefined ? undefined : readPublicKeyPem(readConformance(given.key));
  const policy = key
    ? { key: key.ok ? key.value : bug(key.detail) }
    : { identity: { issuer: given.issuer ?? "", san: given.identity ?? "" } };
  const artifact = { kind: "bytes", bytes: readConformance(given.artifact) } as const;
  return (text) => {
    const { verdict } = judgeBundle(toUtf8(text), artifact, trust.ok ? trust.value : bug(trust.detail), policy);
    return verdict.kind === "fail" ? verdict.reasons[0].reason : verdict.kind;
  };
}

function peerOf(given: ConformanceCase): Peer {
  const { identity = "", issuer = "" } = given;
  return peerFor(
    readConformance(given.trustedRoot),
    given.key === undefined ? { identity, issuer } : { key: readConformance(given.key) },
  );
}

/** Members whose value is base64 of at least 15 bytes, as they are spelled in the document. */
const BASE64_MEMBER = /"(\w+)": ?"((?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)"/g;

/** Bytes that nobody has signed; the list is closed. */
function whyUnsigned(member: string, bytes: Uint8Array, position: number): "hint" | "status" | "embedded" | undefined {
  if (member === "hint") return "hint";
  if (member !== "signedTimestamp") return undefined;
  // The status of a time-stamp response, of which two values are good.
  if (position === 8) return "status";
  // Certificates that came with it although the trusted root holds the signer.
  const token = parseTimestampResponse(bytes);
  const certificates = token.ok ? token.value.signed.certificates : [];
  const start = (view: Uint8Array): number => view.byteOffset - bytes.byteOffset;
  const inside = certificates.some((der) => position >= start(der) && position < start(der) + der.length);
  return inside ? "embedded" : undefined;
}

/** Sigstore-js reads certificates that came with a time stamp even where it does not need them; we do not look at them. */
function isKnownDifference(why: string | undefined): boolean {
  return why === "embedded";
}

describe.skipIf(CONFORMANCE_CASES.length === 0)("a bit flipped inside an accepted bundle", () => {
  let count = 0;
  afterAll(() => {
    console.log(`bit flips: ${count}`);
  });

  test.each(CONFORMANCE_CASES.filter((given) => given.expect === "pass"))("$id", (given) => {
    const answer = judgeWith(given);
    const peer = peerOf(given);
    const text = readConformance(given.bundle).toString("utf8");
    expect(answer(text)).toBe("pass");
    for (const { 1: member = "", 2: base64 = "", index } of text.matchAll(BASE64_MEMBER)) {
      const bytes = parseBase64(base64) ?? bug("not base64");
      const at = text.indexOf(base64, index);
      fc.assert(
        fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
          const flipped = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
          const changed = text.slice(0, at) + toBase64(flipped) + text.slice(at + base64.length);
          const reason = answer(changed);
          count++;
          expect(reason).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
          const why = whyUnsigned(member, bytes, bit >> 3);
          expect(reason !== "pass" || why !== undefined).toBe(true);
          const ask = reason === "pass" && !isKnownDifference(why);
          expect(!ask || peer.accepts(toUtf8(changed), readConformance(given.artifact))).toBe(true);
        }),
        { numRuns: BITS_PER_STRING },
      );
    }
  });
});
