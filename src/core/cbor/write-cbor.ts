import { bug, unreachable } from "../bug.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { CborValue } from "./cbor.ts";

/** Writes a CBOR data item with definite lengths in their shortest form (RFC 8949 §4.2.1); maps keep the order they have. */
export function writeCbor(item: CborValue): Uint8Array {
  switch (item.kind) {
    case "integer":
      return item.value < 0 ? head(1, -1 - item.value) : head(0, item.value);
    case "bytes":
      return concatBytes([head(2, item.value.length), item.value]);
    case "text": {
      const text = toUtf8(item.value);
      return concatBytes([head(3, text.length), text]);
    }
    case "array":
      return concatBytes([head(4, item.items.length), ...item.items.map(writeCbor)]);
    case "map": {
      const entries = [...item.entries].flatMap(([key, value]) => [writeKey(key), writeCbor(value)]);
      return concatBytes([head(5, item.entries.size), ...entries]);
    }
    case "tag":
      return concatBytes([head(6, item.tag), writeCbor(item.value)]);
    case "boolean":
      return Uint8Array.of(item.value ? 0xf5 : 0xf4);
    case "null":
      return Uint8Array.of(0xf6);
    default:
      return unreachable(item);
  }
}

function writeKey(key: number | string): Uint8Array {
  return writeCbor(typeof key === "number" ? { kind: "integer", value: key } : { kind: "text", value: key });
}

/** Major type and argument, in as few bytes as it takes. */
function head(major: number, argument: number): Uint8Array {
  if (!Number.isSafeInteger(argument) || argument < 0) return bug(`CBOR argument ${argument}`);
  if (argument < 24) return Uint8Array.of((major << 5) | argument);
  const width = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 0x100000000 ? 4 : 8;
  const bytes = new Uint8Array(1 + width);
  bytes[0] = (major << 5) | (24 + Math.log2(width));
  for (let i = width, left = argument; i > 0; i--, left = Math.floor(left / 256)) bytes[i] = left % 256;
  return bytes;
}
