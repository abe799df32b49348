import { parseUtf8 } from "../bytes/utf8.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseName } from "../x509/name.ts";

/** A subject as policies name it: attribute types by their short names, one value each. */
export type DistinguishedName = ReadonlyMap<string, string>;

export type DnCode = "dn-syntax" | "dn-multi-valued" | "dn-duplicate" | "dn-mandatory";

/** Types that a name may be asked for by, and what certificates call them (RFC 4514 §3, RFC 4519; `S` as OpenSSL writes it). */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["CN", "2.5.4.3"],
  ["SERIALNUMBER", "2.5.4.5"],
  ["C", "2.5.4.6"],
  ["L", "2.5.4.7"],
  ["ST", "2.5.4.8"],
  ["S", "2.5.4.8"],
  ["STREET", "2.5.4.9"],
  ["O", "2.5.4.10"],
  ["OU", "2.5.4.11"],
  ["POSTALCODE", "2.5.4.17"],
  ["UID", "0.9.2342.19200300.100.1.1"],
  ["DC", "0.9.2342.19200300.100.1.25"],
]);

const MANDATORY = ["C", "ST", "O"];
const DN_CHARACTERS_MAX = 2048;

/**
 * Parses the name of an `x509.subject:` identity (RFC 4514 §3; Notary Project trust-store-trust-policy, `Trusted
 * Identities Constraints`): C, ST and O present, no type twice, no multi-valued part, no value in hexadecimal.
 */
export function parseDistinguishedName(text: string): Parsed<DistinguishedName, DnCode> {
  if (text.length > DN_CHARACTERS_MAX) return malformed("dn-syntax", `a name of ${text.length} characters`);
  const names = new Map<string, string>();
  const parts = splitParts(text);
  if (!parts) return malformed("dn-syntax", "a backslash with nothing after it");
  for (const part of parts) {
    const attribute = parseAttribute(part);
    if (!attribute.ok) return attribute;
    const { type, value } = attribute.value;
    if (names.has(type)) return malformed("dn-duplicate", `${type} twice`);
    names.set(type, value);
  }
  return withMandatory(names);
}

function withMandatory(names: DistinguishedName): Parsed<DistinguishedName, DnCode> {
  const absent = MANDATORY.filter((type) => !names.has(type));
  return absent.length === 0 ? parsed(names) : malformed("dn-mandatory", `${absent.join(", ")} absent`);
}

/** Cuts at commas that no backslash stands before; escapes stay as they are. */
function splitParts(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let part = "";
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "\\") {
      if (i + 1 >= text.length) return undefined;
      part += character + text.charAt(++i);
    } else if (character === ",") {
      parts.push(part);
      part = "";
    } else {
      part += character;
    }
  }
  return [...parts, part];
}

type Attribute = { readonly type: string; readonly value: string };

function parseAttribute(part: string): Parsed<Attribute, DnCode> {
  const equals = part.indexOf("=");
  const given = part.slice(0, Math.max(0, equals)).trim();
  const oid = TYPES.get(given.toUpperCase());
  const type = oid === undefined ? undefined : shortNameOf(oid);
  if (type === undefined) return malformed("dn-syntax", `${JSON.stringify(given.slice(0, 40))} is no attribute type`);
  return withValue(type, trimSpaces(part.slice(equals + 1)));
}

/** Spaces around a value are not of it, but for one that is escaped (RFC 4514 §2.4). */
function trimSpaces(text: string): string {
  const start = text.replace(/^ +/, "");
  const end = start.replace(/ +$/, "");
  const backslashes = /\\*$/.exec(end)?.[0].length ?? 0;
  return backslashes % 2 === 1 ? `${end} ` : end;
}

function withValue(type: string, escaped: string): Parsed<Attribute, DnCode> {
  if (escaped === "" || escaped.startsWith("#")) return malformed("dn-syntax", `${type} has no text`);
  const bare = escaped.replaceAll(ESCAPE, "");
  if (bare.includes("+")) return malformed("dn-multi-valued", `${type} is part of a multi-valued name`);
  if (/["\\;<>\0]/.test(bare)) return malformed("dn-syntax", `${type} holds a character that must be escaped`);
  const value = unescape(escaped);
  return value === undefined ? malformed("dn-syntax", `${type} is not UTF-8`) : parsed({ type, value });
}

/** RFC 4514 §3, `pair`. */
const ESCAPE = /\\(?:[ "#+,;<=>\\]|[0-9a-fA-F]{2})/g;

/** Runs of hexadecimal pairs are the bytes of UTF-8 text. */
function unescape(escaped: string): string | undefined {
  let isText = true;
  const value = escaped.replaceAll(/((?:\\[0-9a-fA-F]{2})+)|\\(.)/g, (_, pairs?: string, character?: string) => {
    if (pairs === undefined) return character ?? "";
    const text = parseUtf8(Uint8Array.from(pairs.slice(1).split("\\"), (pair) => Number.parseInt(pair, 16)));
    isText &&= text !== undefined;
    return text ?? "";
  });
  return isText ? value : undefined;
}

/**
 * Reads a certificate's subject under the same rules. Attributes that no policy can name are kept by their number: they
 * neither match nor harm. `undefined` values, not text of a kind that is read, refuse the name.
 */
export function readSubject(der: Uint8Array): Parsed<DistinguishedName, DnCode> {
  const name = parseName(der);
  if (!name.ok) return malformed("dn-syntax", name.detail);
  const names = new Map<string, string>();
  for (const [attribute, second] of name.value) {
    if (!attribute || second) return malformed("dn-multi-valued", "the subject has a multi-valued part");
    const type = shortNameOf(attribute.type) ?? attribute.type;
    if (names.has(type)) return malformed("dn-duplicate", `the subject has ${type} twice`);
    if (attribute.value === undefined) return malformed("dn-syntax", `${type} of the subject is not text`);
    names.set(type, attribute.value);
  }
  return withMandatory(names);
}

function shortNameOf(oid: string): string | undefined {
  for (const [name, known] of TYPES) if (known === oid) return name;
  return undefined;
}

/** True when every attribute of `asked` has the same value in `subject`. */
export function isSubset(asked: DistinguishedName, subject: DistinguishedName): boolean {
  for (const [type, value] of asked) if (subject.get(type) !== value) return false;
  return true;
}
