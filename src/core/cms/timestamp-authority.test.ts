import { describe, expect, test } from "vitest";
import {
  basicConstraints,
  extendedKeyUsage,
  makeCertificate,
  newPair,
  TIME_STAMPING,
} from "../../../test/setup/make-certificate.ts";
import { root, CA, ca, TSA, tsa, ALWAYS } from "../../../test/setup/stamp-world.ts";
import type { Certificate } from "../x509/certificate.ts";
import { timestampAuthorityTrust } from "./timestamp-authority.ts";

describe("timestampAuthorityTrust", () => {
  test.each<[string, readonly Certificate[], string]>([
    ["nothing", [], "chain-empty"],
    ["a signer that the next did not issue", [tsa, root], "chain-issuer"],
    ["a signer that the next did not sign", [tsa, makeCertificate({ ...CA, key: newPair() }), root], "chain-signature"],
    [
      "a CA that may not issue",
      [tsa, makeCertificate({ ...CA, extensions: [extendedKeyUsage([TIME_STAMPING])] }), root],
      "chain-ca",
    ],
    [
      "a CA that the next did not sign",
      [ca, makeCertificate({ key: newPair(), subject: "root", extensions: [basicConstraints()] })],
      "chain-signature",
    ],
    [
      "certificates that are never valid together",
      [makeCertificate({ ...TSA, notBefore: "2030-01-01T00:00:00Z", notAfter: "2031-01-01T00:00:00Z" }), ca, root],
      "chain-validity",
    ],
  ])("refuses %s", (_, chain, code) => {
    expect(timestampAuthorityTrust(chain, ALWAYS)).toMatchObject({ ok: false, code });
  });

  test("takes a signer alone, which is then its own anchor", () => {
    expect(timestampAuthorityTrust([tsa], ALWAYS)).toMatchObject({
      ok: true,
      value: { signer: { subject: tsa.subject } },
    });
  });
});
