import { quote } from "../json/fields.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import type { NotationAttributes, SigningScheme } from "./envelope.ts";
import type { EnvelopeReason } from "./reason.ts";

/** Names of protected attributes (signature-specification, `Signed Attributes`), the same in JWS and COSE. */
export const ATTRIBUTE = {
  scheme: "io.cncf.notary.signingScheme",
  signingTime: "io.cncf.notary.signingTime",
  authenticSigningTime: "io.cncf.notary.authenticSigningTime",
  expiry: "io.cncf.notary.expiry",
  plugin: "io.cncf.notary.verificationPlugin",
} as const;

/** Names of attributes that are not signed. */
export const UNSIGNED = {
  timestamp: "io.cncf.notary.timestampSignature",
  agent: "io.cncf.notary.signingAgent",
} as const;

export const PAYLOAD_MEDIA_TYPE = "application/vnd.cncf.notary.payload.v1+json";

/** The protected header as either format holds it: values still unread where the formats write them differently. */
export type ProtectedHeader = {
  /** All names in the header. Numbers are COSE's own labels. */
  readonly names: readonly (string | number)[];
  /** Names that the format itself gives a meaning, and that are read elsewhere. */
  readonly own: readonly (string | number)[];
  readonly critical: readonly (string | number)[];
  readonly contentType: string;
  readonly scheme: string;
  readonly signingTime: UnixMs | undefined;
  readonly authenticSigningTime: UnixMs | undefined;
  readonly expiry: UnixMs | undefined;
};

const RESERVED = "io.cncf.notary.";
/** Registered for JOSE (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797 §3): each would change how the envelope is to be read. */
const JOSE_NAMES: ReadonlySet<string> = new Set(
  "jku jwk kid x5u x5c x5t x5t#S256 typ b64 enc zip epk apu apv iv tag p2s p2c url nonce".split(" "),
);
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ATTRIBUTE.scheme,
  ATTRIBUTE.signingTime,
  ATTRIBUTE.authenticSigningTime,
  ATTRIBUTE.expiry,
]);

type Read<T> = Parsed<T, EnvelopeReason>;

/**
 * Judges the signed attributes: what is critical is understood, what must be critical is, and the times fit the scheme.
 * Attributes of others that are not critical are allowed and mean nothing here (`Extended attributes`).
 */
export function readAttributes(header: ProtectedHeader): Read<NotationAttributes> {
  if (header.contentType !== PAYLOAD_MEDIA_TYPE) {
    return malformed("notation-envelope", `the payload is ${quote(header.contentType)}`);
  }
  const scheme = parseScheme(header.scheme);
  if (!scheme) return malformed("notation-scheme", `signing scheme ${quote(header.scheme)}`);
  if (header.names.includes(ATTRIBUTE.plugin)) {
    return malformed("notation-plugin-required", "the signer asks for a verification plugin, and none is run here");
  }
  const names = judgeNames(header);
  return names.ok ? readTimes(header, scheme) : names;
}

function parseScheme(text: string): SigningScheme | undefined {
  return text === "notary.x509" || text === "notary.x509.signingAuthority" ? text : undefined;
}

function judgeNames({ names, own, critical }: ProtectedHeader): Read<undefined> {
  if (new Set(critical).size !== critical.length) {
    return malformed("notation-critical-attribute", "an attribute is listed as critical twice");
  }
  for (const name of critical) {
    if (typeof name === "number" || !UNDERSTOOD.has(name)) {
      return malformed("notation-critical-attribute", `${quote(String(name))} is critical and not understood`);
    }
    if (!names.includes(name)) return malformed("notation-critical-attribute", `${name} is critical and absent`);
  }
  const mustBe = [ATTRIBUTE.scheme, ATTRIBUTE.expiry, ATTRIBUTE.authenticSigningTime];
  const uncritical = mustBe.find((name) => names.includes(name) && !critical.includes(name));
  if (uncritical !== undefined) return malformed("notation-critical-attribute", `${uncritical} is not critical`);
  const unknown = names.find((name) => !own.includes(name) && !isExtended(name));
  return unknown === undefined
    ? parsed(undefined)
    : malformed("notation-envelope", `an attribute ${quote(String(unknown))} that is not understood`);
}

/** What a signer may add freely, or what is understood: nothing with a meaning of the format's or the project's that we do not know. */
function isExtended(name: string | number): boolean {
  if (typeof name === "number" || JOSE_NAMES.has(name)) return false;
  return !name.startsWith(RESERVED) || UNDERSTOOD.has(name);
}

/** Each scheme has its own time, and not the other's. An expiry that is not after it could never have been met. */
function readTimes(
  { signingTime, authenticSigningTime, expiry }: ProtectedHeader,
  scheme: SigningScheme,
): Read<NotationAttributes> {
  const [own, other] =
    scheme === "notary.x509" ? [signingTime, authenticSigningTime] : [authenticSigningTime, signingTime];
  if (own === undefined) return malformed("notation-scheme", `${scheme} without its signing time`);
  if (other !== undefined) return malformed("notation-scheme", `${scheme} with the signing time of another scheme`);
  if (expiry !== undefined && expiry <= own) {
    return malformed("notation-envelope", "the signature expires before it is made");
  }
  return parsed({ scheme, signingTime: own, ...(expiry !== undefined && { expiry }) });
}
