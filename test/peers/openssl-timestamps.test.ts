import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { renderPem } from "../../src/core/bytes/pem.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { judgeTimestamp } from "../../src/core/cms/judge-timestamp.ts";
import { timestampAuthorityTrust } from "../../src/core/cms/timestamp-authority.ts";
import { hasNonce, renderTimestampRequest } from "../../src/core/cms/timestamp-request.ts";
import { parseTimestampResponse } from "../../src/core/cms/timestamp.ts";
import { sha256 } from "../../src/core/digest.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import {
  at,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  makeCertificate,
  newPair,
  TIME_STAMPING,
} from "../setup/make-certificate.ts";
import { makeTimestamp, STAMPED } from "../setup/make-timestamp.ts";

/** OpenSSL's `ts` as peer: it reads what we ask, we read what it answers, and we believe nothing it does not. */
const isThere = spawnSync("openssl", ["version"]).status === 0;
const SIGNATURE = toUtf8("the signature of a bundle");
const [caKey, tsaKey] = [newPair(), newPair()];
const FOREVER = { notBefore: "2026-01-01T00:00:00Z", notAfter: "2046-01-01T00:00:00Z" };
const ca = makeCertificate({ key: caKey, subject: "ca", extensions: [basicConstraints(), keyUsage(32)], ...FOREVER });
const tsa = makeCertificate({
  key: tsaKey,
  subject: "tsa",
  issuer: { key: caKey, subject: "ca" },
  extensions: [keyUsage(1), extendedKeyUsage([TIME_STAMPING], true)],
  ...FOREVER,
});

describe.skipIf(!isThere)("openssl ts", () => {
  let folder = "";
  const file = (name: string): string => join(folder, name);
  const believes = (token: Uint8Array): boolean => {
    writeFileSync(file("token.tsr"), token);
    const trust = ["-CAfile", file("ca.pem"), "-attime", String(at(STAMPED) / 1000)];
    return (
      spawnSync("openssl", ["ts", "-verify", "-data", file("signature"), "-in", file("token.tsr"), ...trust]).status ===
      0
    );
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "countersign-ts-"));
    writeFileSync(file("signature"), SIGNATURE);
    writeFileSync(file("ca.pem"), renderPem("CERTIFICATE", ca.der));
    writeFileSync(file("tsa.pem"), renderPem("CERTIFICATE", tsa.der));
    writeFileSync(file("tsa.key"), tsaKey.privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(file("openssl.cnf"), CONFIGURATION.replaceAll("FOLDER", folder));
    writeFileSync(file("serial"), "01\n");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("reads our request, and its answer is judged good, whichever of the two the trusted root starts with", () => {
    const nonce = Uint8Array.of(0x8f, 1, 2, 3, 4, 5, 6, 7);
    writeFileSync(file("request.tsq"), renderTimestampRequest({ digest: sha256(SIGNATURE), nonce }));
    const shown = execFileSync("openssl", ["ts", "-query", "-in", file("request.tsq"), "-text"], { encoding: "utf8" });
    expect(shown).toMatch(/Nonce: 0x8F01020304050607/);
    expect(shown).toMatch(/Certificate required: yes/);
    const answer = execFileSync(
      "openssl",
      ["ts", "-reply", "-config", file("openssl.cnf"), "-queryfile", file("request.tsq")],
      {
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const token = parseTimestampResponse(answer);
    expect(token).toMatchObject({ ok: true });
    for (const chain of [[ca], [tsa, ca]]) expect(judge(answer, chain)).toBe("ok");
    expect(token.ok && hasNonce(token.value, nonce)).toBe(true);
  });

  test("believes every token that we believe, whatever bit of it is flipped", () => {
    const der = makeTimestamp({
      signature: SIGNATURE,
      signer: { key: tsaKey, certificate: tsa },
      certificates: [tsa],
      genTime: STAMPED,
    });
    expect([judge(der, [ca]), believes(der)]).toEqual(["ok", true]);
    fc.assert(
      fc.property(fc.nat({ max: der.length * 8 - 1 }), (bit) => {
        const flipped = der.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        expect(judge(flipped, [ca]) === "ok" && !believes(flipped)).toBe(false);
      }),
    );
  });
});

/** `ok`, or the code of the first refusal. */
function judge(der: Uint8Array, chain: readonly Certificate[]): string {
  const token = parseTimestampResponse(der);
  const trust = timestampAuthorityTrust(chain, {});
  if (!token.ok) return token.code;
  const authorities = [trust.ok ? trust.value : bug(trust.detail)];
  const judged = judgeTimestamp(token.value, { signature: SIGNATURE, authorities });
  return judged.ok ? "ok" : judged.code;
}

const CONFIGURATION = `
[ tsa ]
default_tsa = tsa_config
[ tsa_config ]
dir = FOLDER
serial = $dir/serial
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.57264.2
digests = sha256
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;
