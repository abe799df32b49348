import { describe, expect, test } from "vitest";
import { basicConstraints, makeCertificate, newPair } from "../../../test/setup/make-certificate.ts";
import { type StampRequest } from "../../../test/setup/make-timestamp.ts";
import {
  EKU,
  rootKey,
  caKey,
  tsaKey,
  root,
  CA,
  TSA,
  REQUEST,
  trusting,
  CA_FIRST,
  judgeStamp as judge,
} from "../../../test/setup/stamp-world.ts";
import { bug } from "../bug.ts";
import type { Certificate } from "../x509/certificate.ts";

describe("judgeTimestamp, of certificates that came with the token, refuses", () => {
  test("what came along as signer and is a CA, or lies below a CA without room", () => {
    const subCa = makeCertificate({ ...TSA, extensions: [EKU, basicConstraints()] });
    const bySubCa: StampRequest = { ...REQUEST, signer: { key: tsaKey, certificate: subCa }, certificates: [subCa] };
    expect(judge(bySubCa, [CA_FIRST])).toBe("tst-chain");
    const [subKey, leafKey] = [newPair(), newPair()];
    const sub = makeCertificate({ ...CA, key: subKey, subject: "sub", issuer: { key: caKey, subject: "tsa-ca" } });
    const leaf = makeCertificate({ ...TSA, key: leafKey, issuer: { key: subKey, subject: "sub" } });
    const below: StampRequest = { ...REQUEST, signer: { key: leafKey, certificate: leaf }, certificates: [leaf, sub] };
    expect(judge(below, [CA_FIRST])).toBe("tst-chain");
  });

  test("what came along forged, whichever link it is", () => {
    const [midKey, badKey, leafKey] = [newPair(), newPair(), newPair()];
    const room = [basicConstraints(1)];
    const anchor = makeCertificate({ key: rootKey, subject: "root", extensions: room });
    const mid = (by: typeof rootKey): Certificate =>
      makeCertificate({ ...CA, key: midKey, subject: "mid", issuer: { key: by, subject: "root" } });
    const leaf = (by: typeof midKey): Certificate =>
      makeCertificate({ ...TSA, key: leafKey, issuer: { key: by, subject: "mid" } });
    const answer = (signer: Certificate, between: Certificate): string =>
      judge({ ...REQUEST, signer: { key: leafKey, certificate: signer }, certificates: [signer, between] }, [
        trusting([anchor]),
      ]);
    expect(answer(leaf(midKey), mid(rootKey))).toBe("ok");
    expect(answer(leaf(midKey), mid(badKey))).toBe("tst-chain");
    expect(answer(leaf(badKey), mid(rootKey))).toBe("tst-chain");
  });

  test("a signer issued by what is no CA, though that one leads to the authority", () => {
    const [midKey, leafKey] = [newPair(), newPair()];
    const mid = makeCertificate({
      key: midKey,
      subject: "mid",
      issuer: { key: rootKey, subject: "root" },
      extensions: [EKU],
    });
    const leaf = makeCertificate({ ...TSA, key: leafKey, issuer: { key: midKey, subject: "mid" } });
    const request = { ...REQUEST, signer: { key: leafKey, certificate: leaf }, certificates: [leaf, mid] };
    expect(judge(request, [trusting([root])])).toBe("tst-unknown-authority");
  });

  test.each([
    [4, "ok"],
    [5, "tst-unknown-authority"],
  ])("more than four intermediates that came along: %d", (count, expected) => {
    const keys = Array.from({ length: count + 1 }, () => newPair());
    const issuerOf = (i: number): { key: typeof rootKey; subject: string } =>
      i === 0 ? { key: rootKey, subject: "root" } : { key: keys[i - 1] ?? rootKey, subject: `ca ${i - 1}` };
    const between = keys
      .slice(0, count)
      .map((key, i) =>
        makeCertificate({ key, subject: `ca ${i}`, issuer: issuerOf(i), extensions: [basicConstraints()] }),
      );
    const key = keys[count] ?? bug("no key");
    const certificate = makeCertificate({ ...TSA, key, issuer: issuerOf(count) });
    const request = { ...REQUEST, signer: { key, certificate }, certificates: [...between, certificate] };
    expect(judge(request, [trusting([root])])).toBe(expected);
  });

  test("a chain that came along in a circle", () => {
    const otherKey = newPair();
    const [a, b] = [newPair(), newPair()];
    const circle = [
      makeCertificate({ key: a, subject: "a", issuer: { key: b, subject: "b" }, extensions: [basicConstraints()] }),
      makeCertificate({ key: b, subject: "b", issuer: { key: a, subject: "a" }, extensions: [basicConstraints()] }),
    ];
    const leaf = makeCertificate({ ...TSA, key: otherKey, issuer: { key: a, subject: "a" } });
    const request = { ...REQUEST, signer: { key: otherKey, certificate: leaf }, certificates: [leaf, ...circle] };
    expect(judge(request, [CA_FIRST])).toBe("tst-unknown-authority");
  });
});
