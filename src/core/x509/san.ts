import { enter, leave, more, nextTag, readAny, readContent, refuse, type DerReader } from "../asn1/reader.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { parseDerText, readOid, readText } from "../asn1/values.ts";
import { oidContent } from "../asn1/oid.ts";
import { sameBytes } from "../bytes/bytes.ts";
import type { SanType } from "../identity/identity.ts";
import type { CertificateCode } from "./certificate-code.ts";

/** A subject alternative name of a kind that can be an identity. */
export type San = { readonly type: SanType; readonly value: string };

/** The names of an identity kind, and how many there are of all kinds: an identity is never one of several. */
export type Sans = { readonly names: readonly San[]; readonly count: number };

type Reader = DerReader<CertificateCode>;

const NAMES_MAX = 64;
const OTHER_NAME = contextConstructed(0);
const IA5_NAMES: ReadonlyMap<number, SanType> = new Map([
  [contextPrimitive(1), "email"],
  [contextPrimitive(2), "dns"],
  [contextPrimitive(6), "uri"],
]);
/** Fulcio's name form for user names (fulcio `docs/oid-info.md`, 1.3.6.1.4.1.57264.1.7). */
const FULCIO_OTHER_NAME = oidContent("1.3.6.1.4.1.57264.1.7");

/** Reads `GeneralNames` (RFC 5280 §4.2.1.6). */
export function readSans(r: Reader): Sans {
  const names: San[] = [];
  let count = 0;
  const outer = enter(r, TAG.sequence);
  if (!more(r)) refuse(r, "san-syntax", "no names");
  while (more(r)) {
    if (count >= NAMES_MAX) refuse(r, "san-syntax", `more than ${NAMES_MAX} names`);
    count++;
    const name = readName(r);
    if (name) names.push(name);
  }
  leave(r, outer);
  return { names, count };
}

function readName(r: Reader): San | undefined {
  const tag = nextTag(r);
  const type = IA5_NAMES.get(tag);
  if (type) return checked(r, type, parseDerText(TAG.ia5String, readContent(r, tag)));
  if (tag === OTHER_NAME) return readOtherName(r);
  readAny(r);
  return undefined;
}

/** `[0] { type-id, [0] EXPLICIT value }`. */
function readOtherName(r: Reader): San | undefined {
  const outer = enter(r, OTHER_NAME);
  const known = sameBytes(readOid(r), FULCIO_OTHER_NAME);
  const wrapper = enter(r, contextConstructed(0));
  const name = known ? checked(r, "other-name", readText(r, TAG.utf8String)) : undefined;
  if (!known) readAny(r);
  leave(r, wrapper);
  leave(r, outer);
  return name;
}

/** Refuses names that show as something else than they are, or as nothing: control characters and the empty text. */
function checked(r: Reader, type: SanType, value: string | undefined): San | undefined {
  if (value === undefined || value === "" || CONTROL.test(value)) {
    refuse(r, "san-syntax", `${type} name`);
    return undefined;
  }
  return { type, value };
}

/** C0, DEL, C1. */
const CONTROL = /\p{Cc}/u;
