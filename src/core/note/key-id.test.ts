import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256, type Sha256 } from "../digest.ts";
import { cosignatureKeyId, ecdsaKeyId, ed25519KeyId, mlDsaCosignatureKeyId, rfc6962KeyId, rsaKeyId } from "./key-id.ts";

const KEY = new Uint8Array(32).fill(7);
/** The bytes that are hashed, as the specifications spell them. */
const spelled = (...parts: readonly (string | readonly number[] | Uint8Array)[]): Sha256 =>
  sha256(Uint8Array.of(...parts.flatMap((part) => [...(typeof part === "string" ? toUtf8(part) : part)])));

describe("key ids", () => {
  test.each<[string, Sha256, Sha256]>([
    ["ECDSA, without a name", ecdsaKeyId(KEY), spelled(KEY)],
    ["Ed25519", ed25519KeyId("log.example", KEY), spelled("log.example", [10, 1], KEY)],
    ["RSA", rsaKeyId("log.example", KEY), spelled("log.example", [10, 255], "PKIX-RSA-PKCS#1v1.5", KEY)],
    ["an Ed25519 witness", cosignatureKeyId("w.example", KEY), spelled("w.example", [10, 4], KEY)],
    ["an ML-DSA-44 witness", mlDsaCosignatureKeyId("w.example", KEY), spelled("w.example", [10, 6], KEY)],
    ["an RFC 6962 tree head", rfc6962KeyId("ct.example", KEY), spelled("ct.example", [10, 5], sha256(KEY))],
  ])("are of %s", (_, id, expected) => {
    expect(id).toEqual(expected);
  });
});
