/**
 * Everything core knows of the machine it runs on.
 *
 * Core compiles with `"types": []`, so a name that is not in ES2024 and not
 * below does not exist here. Each declaration is a pure function of its
 * arguments: none reads a clock, a file, a socket or a source of randomness.
 * Adding a line is an architectural decision; it needs an ADR.
 */
declare module "node:crypto" {
  type HashName = "sha256" | "sha384" | "sha512";
  /** Text of one character a byte. */
  export function hash(algorithm: HashName, data: Uint8Array, output: "latin1"): string;

  export interface KeyObject {
    readonly asymmetricKeyType?: string;
  }
  export function createPublicKey(key: { key: Uint8Array; format: "der"; type: "spki" | "pkcs1" }): KeyObject;
  type VerifyKey = { key: KeyObject; dsaEncoding?: "der" | "ieee-p1363"; padding?: number; saltLength?: number };
  export function verify(
    algorithm: HashName | null | undefined,
    data: Uint8Array,
    key: KeyObject | VerifyKey,
    signature: Uint8Array,
  ): boolean;
}

declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label: "utf-8", options: { fatal: true; ignoreBOM: true });
  decode(bytes: Uint8Array): string;
}

/** Of Node's Buffer, base64 both ways and hexadecimal one way: pure functions, used in `bytes/` alone (ADR 13). */
interface EncodableBytes extends Uint8Array {
  toString(encoding: "base64" | "hex"): string;
}
declare const Buffer: {
  from(text: string, encoding: "base64"): EncodableBytes;
  from(buffer: ArrayBufferLike, byteOffset: number, length: number): EncodableBytes;
};
