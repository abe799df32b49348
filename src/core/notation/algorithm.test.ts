import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { codeOf, FORMATS, judgeMade, signer } from "../../../test/setup/notation-world.ts";

const hmac = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac("sha256", signer.spki).update(bytes).digest());

describe("J07: the algorithm is the key's", () => {
  const [jws, cose] = FORMATS;
  test.each([
    ["none", "none", () => new Uint8Array(0)],
    ["none with a signature", "none", undefined],
    ["HS256 by the public key", "HS256", hmac],
    ["RS256", "RS256", undefined],
    ["EdDSA", "EdDSA", undefined],
    ["an algorithm of another key", "PS256", undefined],
    ["one of the same kind", "ES384", undefined],
    ["another case", "es256", undefined],
  ])("refuses %s in JWS", (_, alg, signAs) => {
    const { verdict } = judgeMade(jws, { members: { alg }, ...(signAs && { signAs }) });
    // An empty signature is refused as a member already.
    expect(["notation-algorithm", "notation-envelope"]).toContain(codeOf(verdict));
  });

  test.each([
    ["HMAC", 5],
    ["EdDSA", -8],
    ["RS256", -257],
    ["one of another key", -37],
  ])("refuses %s in COSE", (_, value) => {
    const labels = [[1, { kind: "integer", value }]] as const;
    expect(codeOf(judgeMade(cose, { labels }).verdict)).toBe("notation-algorithm");
  });
});
