import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { parseBase64, parseBase64Url } from "../../src/core/bytes/base64.ts";
import { judgeTimestamp } from "../../src/core/cms/judge-timestamp.ts";
import { timestampAuthorityTrust, type TimestampAuthorityTrust } from "../../src/core/cms/timestamp-authority.ts";
import { parseTimestampToken, type TimestampToken } from "../../src/core/cms/timestamp.ts";
import { parseRfc3339, renderRfc3339, type Interval } from "../../src/core/time.ts";
import { parseCertificate, type Certificate } from "../../src/core/x509/certificate.ts";
import { renderName } from "../../src/core/x509/name.ts";

/** Time stamps by a commercial authority (RSA, its intermediate and root embedded), as Notary Project signatures carry them. */
const FIXTURES = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "verification/notation");
type Envelope = { header: { "io.cncf.notary.timestampSignature": string }; signature: string };

function envelopeOf(file: string): { token: TimestampToken; signature: Uint8Array } {
  const { header, signature } = JSON.parse(readFileSync(join(FIXTURES, file), "utf8")) as Envelope;
  const token = parseTimestampToken(parseBase64(header["io.cncf.notary.timestampSignature"]) ?? bug("base64"));
  return {
    token: token.ok ? token.value : bug(`${token.code} ${token.detail}`),
    signature: parseBase64Url(signature) ?? bug("base64url"),
  };
}
function embeddedOf(token: TimestampToken): readonly Certificate[] {
  return token.signed.certificates.map((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? certificate.value : bug(certificate.detail);
  });
}
function trusting(certificate: Certificate | undefined, validFor: Interval = {}): TimestampAuthorityTrust {
  const trust = timestampAuthorityTrust(certificate ? [certificate] : [], validFor);
  return trust.ok ? trust.value : bug(trust.detail);
}

describe.skipIf(!existsSync(FIXTURES))("time stamps of Notary Project signatures", () => {
  test.each([
    ["jwsWithTimestamp.sig", "2024-06-18T06:29:37Z"],
    ["jwsExpiredWithTimestamp.sig", "2024-06-18T07:21:42Z"],
    ["timestampBeforeNotBefore.sig", "2024-06-19T09:30:14Z"],
  ])("%s was stamped at %s", (file, genTime) => {
    const { token, signature } = envelopeOf(file);
    const [signer, intermediate, root] = embeddedOf(token);
    const judge = (...authorities: TimestampAuthorityTrust[]): unknown => {
      const judged = judgeTimestamp(token, { signature, authorities });
      return judged.ok ? renderRfc3339(judged.value.genTime) : judged.code;
    };
    expect([signer, intermediate, root].map((one) => one && renderName(one.subject))).toEqual([
      "CN=Globalsign TSA for Advanced - G4 - 202311,O=GlobalSign nv-sa,C=BE",
      "CN=GlobalSign Timestamping CA - SHA384 - G4,O=GlobalSign nv-sa,C=BE",
      "CN=GlobalSign,O=GlobalSign,OU=GlobalSign Root CA - R6",
    ]);
    // Whichever of the three is the anchor, the rest comes with the token.
    expect([judge(trusting(root)), judge(trusting(intermediate)), judge(trusting(signer))]).toEqual([
      genTime,
      genTime,
      genTime,
    ]);
    expect(judge()).toBe("tst-unknown-authority");
    const hi = parseRfc3339("2024-01-01T00:00:00Z") ?? bug("time");
    expect(judge(trusting(root, { hi }))).toBe("tst-authority-expired");
    expect(judgeTimestamp(token, { signature: signature.subarray(1), authorities: [trusting(root)] })).toMatchObject({
      ok: false,
      code: "tst-imprint",
    });
  });
});
