import { fromCivil, type UnixMs } from "../time.ts";
import { nextTag, readContent, refuse, type DerReader } from "./reader.ts";
import { TAG } from "./tag.ts";

type Cursor = DerReader<string>;
const ZERO = 0x30;
const Z = 0x5a;
const POINT = 0x2e;

/** Reads `Time` of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime without fraction from 2050 on. */
export function readTime(r: Cursor): UnixMs | undefined {
  if (nextTag(r) === TAG.generalizedTime) {
    const content = readContent(r, TAG.generalizedTime);
    const year = digits(content, 0, 4);
    return checked(r, content.length === 15 && year >= 2050 ? instant(content, year, 4) : undefined);
  }
  const content = readContent(r, TAG.utcTime);
  const year = digits(content, 0, 2);
  return checked(r, content.length === 13 ? instant(content, year < 50 ? 2000 + year : 1900 + year, 2) : undefined);
}

/**
 * Reads GeneralizedTime as RFC 3161 §2.4.2 writes it: `YYYYMMDDhhmmss[.s…]Z`, a fraction without trailing zero.
 * Digits beyond milliseconds are checked and cut.
 */
export function readGeneralizedTime(r: Cursor): UnixMs | undefined {
  const content = readContent(r, TAG.generalizedTime);
  const fraction = content.subarray(14, -1);
  const ms = fraction.length === 0 ? 0 : fractionMs(fraction);
  return checked(r, ms === undefined ? undefined : instant(content, digits(content, 0, 4), 4, ms));
}

/** The rest of a time after its year: `MMDDhhmmss` at `at`, and `Z` as the last byte. */
function instant(content: Uint8Array, year: number, at: number, ms = 0): UnixMs | undefined {
  if (content.length < at + 11 || content[content.length - 1] !== Z) return undefined;
  return fromCivil({
    year,
    month: digits(content, at, 2),
    day: digits(content, at + 2, 2),
    hour: digits(content, at + 4, 2),
    minute: digits(content, at + 6, 2),
    second: digits(content, at + 8, 2),
    ms,
  });
}

const FRACTION_DIGITS_MAX = 9;

function fractionMs(fraction: Uint8Array): number | undefined {
  const count = fraction.length - 1;
  if (fraction[0] !== POINT || count < 1 || count > FRACTION_DIGITS_MAX || fraction[count] === ZERO) return undefined;
  if (Number.isNaN(digits(fraction, 1, count))) return undefined;
  return Math.floor(digits(fraction, 1, Math.min(count, 3)) * 10 ** Math.max(0, 3 - count));
}

/** Decimal digits as a number; NaN when one of them is none. */
function digits(content: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (content[i] ?? 0) - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

function checked(r: Cursor, at: UnixMs | undefined): UnixMs | undefined {
  if (at === undefined) refuse(r, "der-time");
  return at;
}
