import { bug } from "../bug.ts";

/** Spells the content of an OBJECT IDENTIFIER in dotted decimals. The content must have been read by `readOid`. */
export function renderOid(content: Uint8Array): string {
  const arcs: string[] = [];
  // BigInt only beyond 2^53: an arc is unbounded, and UUID-based ones have 128 bits.
  let arc = 0n;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const root = arc < 80n ? arc / 40n : 2n;
      arcs.push(String(root));
      arc -= root * 40n;
    }
    arcs.push(String(arc));
    arc = 0n;
  }
  return arcs.join(".");
}

const DOTTED = /^[012](?:\.(?:0|[1-9]\d{0,14}))+$/;

/** The content of an OBJECT IDENTIFIER given in dotted decimals, which must be well formed: it is ours, not input. */
export function oidContent(dotted: string): Uint8Array {
  const [root = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  if (!DOTTED.test(dotted) || (root < 2 && second > 39)) return bug(`object identifier ${dotted}`);
  return Uint8Array.from([root * 40 + second, ...rest].flatMap(subIdentifier));
}

/** Base 128, most significant first. Division, not `>>`: an arc may exceed 32 bits. */
function subIdentifier(arc: number): number[] {
  const octets = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) octets.unshift((left % 128) | 0x80);
  return octets;
}
