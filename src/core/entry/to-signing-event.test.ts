import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  basicConstraints,
  CODE_SIGNING,
  email,
  extendedKeyUsage,
  fulcioText,
  keyUsage,
  makeCertificate,
  makeCertificateDer,
  newPair,
  NOT_BEFORE,
  subjectAltName,
  TIME_STAMPING,
  uri,
} from "../../../test/setup/make-certificate.ts";
import { toBase64 } from "../bytes/base64.ts";
import { renderPem } from "../bytes/pem.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256, toDigestRef } from "../digest.ts";
import { leafHash } from "../merkle/tree.ts";
import { parseRfc3339, type UnixMs } from "../time.ts";
import { leafJudge } from "./leaf-judge.ts";
import type { SigningEvent } from "./signing-event.ts";
import { toSigningEvent } from "./to-signing-event.ts";

const [caKey, otherKey] = [newPair(), newPair()];
const validity = { notBefore: "2025-01-01T00:00:00Z", notAfter: "2035-01-01T00:00:00Z" };
const ca = makeCertificate({ key: caKey, subject: "CA", extensions: [basicConstraints(), keyUsage(32)], ...validity });
const judge = leafJudge([{ issuer: ca, window: {} }]);
const FIRST_SEEN = parseRfc3339("2026-01-01T01:00:00Z") as UnixMs;
const ISSUER = "https://issuer.example";

type Leaf = { readonly key?: typeof caKey; readonly issuer?: string; readonly extensions?: readonly Uint8Array[] };
function leafOf({ key = caKey, issuer = "CA", extensions }: Leaf = {}): Uint8Array {
  const usual = [
    keyUsage(1),
    extendedKeyUsage([CODE_SIGNING]),
    subjectAltName([uri("https://a.example")]),
    fulcioText(8, ISSUER),
  ];
  return makeCertificateDer({
    key: newPair(),
    subject: "",
    issuer: { key, subject: issuer },
    extensions: extensions ?? usual,
  });
}

const hex = "ab".repeat(32);
const pemOf = (der: Uint8Array): string => toBase64(toUtf8(renderPem("CERTIFICATE", der)));
const record = (der: Uint8Array): Uint8Array =>
  toUtf8(
    `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"${hex}"}},` +
      `"signature":{"content":"${btoa("signature")}","publicKey":{"content":"${pemOf(der)}"}}}}`,
  );
const envelope = (...ders: readonly Uint8Array[]): Uint8Array => {
  const signatures = ders.map((der, i) => `{"signature":"${btoa(`signature ${i}`)}","verifier":"${pemOf(der)}"}`);
  const hash = `{"algorithm":"sha256","value":"${hex}"}`;
  return toUtf8(
    `{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":${hash},"payloadHash":${hash},"signatures":[${signatures.join(",")}]}}`,
  );
};
const eventOf = (body: Uint8Array): SigningEvent =>
  toSigningEvent(
    { log: "l", logIndex: 3, leafHash: leafHash(body), body, seenBetween: {}, firstSeen: FIRST_SEEN },
    judge,
  );
const names = (event: SigningEvent): readonly string[] => event.identities.map(({ issuer, san }) => `${issuer} ${san}`);

describe("toSigningEvent", () => {
  test("takes who, when and what from a certificate of a known CA", () => {
    const der = leafOf();
    const body = record(der);
    const event = eventOf(body);
    expect(event).toMatchObject({
      chain: "verified",
      parsed: true,
      kind: "hashedrekord",
      flags: [],
      timeBasis: "not-before",
    });
    expect(event.eventTime).toBe(parseRfc3339(NOT_BEFORE));
    expect(event.digests).toEqual([
      { role: "data", digest: `sha256:${hex}` },
      { role: "signature", digest: toDigestRef(sha256(toUtf8("signature"))) },
      { role: "certificate", digest: toDigestRef(sha256(der)) },
      { role: "leaf", digest: toDigestRef(leafHash(body)) },
    ]);
  });

  test.each<[string, Leaf]>([
    ["signed by another key under the CA's name", { key: otherKey }],
    ["that names another issuer", { issuer: "Another CA" }],
    [
      "for time stamping",
      {
        extensions: [
          keyUsage(1),
          extendedKeyUsage([TIME_STAMPING]),
          subjectAltName([uri("https://a.example")]),
          fulcioText(8, ISSUER),
        ],
      },
    ],
    [
      "without a purpose",
      { extensions: [keyUsage(1), subjectAltName([uri("https://a.example")]), fulcioText(8, ISSUER)] },
    ],
    [
      "of a CA itself",
      {
        extensions: [
          basicConstraints(),
          keyUsage(32),
          extendedKeyUsage([CODE_SIGNING]),
          subjectAltName([uri("https://a.example")]),
        ],
      },
    ],
  ])("trusts no certificate %s", (_, leaf) => {
    expect(eventOf(record(leafOf(leaf)))).toMatchObject({
      chain: "untrusted",
      timeBasis: "first-seen",
      eventTime: FIRST_SEEN,
    });
  });

  test("trusts no certificate of a time at which the CA was not trusted", () => {
    const late = leafJudge([{ issuer: ca, window: { lo: FIRST_SEEN } }]);
    const body = record(leafOf());
    const entry = { log: "l", logIndex: 0, leafHash: leafHash(body), body, seenBetween: {}, firstSeen: FIRST_SEEN };
    expect(toSigningEvent(entry, late).chain).toBe("untrusted");
    expect(toSigningEvent(entry, judge).chain).toBe("verified");
  });

  test("finds every name of a certificate, under every issuer that it states", () => {
    const extensions = [
      keyUsage(1),
      extendedKeyUsage([CODE_SIGNING]),
      subjectAltName([uri("https://a.example"), email("b@example")]),
      fulcioText(1, "https://old.example"),
      fulcioText(8, ISSUER),
    ];
    const event = eventOf(record(leafOf({ extensions })));
    expect(names(event)).toEqual([
      `${ISSUER} https://a.example`,
      `https://old.example https://a.example`,
      `${ISSUER} b@example`,
      `https://old.example b@example`,
    ]);
    expect(event.flags).toEqual(["issuer-conflict", "several-names"]);
  });

  test("goes by the verified signer, whatever stands beside it", () => {
    const extensions = [
      keyUsage(1),
      extendedKeyUsage([CODE_SIGNING]),
      subjectAltName([uri("https://victim.example")]),
      fulcioText(8, ISSUER),
    ];
    const impostor = leafOf({ key: otherKey, extensions });
    for (const body of [envelope(leafOf(), impostor), envelope(impostor, leafOf())]) {
      const event = eventOf(body);
      expect(event).toMatchObject({ chain: "verified", flags: ["untrusted-signer"] });
      expect(names(event)).toEqual([`${ISSUER} https://a.example`]);
      expect(event.digests.filter(({ role }) => role === "certificate")).toHaveLength(2);
    }
    expect(names(eventOf(envelope(impostor)))).toEqual([`${ISSUER} https://victim.example`]);
  });

  test.each([
    ["noise", toUtf8("noise"), ["body-not-canonical", "json-syntax"]],
    ["an unknown kind", toUtf8(`{"apiVersion":"1","kind":"alien","spec":{}}`), ["entry-kind-unsupported"]],
    ["a certificate that is none", record(toUtf8("x")), ["certificate-unreadable"]],
  ])("keeps %s with its leaf hash", (_, body, flags) => {
    const event = eventOf(body);
    expect(event.flags).toEqual(flags);
    expect(event.digests.at(-1)).toEqual({ role: "leaf", digest: toDigestRef(leafHash(body)) });
  });

  test("makes an event of any body", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(toUtf8)), (body) => {
        expect(eventOf(body)).toMatchObject({ chain: "none", identities: [], eventTime: FIRST_SEEN });
      }),
    );
  });
});

describe("leafJudge", () => {
  test("gives the same answer for the same certificate, more than it remembers", () => {
    const [good, bad] = [leafOf(), leafOf({ key: otherKey })];
    const fresh = leafJudge([{ issuer: ca, window: {} }]);
    for (let i = 0; i < 4_100; i++) fresh(toUtf8(String(i)));
    expect([fresh(good).chain, fresh(bad).chain, fresh(good).chain]).toEqual(["verified", "untrusted", "verified"]);
  });
});
