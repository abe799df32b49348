import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  at,
  extendedKeyUsage,
  extension,
  keyUsage,
  makeCertificate,
  newPair,
} from "../../../test/setup/make-certificate.ts";
import { makeSubject, withFlippedBit } from "../../../test/setup/make-notation.ts";
import {
  crlPoints,
  flag,
  issuingPoint,
  makeCrl,
  makeOcsp,
  ocspAccess,
  type CrlRequest,
  type OcspRequest,
} from "../../../test/setup/make-revocation.ts";
import { makeSigner, NOW, root, ROOT_NAME, rootKey } from "../../../test/setup/notation-world.ts";
import { integer, nullValue, sequence } from "../asn1/writer.ts";
import { assessRevocation, type RevocationQuestion, type RevocationReply } from "./assess-revocation.ts";
import type { Certificate } from "./certificate.ts";
import { judgeCrl } from "./crl.ts";
import { judgeOcsp } from "./judge-ocsp.ts";
import { revocationPointsOf } from "./revocation-points.ts";

const OCSP = "http://ocsp.example/";
const CRL = "http://crl.example/root.crl";
const ISSUER = { key: rootKey, certificate: root };
const otherKey = newPair();
const now = at(NOW);
const subject = (...extensions: readonly Uint8Array[]): Certificate =>
  makeSigner({ serial: 77, extensions: [keyUsage(1), ...extensions] });
const certificate = subject(ocspAccess(OCSP), crlPoints([[CRL]]));

describe("judgeCrl", () => {
  const judge = (request: Partial<CrlRequest>, of: Certificate = certificate): string =>
    judgeCrl(makeCrl({ issuer: ISSUER, ...request }), { certificate: of, issuer: root, url: CRL, urls: [CRL], now })
      .kind;
  const reason = extension("2.5.29.21", integer(1));
  const serial = certificate.serial;

  test.each<[string, Partial<CrlRequest>, string]>([
    ["an empty list", {}, "good"],
    ["a list of others", { revoked: [Uint8Array.of(78), Uint8Array.of(1, 77)] }, "good"],
    ["a list with the certificate", { revoked: [serial] }, "revoked"],
    ["a list with it last, and why", { revoked: [Uint8Array.of(1), serial], entryExtensions: [reason] }, "revoked"],
    ["its own name", { extensions: [issuingPoint(CRL)] }, "good"],
    ["for users only", { extensions: [issuingPoint(CRL, flag(1))] }, "good"],
    ["a number", { extensions: [extension("2.5.29.20", integer(9))] }, "good"],
    ["made this instant", { thisUpdate: NOW }, "good"],
    ["made a little ahead of our clock", { thisUpdate: "2026-02-01T00:05:00Z" }, "good"],
    ["that runs out this instant", { nextUpdate: NOW }, "good"],
  ])("%s", (_, request, expected) => {
    expect(judge(request)).toBe(expected);
  });

  test.each<[string, Partial<CrlRequest>]>([
    ["made far ahead of our clock", { thisUpdate: "2026-02-01T00:05:01Z" }],
    ["that has run out", { nextUpdate: "2026-01-31T23:59:59Z" }],
    ["that never runs out", { nextUpdate: "" }],
    ["by another key", { issuer: { key: otherKey, certificate: root } }],
    ["by another name", { issuer: { key: rootKey, certificate: makeSigner() } }],
    ["for authorities only", { extensions: [issuingPoint(CRL, flag(2))] }],
    ["for attributes", { extensions: [issuingPoint(CRL, flag(5))] }],
    ["of other issuers too", { extensions: [issuingPoint(CRL, flag(4))] }],
    ["for some reasons", { extensions: [issuingPoint(CRL, flag(3))] }],
    ["of another place", { extensions: [issuingPoint("http://crl.example/other.crl")] }],
    ["that is a change", { extensions: [extension("2.5.29.27", integer(1), true)] }],
    ["with changes beside it", { extensions: [extension("2.5.29.46", sequence([]))] }],
    ["with a critical extension", { extensions: [extension("1.2.3.4", integer(1), true)] }],
    [
      "with an entry of another issuer",
      { revoked: [serial], entryExtensions: [extension("2.5.29.29", integer(1), true)] },
    ],
    ["of version 1", { version: integer(0) }],
    ["with a false flag written out", { extensions: [issuingPoint(CRL, flag(1, 0))] }],
  ])("cannot use a list %s", (_, request) => {
    expect(judge(request)).toBe("unusable");
  });

  test("no bit of a list may be another", () => {
    const crl = makeCrl({ issuer: ISSUER, revoked: [serial], extensions: [issuingPoint(CRL)] });
    const question = { certificate, issuer: root, url: CRL, urls: [CRL], now };
    const usable = Array.from(crl, (_, i) => judgeCrl(withFlippedBit(crl, i), question).kind).filter(
      (kind) => kind !== "unusable",
    );
    expect(usable).toEqual([]);
  });

  test("an issuer that may not sign lists has none", () => {
    const issuer = makeCertificate({ key: otherKey, subject: "x", extensions: [keyUsage(32)] });
    const crl = makeCrl({ issuer: { key: otherKey, certificate: issuer } });
    expect(judgeCrl(crl, { certificate, issuer, url: CRL, urls: [CRL], now }).kind).toBe("unusable");
  });
});

const judgeMade = (request: Partial<OcspRequest>): string =>
  judgeOcsp(makeOcsp({ certificate, issuer: root, responder: ISSUER, ...request }), {
    certificate,
    issuer: root,
    now,
  }).kind;

describe("judgeOcsp", () => {
  const noCheck = extension("1.3.6.1.5.5.7.48.1.5", nullValue());
  const purpose = extendedKeyUsage(["1.3.6.1.5.5.7.3.9"]);
  const delegate = (extensions: readonly Uint8Array[], change: object = {}): Partial<OcspRequest> => {
    const made = makeSigner({
      key: otherKey,
      parts: { subject: makeSubject([["CN", "ocsp"]]) },
      extensions,
      ...change,
    });
    return { responder: { key: otherKey, certificate: made }, certificates: [made] };
  };

  test.each<[string, Partial<OcspRequest>, string]>([
    ["good", {}, "good"],
    ["good, by SHA-1", { hash: "sha1" }, "good"],
    ["good, by SHA-384", { hash: "sha384" }, "good"],
    ["good, signed by name", { byName: true }, "good"],
    ["revoked", { status: "revoked" }, "revoked"],
    ["unknown", { status: "unknown" }, "denied"],
    ["good, by a delegate", delegate([purpose, noCheck]), "good"],
    ["good, by a delegate by name", { ...delegate([purpose, noCheck, keyUsage(1)]), byName: true }, "good"],
    ["that runs out this instant", { nextUpdate: NOW }, "good"],
  ])("a response: %s", (_, request, expected) => {
    expect(judgeMade(request)).toBe(expected);
  });

  test.each<[string, Partial<OcspRequest>]>([
    ["about another certificate", { serial: Uint8Array.of(78) }],
    ["about a certificate of an issuer of another name", { issuer: makeSigner({ key: rootKey }) }],
    ["about a certificate of an issuer of another key", { issuer: makeSigner({ parts: { subject: ROOT_NAME } }) }],
    ["twice about it", { times: 2 }],
    ["about nothing", { times: 0 }],
    ["that has run out", { nextUpdate: "2026-01-31T23:59:59Z" }],
    ["that never runs out", { nextUpdate: "" }],
    ["of the future", { thisUpdate: "2026-02-01T00:05:01Z" }],
    ["that refuses", { responseStatus: 6 }],
    ["by another key of the same name", { responder: { key: otherKey, certificate: root }, byName: true }],
    ["by a stranger", { responder: { key: otherKey, certificate: makeSigner({ key: otherKey }) } }],
    ["by a delegate without the purpose", delegate([noCheck])],
    ["by a delegate that could be revoked", delegate([purpose])],
    ["by a delegate that may not sign", delegate([purpose, noCheck, keyUsage(32)])],
    ["by a delegate of the past", delegate([purpose, noCheck], { notAfter: "2026-01-31T23:59:59Z" })],
    [
      "by a delegate of another authority",
      delegate([purpose, noCheck], { issuer: { key: otherKey, subject: "root" } }),
    ],
    ["by a delegate that is not there", { ...delegate([purpose, noCheck]), certificates: [] }],
    ["with a critical extension", { singleExtensions: [extension("1.2.3.4", integer(1), true)] }],
  ])("cannot use a response %s", (_, request) => {
    expect(judgeMade(request)).toBe("unusable");
  });

  test("no bit of a response may be another", () => {
    const response = makeOcsp({ certificate, issuer: root, responder: ISSUER });
    const usable = Array.from(
      response,
      (_, i) => judgeOcsp(withFlippedBit(response, i), { certificate, issuer: root, now }).kind,
    ).filter((kind) => kind !== "unusable");
    expect(usable).toEqual([]);
  });
});

const reply = (question: RevocationQuestion, bytes: Uint8Array | undefined): RevocationReply =>
  bytes ? { question, bytes } : { question, gap: "silent" };

/** Asks until it is settled; gives how, and what was asked. */
const settle = (of: Certificate, answers: Readonly<Record<string, Uint8Array | undefined>>): readonly string[] => {
  const replies: RevocationReply[] = [];
  for (;;) {
    const said = assessRevocation({ certificate: of, issuer: root, replies, now });
    if (said.kind !== "ask") return [said.kind, ...replies.map(({ question }) => question.url)];
    replies.push(reply(said.question, answers[said.question.url]));
  }
};

describe("assessRevocation", () => {
  const ocsp = (status: OcspRequest["status"]): Uint8Array =>
    makeOcsp({ certificate, issuer: root, responder: ISSUER, status: status ?? "good" });
  const good = makeCrl({ issuer: ISSUER });
  const bad = makeCrl({ issuer: ISSUER, revoked: [certificate.serial] });
  const B = "http://crl.example/b.crl";

  test.each<[string, Certificate, Readonly<Record<string, Uint8Array | undefined>>, readonly string[]]>([
    ["a certificate that names no place", subject(), {}, ["good"]],
    ["OCSP is enough", certificate, { [OCSP]: ocsp("good") }, ["good", OCSP]],
    ["OCSP says revoked", certificate, { [OCSP]: ocsp("revoked"), [CRL]: good }, ["revoked", OCSP]],
    [
      "OCSP knows it not, and no list is asked",
      certificate,
      { [OCSP]: ocsp("unknown"), [CRL]: good },
      ["unknown", OCSP],
    ],
    ["OCSP is silent, the list good", certificate, { [CRL]: good }, ["good", OCSP, CRL]],
    ["OCSP is silent, the list bad", certificate, { [CRL]: bad }, ["revoked", OCSP, CRL]],
    ["OCSP is garbage, the list good", certificate, { [OCSP]: Uint8Array.of(1), [CRL]: good }, ["good", OCSP, CRL]],
    ["all are silent", certificate, {}, ["unknown", OCSP, CRL]],
    ["the second place of one list", subject(crlPoints([[CRL, B]])), { [B]: good }, ["good", CRL, B]],
    ["two lists, both good", subject(crlPoints([[CRL], [B]])), { [CRL]: good, [B]: good }, ["good", CRL, B]],
    ["two lists, one silent", subject(crlPoints([[CRL], [B]])), { [CRL]: good }, ["unknown", CRL, B]],
    ["two lists, one silent and one bad", subject(crlPoints([[CRL], [B]])), { [B]: bad }, ["revoked", CRL, B]],
    ["a list over TLS is not asked", subject(crlPoints([["https://crl.example/"]])), {}, ["unknown"]],
    ["a list in a directory is not asked", subject(crlPoints([["ldap://crl.example/"]])), {}, ["unknown"]],
    ["a list for some reasons", subject(crlPoints([[CRL]], flag(1))), { [CRL]: good }, ["unknown"]],
    [
      "changes beside the list",
      subject(crlPoints([[CRL]]), extension("2.5.29.46", sequence([]))),
      { [CRL]: good },
      ["unknown"],
    ],
    ["five lists", subject(crlPoints([[CRL], [CRL], [CRL], [CRL], [CRL]])), { [CRL]: good }, ["unknown"]],
    ["places that cannot be read", subject(extension("2.5.29.31", integer(1))), {}, ["unknown"]],
  ])("%s", (_, of, answers, expected) => {
    expect(settle(of, answers)).toEqual(expected);
  });

  test("says until when a good answer may be kept", () => {
    const request = { kind: "crl", url: CRL } as const;
    const said = assessRevocation({
      certificate: subject(crlPoints([[CRL]])),
      issuer: root,
      replies: [reply(request, good)],
      now,
    });
    expect(said).toMatchObject({ kind: "good", kept: [{ question: request, until: at("2026-02-07T00:00:00Z") }] });
  });

  test("an answer about one certificate is none about another", () => {
    const other = makeSigner({ serial: 78, extensions: [keyUsage(1), ocspAccess(OCSP)] });
    const first = assessRevocation({ certificate, issuer: root, replies: [], now });
    const replies = first.kind === "ask" ? [reply(first.question, ocsp("good"))] : [];
    expect(assessRevocation({ certificate: other, issuer: root, replies, now })).toMatchObject({ kind: "ask" });
  });
});

test("readers of lists, responses and places never throw, and believe no noise", () => {
  const crl = makeCrl({ issuer: ISSUER, revoked: [certificate.serial] });
  const response = makeOcsp({ certificate, issuer: root, responder: ISSUER });
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(crl, response), fc.nat(600), fc.uint8Array({ minLength: 1, maxLength: 4 }))
      .map(([made, start, bytes]) => {
        const changed = Uint8Array.from(made);
        changed.set(bytes.slice(0, Math.max(0, changed.length - start)), Math.min(start, changed.length));
        return changed;
      }),
  );
  fc.assert(
    fc.property(noise, (bytes) => {
      const kinds = [
        judgeCrl(bytes, { certificate, issuer: root, url: CRL, urls: [CRL], now }).kind,
        judgeOcsp(bytes, { certificate, issuer: root, now }).kind,
      ];
      // Noise that changed nothing is the list or the response itself.
      expect(["unusable", "revoked"]).toContain(kinds[0]);
      expect(["unusable", "good"]).toContain(kinds[1]);
      expect(revocationPointsOf(subject(extension("2.5.29.31", bytes))).ok).toBeTypeOf("boolean");
    }),
    { numRuns: 300 },
  );
});
