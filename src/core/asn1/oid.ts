import { bug } from "../bug.ts";

/** Above this a shift by seven bits more would leave what a number holds exactly. */
const ARC_SAFE = 2 ** 46;

/** Spells the content of an OBJECT IDENTIFIER in dotted decimals. The content must have been read by `readOid`. */
export function renderOid(content: Uint8Array): string {
  let text = "";
  let arc = 0;
  for (const byte of content) {
    if (arc >= ARC_SAFE) return renderLargeOid(content);
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (text === "") {
      const root = Math.min(2, Math.floor(arc / 40));
      text = `${root}.${arc - root * 40}`;
    } else {
      text += `.${arc}`;
    }
    arc = 0;
  }
  return text;
}

/** The same with arcs of any size: UUID-based ones have 128 bits. */
function renderLargeOid(content: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...rest] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
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
