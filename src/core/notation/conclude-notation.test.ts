import { describe, expect, test } from "vitest";
import {
  at,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  newPair,
  TIME_STAMPING,
} from "../../../test/setup/make-certificate.ts";
import { crlPoints, makeCrl } from "../../../test/setup/make-revocation.ts";
import {
  codeOf,
  FORMATS,
  inStore,
  judgeMade,
  makeSigner,
  NOW,
  root,
  rootKey,
  rulesOf,
  signer,
  stampAt,
  storesOf,
  tsa,
  tsaKey,
} from "../../../test/setup/notation-world.ts";
import type { RevocationReply } from "../x509/assess-revocation.ts";
import { concludeNotation } from "./conclude-notation.ts";
import type { JudgedNotation } from "./judge-notation.ts";
import type { NotationRules } from "./rules.ts";
import { compileNotationTrust } from "./trust.ts";

const [JWS] = FORMATS;
const URL = "http://crl.example/root.crl";
const issuer = { key: rootKey, certificate: root };
const now = at(NOW);

/** Concludes with one answer to all that is asked; gives the code and how often something was asked. */
function conclude(
  judged: JudgedNotation,
  crl: Uint8Array | undefined,
  rules: NotationRules = rulesOf(),
): readonly [string, number] {
  const replies: RevocationReply[] = [];
  for (;;) {
    const said = concludeNotation(judged, { rules, replies, now });
    if (said.kind === "judged") return [codeOf(said.judged.verdict), replies.length];
    replies.push(crl ? { question: said.question, bytes: crl } : { question: said.question, gap: "silent" });
  }
}

describe("concludeNotation", () => {
  const listed = makeSigner({ serial: 77, extensions: [keyUsage(1), crlPoints([[URL]])] });
  const bad = makeCrl({ issuer, revoked: [listed.serial] });

  test("a chain that names no place is asked about nowhere", () => {
    expect(conclude(judgeMade(JWS, {}), undefined)).toEqual(["pass", 0]);
  });

  test("one place is asked once for all certificates that name it", () => {
    const midKey = newPair();
    const extensions = [basicConstraints(), keyUsage(32), crlPoints([[URL]])];
    const mid = makeSigner({ key: midKey, serial: 78, extensions, parts: { subject: root.subject } });
    const leaf = makeSigner({ issuer: { key: midKey, subject: "" }, extensions: [keyUsage(1)] });
    const judged = judgeMade(JWS, { chain: [leaf, mid, root] });
    expect(conclude(judged, makeCrl({ issuer }))).toEqual(["pass", 1]);
    expect(conclude(judged, makeCrl({ issuer, revoked: [mid.serial] }))).toEqual(["notation-revoked", 1]);
  });

  test("the certificate of a time stamp may be revoked as well", () => {
    const listedTsa = makeSigner({
      key: tsaKey,
      serial: 79,
      extensions: [extendedKeyUsage([TIME_STAMPING], true), crlPoints([[URL]])],
      parts: { subject: tsa.subject },
    });
    const stamp = stampAt("2026-01-01T00:00:05Z", {
      signer: { key: tsaKey, certificate: listedTsa },
      certificates: [listedTsa],
    });
    const trust = storesOf(inStore("ca", root), inStore("tsa", root));
    const judged = judgeMade(JWS, { stamp }, { trust });
    expect(conclude(judged, makeCrl({ issuer }))).toEqual(["pass", 1]);
    expect(conclude(judged, makeCrl({ issuer, revoked: [listedTsa.serial] }))).toEqual(["notation-revoked", 1]);
    expect(conclude(judged, undefined)).toEqual(["notation-revocation-unknown", 1]);
  });

  test("a failure outweighs what nobody could say, and nobody is asked then", () => {
    const judged = judgeMade(JWS, { chain: [listed, root], expiry: "2026-01-02T00:00:00Z" });
    expect(conclude(judged, bad)).toEqual(["notation-expired", 0]);
  });

  test("the root itself is asked about by nobody", () => {
    expect(judgeMade(JWS, { chain: [listed, root] }).revocable.map(({ certificate }) => certificate.serial)).toEqual([
      listed.serial,
    ]);
  });
});

const compile = (type: "ca" | "signingAuthority" | "tsa", certificate: typeof root): string => {
  const trust = compileNotationTrust([inStore(type, certificate)]);
  return trust.ok ? "ok" : trust.code;
};

describe("compileNotationTrust", () => {
  const selfKey = newPair();
  const self = makeSigner({ key: selfKey, issuer: { key: selfKey, subject: "" }, parts: { issuer: signer.subject } });
  const mid = makeSigner({ extensions: [basicConstraints(), keyUsage(32)] });

  test.each([
    ["a root", "ca", root, "ok"],
    ["an intermediate", "ca", mid, "ok"],
    ["a signer signed by itself", "ca", self, "ok"],
    ["a signer signed by another", "ca", signer, "anchor"],
    ["a signer signed by another", "signingAuthority", signer, "anchor"],
    ["a root", "tsa", root, "ok"],
    ["an intermediate", "tsa", mid, "anchor"],
    ["one signed by itself that is no authority", "tsa", self, "anchor"],
  ] as const)("%s in a store of %s", (_, type, certificate, expected) => {
    expect(compile(type, certificate)).toBe(expected);
  });

  test("refuses what is no certificate", () => {
    const trust = compileNotationTrust([{ store: { type: "ca", name: "a" }, der: Uint8Array.of(1) }]);
    expect(trust).toMatchObject({ ok: false, code: "der-truncated" });
  });
});
