import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  at,
  CODE_SIGNING,
  extendedKeyUsage,
  makeCertificate,
  newPair,
  NOT_AFTER,
  NOT_BEFORE,
  subjectKeyId,
  TIME_STAMPING,
  type CertificateRequest,
} from "../../../test/setup/make-certificate.ts";
import {
  CONTENT_TYPE,
  defaultAttributes,
  imprintOf,
  keyIdentifier,
  makeTimestamp,
  messageDigest,
  signingCertificateV1,
  signingCertificateV2,
  STAMPED,
  type StampRequest,
} from "../../../test/setup/make-timestamp.ts";
import {
  SIGNATURE,
  EKU,
  SKI,
  rootKey,
  tsaKey,
  root,
  ca,
  TSA,
  tsa,
  REQUEST,
  trusting,
  SIGNER_FIRST,
  CA_FIRST,
  judgeStamp as judge,
} from "../../../test/setup/stamp-world.ts";
import { generalizedTime, integer, nullValue, oid, sequence } from "../asn1/writer.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { hashBytes, sha256 } from "../digest.ts";
import { addMs } from "../time.ts";
import { judgeTimestamp } from "./judge-timestamp.ts";
import { sha1 } from "./sha1.ts";
import { type TimestampAuthorityTrust } from "./timestamp-authority.ts";
import { parseTimestampResponse, parseTimestampToken } from "./timestamp.ts";

/** The same with another signer's certificate, in an authority of its own. */
function judgeSigner(change: Partial<CertificateRequest>): string {
  const certificate = makeCertificate({ ...TSA, ...change });
  return judge({ ...REQUEST, signer: { key: tsaKey, certificate } }, [trusting([certificate, ca, root])]);
}

describe("judgeTimestamp accepts", () => {
  test("what a known authority has stamped, and says when and by whom", () => {
    const token = parseTimestampResponse(makeTimestamp({ ...REQUEST, genTime: "2026-01-01T00:00:05.250Z" }));
    const judged =
      token.ok && judgeTimestamp(token.value, { signature: SIGNATURE, authorities: [CA_FIRST, SIGNER_FIRST] });
    expect(judged).toMatchObject({
      ok: true,
      value: {
        genTime: at("2026-01-01T00:00:05.250Z"),
        authority: 1,
        accuracyMs: 1000,
        signer: { subject: tsa.subject },
      },
    });
  });

  test.each([["P-256"], ["P-384"], ["ed25519"], ["rsa"]] as const)("a signer with a key of %s", (kind) => {
    const key = newPair(kind);
    const certificate = makeCertificate({ key, subject: "tsa", extensions: [EKU] });
    expect(judge({ ...REQUEST, signer: { key, certificate } }, [trusting([certificate])])).toBe("ok");
  });

  test.each<[string, StampRequest, readonly TimestampAuthorityTrust[]]>([
    [
      "a signer the chain starts with, whatever certificates came along",
      { ...REQUEST, certificates: [root] },
      [SIGNER_FIRST],
    ],
    ["a signer that came along, under the CA the chain starts with", { ...REQUEST, certificates: [tsa] }, [CA_FIRST]],
    [
      "a signer that came along with its intermediate, under the root",
      { ...REQUEST, certificates: [ca, tsa] },
      [trusting([root])],
    ],
    [
      "a signer after a decoy",
      { ...REQUEST, certificates: [makeCertificate({ ...TSA, key: rootKey, serial: 1 }), tsa] },
      [CA_FIRST],
    ],
    [
      "a signer named by its key identifier",
      { ...REQUEST, parts: { signerVersion: integer(3), signerId: keyIdentifier(SKI) } },
      [SIGNER_FIRST],
    ],
    [
      "a token without a signing-certificate attribute",
      { ...REQUEST, parts: { attributes: defaultAttributes(REQUEST).slice(0, 2) } },
      [SIGNER_FIRST],
    ],
    [
      "one of version 1",
      {
        ...REQUEST,
        parts: { attributes: [...defaultAttributes(REQUEST).slice(0, 2), signingCertificateV1(sha1(tsa.der))] },
      },
      [SIGNER_FIRST],
    ],
    [
      "one by SHA-512",
      {
        ...REQUEST,
        parts: {
          attributes: [
            ...defaultAttributes(REQUEST).slice(0, 2),
            signingCertificateV2(hashBytes("sha512", tsa.der), "sha512"),
          ],
        },
      },
      [SIGNER_FIRST],
    ],
    ["an imprint by SHA-384", { ...REQUEST, parts: { imprint: imprintOf(SIGNATURE, "sha384") } }, [SIGNER_FIRST]],
    ["a message digest by SHA-512", { ...REQUEST, parts: { digest: "sha512" } }, [SIGNER_FIRST]],
    [
      "an authority listed twice, once out of its time",
      REQUEST,
      [trusting([tsa, ca, root], { lo: at("2026-06-01T00:00:00Z") }), SIGNER_FIRST],
    ],
    ["a time on the first second", { ...REQUEST, genTime: NOT_BEFORE }, [SIGNER_FIRST]],
    ["a time on the last second", { ...REQUEST, genTime: NOT_AFTER }, [SIGNER_FIRST]],
    ["an authority whose time starts then", REQUEST, [trusting([tsa, ca, root], { lo: at(STAMPED) })]],
    [
      "an authority whose time ends then",
      REQUEST,
      [trusting([tsa, ca, root], { lo: at(NOT_BEFORE), hi: at(STAMPED) })],
    ],
  ])("%s", (_, request, authorities) => {
    expect(judge(request, authorities)).toBe("ok");
  });
});

describe("judgeTimestamp refuses", () => {
  const otherKey = newPair();
  const stranger = makeCertificate({ ...TSA, key: otherKey, issuer: { key: otherKey, subject: "elsewhere" } });
  const impostor = makeCertificate({ ...TSA, key: otherKey, issuer: { key: otherKey, subject: "tsa-ca" } });
  const late = "2026-01-01T00:10:01Z";

  test.each<[string, StampRequest, readonly TimestampAuthorityTrust[], string]>([
    ["nobody trusted", REQUEST, [], "tst-unknown-authority"],
    [
      "a stranger",
      { ...REQUEST, signer: { key: otherKey, certificate: stranger } },
      [SIGNER_FIRST, CA_FIRST],
      "tst-unknown-authority",
    ],
    [
      "a stranger who brings a certificate",
      { ...REQUEST, signer: { key: otherKey, certificate: stranger }, certificates: [stranger] },
      [SIGNER_FIRST, CA_FIRST],
      "tst-unknown-authority",
    ],
    [
      "a stranger over another signature, who is still only a stranger",
      { ...REQUEST, signature: toUtf8("x"), signer: { key: otherKey, certificate: stranger } },
      [SIGNER_FIRST],
      "tst-unknown-authority",
    ],
    ["a signer under the CA whose certificate did not come along", REQUEST, [CA_FIRST], "tst-unknown-authority"],
    [
      "another signer of the CA where the chain names its signer",
      { ...REQUEST, signer: { key: otherKey, certificate: makeCertificate({ ...TSA, key: otherKey, serial: 5 }) } },
      [SIGNER_FIRST],
      "tst-unknown-authority",
    ],
    [
      "the issuer of one authority with the serial of another",
      { ...REQUEST, parts: { signerId: sequence([root.subject, integer(tsa.serial)]) } },
      [SIGNER_FIRST],
      "tst-unknown-authority",
    ],
    [
      "a signer with the CA's name but not its signature",
      { ...REQUEST, signer: { key: otherKey, certificate: impostor }, certificates: [impostor] },
      [CA_FIRST],
      "tst-chain",
    ],
    [
      "the key of another under a known serial",
      { ...REQUEST, signer: { key: otherKey, certificate: tsa } },
      [SIGNER_FIRST],
      "tst-signature",
    ],
    ["another signature", { ...REQUEST, signature: toUtf8("another signature") }, [SIGNER_FIRST], "tst-imprint"],
    [
      "a truncated imprint",
      { ...REQUEST, parts: { imprint: sequence([sequence([oid("2.16.840.1.101.3.4.2.1")]), Uint8Array.of(4, 0)]) } },
      [SIGNER_FIRST],
      "tst-imprint",
    ],
    [
      "an imprint by SHA-1",
      {
        ...REQUEST,
        parts: { imprint: sequence([sequence([oid("1.3.14.3.2.26"), nullValue()]), Uint8Array.of(4, 0)]) },
      },
      [SIGNER_FIRST],
      "tst-imprint",
    ],
    [
      "another content",
      { ...REQUEST, parts: { attributes: [CONTENT_TYPE, messageDigest(sha256(SIGNATURE))] } },
      [SIGNER_FIRST],
      "tst-digest",
    ],
    [
      "a second before its certificate",
      { ...REQUEST, genTime: "2025-12-31T23:59:59Z" },
      [SIGNER_FIRST],
      "tst-authority-expired",
    ],
    ["a second after its certificate", { ...REQUEST, genTime: late }, [SIGNER_FIRST], "tst-authority-expired"],
    [
      "a second after its certificate, which came along",
      { ...REQUEST, genTime: late, certificates: [tsa] },
      [CA_FIRST],
      "tst-authority-expired",
    ],
    [
      "a millisecond before its authority's time",
      REQUEST,
      [trusting([tsa, ca, root], { lo: addMs(at(STAMPED), 1) })],
      "tst-authority-expired",
    ],
    [
      "a millisecond after its authority's time",
      REQUEST,
      [trusting([tsa, ca, root], { hi: addMs(at(STAMPED), -1) })],
      "tst-authority-expired",
    ],
    [
      "a signing-certificate of another",
      {
        ...REQUEST,
        parts: { attributes: [...defaultAttributes(REQUEST).slice(0, 2), signingCertificateV2(sha256(ca.der))] },
      },
      [SIGNER_FIRST],
      "tst-signing-cert",
    ],
    [
      "a signing-certificate of another by SHA-1",
      { ...REQUEST, parts: { attributes: [...defaultAttributes(REQUEST), signingCertificateV1(sha1(ca.der))] } },
      [SIGNER_FIRST],
      "tst-signing-cert",
    ],
    [
      "an algorithm that is not the key's",
      { ...REQUEST, parts: { signatureAlgorithm: sequence([oid("1.3.101.112")]) } },
      [SIGNER_FIRST],
      "tst-signature",
    ],
    [
      "another hash than was signed with",
      { ...REQUEST, parts: { signatureAlgorithm: sequence([oid("1.2.840.10045.4.3.3")]) } },
      [SIGNER_FIRST],
      "tst-signature",
    ],
    [
      "a signature by an algorithm never accepted",
      { ...REQUEST, parts: { signatureAlgorithm: sequence([oid("1.2.840.10045.4.1")]) } },
      [SIGNER_FIRST],
      "tst-signature",
    ],
    ["no signature", { ...REQUEST, parts: { signature: new Uint8Array(0) } }, [SIGNER_FIRST], "tst-signature"],
    [
      "a good signature over other attributes",
      {
        ...REQUEST,
        parts: { genTime: generalizedTime(at("2026-01-01T00:00:06Z")), attributes: defaultAttributes(REQUEST) },
      },
      [SIGNER_FIRST],
      "tst-digest",
    ],
  ])("%s", (_, request, authorities, code) => {
    expect(judge(request, authorities)).toBe(code);
  });

  test.each<[string, readonly Uint8Array[]]>([
    ["without purposes", [subjectKeyId(SKI)]],
    ["with the purpose, not critical", [extendedKeyUsage([TIME_STAMPING])]],
    ["with a second purpose", [extendedKeyUsage([TIME_STAMPING, CODE_SIGNING], true)]],
    ["for code signing", [extendedKeyUsage([CODE_SIGNING], true)]],
  ])("a signer %s", (_, extensions) => {
    expect(judgeSigner({ extensions })).toBe("tst-eku");
  });

  test("a signer without a key identifier by the one it does not have", () => {
    const bare = makeCertificate({ ...TSA, extensions: [EKU] });
    const parts = { signerVersion: integer(3), signerId: keyIdentifier(new Uint8Array(0)) };
    const request = { ...REQUEST, signer: { key: tsaKey, certificate: bare }, parts };
    expect(judge(request, [trusting([bare, ca, root])])).toBe("tst-unknown-authority");
  });

  test("what fails in one period for a better reason than the period", () => {
    const periods = [trusting([tsa, ca, root], { lo: at("2026-06-01T00:00:00Z") }), SIGNER_FIRST];
    const forged: StampRequest = { ...REQUEST, signer: { key: otherKey, certificate: tsa } };
    expect([judge(forged, periods), judge(forged, periods.toReversed())]).toEqual(["tst-signature", "tst-signature"]);
  });

  test("every flipped bit of a token", () => {
    const token = makeTimestamp({ ...REQUEST, parts: { response: (parts) => parts[1] } });
    fc.assert(
      fc.property(fc.nat({ max: token.length * 8 - 1 }), (bit) => {
        const parsed = parseTimestampToken(token.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
        const context = { signature: SIGNATURE, authorities: [SIGNER_FIRST] };
        expect(parsed.ok && judgeTimestamp(parsed.value, context).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
