import { describe, expect, test } from "vitest";
import {
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  keyUsage,
  newPair,
} from "../../../test/setup/make-certificate.ts";
import { makeSubject, type NotationRequest } from "../../../test/setup/make-notation.ts";
import {
  codeOf,
  FORMATS,
  inStore,
  judgeMade,
  makeSigner,
  root,
  ROOT_NAME,
  rootKey,
  storesOf,
  type Asked,
} from "../../../test/setup/notation-world.ts";
import type { Certificate } from "../x509/certificate.ts";
import { KEY_USAGE } from "../x509/extensions.ts";

describe.each(FORMATS)("chains, %s", (...format) => {
  const code = (request: Partial<NotationRequest>, asked?: Asked): string =>
    codeOf(judgeMade(format, request, asked).verdict);

  describe("an intermediate", () => {
    const midKey = newPair();
    const MID = makeSubject([["CN", "mid"]]);
    const CA = [basicConstraints(), keyUsage(KEY_USAGE.keyCertSign)];
    const mid = (extensions: readonly Uint8Array[]) =>
      makeSigner({ key: midKey, extensions, notAfter: "2030-01-01T00:00:00Z", parts: { subject: MID } });
    const below = makeSigner({ issuer: { key: midKey, subject: "mid" }, parts: { issuer: MID } });
    const deep = makeRoot([basicConstraints(0), keyUsage(KEY_USAGE.keyCertSign)]);
    test.each<[string, readonly Certificate[], string]>([
      ["may stand between", [below, mid(CA), root], "pass"],
      ["with the purpose", [below, mid([...CA, extendedKeyUsage([CODE_SIGNING])]), root], "pass"],
      ["has to be an authority", [below, mid([keyUsage(KEY_USAGE.keyCertSign)]), root], "cert-chain"],
      ["has to be allowed to sign certificates", [below, mid([basicConstraints(), keyUsage(1)]), root], "cert-chain"],
      ["of another purpose", [below, mid([...CA, extendedKeyUsage(["1.3.6.1.5.5.7.3.1"])]), root], "cert-chain"],
      ["where the root allows none", [below, mid(CA), deep], "cert-chain"],
      ["left out", [below, root], "cert-chain"],
      [
        "that another key stands for",
        [below, makeSigner({ extensions: CA, parts: { subject: MID } }), root],
        "cert-chain",
      ],
    ])("%s", (_, chain, expected) => {
      const trust = storesOf(inStore("ca", root), inStore("ca", deep));
      expect(code({ chain }, { trust })).toBe(expected);
    });

    test("a signer that names another issuer than the one whose key signed it", () => {
      expect(code({ chain: [makeSigner({ parts: { issuer: MID } }), root] })).toBe("cert-chain");
    });
  });
});

/** The root with other extensions: another certificate of the same name and key. */
function makeRoot(extensions: readonly Uint8Array[]): Certificate {
  return makeSigner({ key: rootKey, extensions, notAfter: "2030-01-01T00:00:00Z", parts: { subject: ROOT_NAME } });
}
