import { renderOid } from "../asn1/oid.ts";
import {
  enter,
  finish,
  leave,
  more,
  nextTag,
  openDer,
  readAny,
  readContent,
  refuse,
  type DerReader,
} from "../asn1/reader.ts";
import { TAG } from "../asn1/tag.ts";
import { parseDerText, readOid } from "../asn1/values.ts";
import { toHex } from "../bytes/hex.ts";
import type { DerCode } from "../asn1/reader.ts";
import type { Parsed } from "../parsed.ts";

/** One attribute of a name; `value` is undefined where it is not text of a kind that is read. */
export type NameAttribute = {
  /** In dotted decimals. */
  readonly type: string;
  readonly value: string | undefined;
  /** The value, DER. */
  readonly der: Uint8Array;
};

/** A relative distinguished name: nearly always one attribute. */
export type Rdn = readonly NameAttribute[];

const RDNS_MAX = 32;
const ATTRIBUTES_MAX = 8;

/** Short names of RFC 4514 §3, and the one everybody uses for 1.2.840.113549.1.9.1. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["1.2.840.113549.1.9.1", "emailAddress"],
]);

/** Reads a Name (RFC 5280 §4.1.2.4) in the order it is written. Names are compared as bytes; this is for policies on parts, and for people. */
export function parseName(der: Uint8Array): Parsed<readonly Rdn[], DerCode | "name-syntax"> {
  const r: DerReader<"name-syntax"> = openDer<"name-syntax">(der);
  const rdns: Rdn[] = [];
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    if (rdns.length >= RDNS_MAX) refuse(r, "name-syntax", `more than ${RDNS_MAX} parts`);
    rdns.push(readRdn(r));
  }
  leave(r, outer);
  return finish(r, rdns);
}

function readRdn(r: DerReader<"name-syntax">): Rdn {
  const attributes: NameAttribute[] = [];
  const outer = enter(r, TAG.set);
  if (!more(r)) refuse(r, "name-syntax", "an empty part");
  while (more(r)) {
    if (attributes.length >= ATTRIBUTES_MAX) refuse(r, "name-syntax", `more than ${ATTRIBUTES_MAX} attributes`);
    const attribute = enter(r, TAG.sequence);
    const type = renderOid(readOid(r));
    const tag = nextTag(r);
    const der = readAny(r);
    attributes.push({ type, value: parseValue(tag, der), der });
    leave(r, attribute);
  }
  leave(r, outer);
  return attributes;
}

function parseValue(tag: number, der: Uint8Array): string | undefined {
  const r = openDer(der);
  const content = finish(r, readContent(r, tag));
  return content.ok ? parseDerText(tag, content.value) : undefined;
}

/** Renders a Name for people as RFC 4514 does: last part first. What is no name is shown as bytes. */
export function renderName(der: Uint8Array): string {
  const name = parseName(der);
  if (!name.ok) return `#${toHex(der)}`;
  return name.value
    .toReversed()
    .map((rdn) => rdn.map(renderAttribute).join("+"))
    .join(",");
}

function renderAttribute({ type, value, der }: NameAttribute): string {
  return `${SHORT.get(type) ?? type}=${value === undefined ? `#${toHex(der)}` : escape(value)}`;
}

/** RFC 4514 §2.4; control characters as well, so that a name cannot rearrange the line it stands on. */
function escape(value: string): string {
  return value
    .replaceAll(/["+,;<=>\\]|^[ #]| $/g, String.raw`\$&`)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
