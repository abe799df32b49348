import { describe, expect, test } from "vitest";
import { type NotationRequest } from "../../../test/setup/make-notation.ts";
import { defaultAttributes } from "../../../test/setup/make-timestamp.ts";
import {
  codeOf,
  FORMATS,
  inStore,
  judgeMade,
  root,
  rulesOf,
  stampAt,
  storesOf,
  TRUST_WITH_TSA,
  tsa,
  tsaKey,
  type Asked,
} from "../../../test/setup/notation-world.ts";
import { integer, sequence } from "../asn1/writer.ts";
import { toUtf8 } from "../bytes/utf8.ts";

type Row = readonly [string, Partial<NotationRequest>, string, Asked?];
const rows = (given: readonly Row[]): [string, Partial<NotationRequest>, string, Asked][] =>
  given.map(([name, request, expected, asked = {}]) => [name, request, expected, asked]);

describe.each(FORMATS)("times, %s", (...format) => {
  const code = (request: Partial<NotationRequest>, asked?: Asked): string =>
    codeOf(judgeMade(format, request, asked).verdict);

  describe("time", () => {
    const AT = "2026-01-01T00:00:05Z";
    const stamped = { stamp: stampAt(AT) };
    const late = { now: "2028-01-01T00:00:00Z", trust: TRUST_WITH_TSA };
    const after = rulesOf({ verifyTimestamp: "afterCertExpiry" });
    const unnamed = {
      stamp: (signature: Uint8Array) => {
        const request = { signature, signer: { key: tsaKey, certificate: tsa }, genTime: AT };
        return stampAt(AT, { parts: { attributes: defaultAttributes(request).slice(0, 2) } })(signature);
      },
    };
    const skewed = { stamp: stampAt("2027-05-31T23:59:59Z", { parts: { infoRest: [sequence([integer(2)])] } }) };
    test.each(
      rows([
        ["a time stamp in time, long after", stamped, "pass", late],
        ["no time stamp, where one is asked for", {}, "time-missing", { trust: TRUST_WITH_TSA }],
        [
          "no time stamp, where one is asked for after expiry only",
          {},
          "pass",
          { trust: TRUST_WITH_TSA, rules: after },
        ],
        ["no time stamp after expiry", {}, "time-missing", { ...late, rules: after }],
        ["a time stamp that nobody is trusted to give", stamped, "cert-not-valid-at-time", { now: late.now }],
        ["a time stamp of another signature", { stamp: () => stampAt(AT)(toUtf8("other")) }, "tst-imprint", late],
        [
          "a time stamp before the certificate",
          { stamp: stampAt("2025-05-31T23:59:58Z") },
          "cert-not-valid-at-time",
          late,
        ],
        [
          "a time stamp after the certificate",
          { stamp: stampAt("2027-06-01T00:00:01Z") },
          "cert-not-valid-at-time",
          late,
        ],
        ["a time stamp whose accuracy reaches beyond the certificate", skewed, "cert-not-valid-at-time", late],
        [
          "a time stamp whose accuracy reaches before the certificate",
          { stamp: stampAt("2025-06-01T00:00:01Z", { parts: { infoRest: [sequence([integer(2)])] } }) },
          "cert-not-valid-at-time",
          late,
        ],
        [
          "a time stamp whose accuracy stays within",
          { stamp: stampAt("2025-06-01T00:00:02Z", { parts: { infoRest: [sequence([integer(2)])] } }) },
          "pass",
          late,
        ],
        ["no signing-certificate-v2", unnamed, "tst-signing-cert", late],
        ["no signed attributes", { stamp: stampAt(AT, { parts: { attributes: [] } }) }, "tst-syntax", late],
        ["something else than a time stamp", { stamp: () => Uint8Array.of(48, 0) }, "der-truncated", late],
      ]),
    )("%s", (_, request, expected, asked) => {
      expect(code(request, asked)).toBe(expected);
    });

    test("a signing authority is believed its time, under its own store", () => {
      const scheme = "notary.x509.signingAuthority";
      const rules = rulesOf({ stores: ["signingAuthority:example"] });
      const trust = storesOf(inStore("signingAuthority", root));
      const asked = { now: "2028-01-01T00:00:00Z", rules, trust };
      expect(code({ scheme, signingTime: AT }, asked)).toBe("pass");
      expect(code({ scheme, signingTime: "2027-06-01T00:00:01Z" }, asked)).toBe("cert-not-valid-at-time");
      expect(code({ scheme, signingTime: AT }, { now: asked.now })).toBe("cert-unknown-issuer");
    });
  });
});
