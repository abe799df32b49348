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
  type DerCode,
  type DerReader,
} from "../asn1/reader.ts";
import { oidContent } from "../asn1/oid.ts";
import { contextConstructed, contextPrimitive, TAG } from "../asn1/tag.ts";
import { parseDerText, readOid } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { parsed, type Parsed } from "../parsed.ts";
import type { Certificate } from "./certificate.ts";
import { extensionOf } from "./extension-of.ts";

/** Where a certificate says that one can learn whether it is revoked. URLs that are not plain `http` are left out, and counted. */
export type RevocationPoints = {
  readonly ocsp: readonly string[];
  /** One list of revocations each; URLs of one are the same list. */
  readonly crls: readonly CrlPoint[];
  /** The certificate names a place of some kind, even if none that we ask. */
  readonly isRevocable: boolean;
  /** Lists come with changes between them, which are not read here. */
  readonly hasDelta: boolean;
};
/** `isWhole` is false when the list is for some reasons only, or by another issuer. */
export type CrlPoint = { readonly urls: readonly string[]; readonly isWhole: boolean };

type Code = DerCode | "points-count" | "points-text";
type Reader = DerReader<Code>;

const AUTHORITY_INFO = "1.3.6.1.5.5.7.1.1";
const OCSP_METHOD = oidContent("1.3.6.1.5.5.7.48.1");
const CRL_POINTS = "2.5.29.31";
const FRESHEST_CRL = "2.5.29.46";
/** Of each kind; more would make us ask around. */
const POINTS_MAX = 4;
const URL_CHARACTERS_MAX = 2048;

/** Reads authorityInfoAccess and cRLDistributionPoints (RFC 5280 §4.2.2.1, §4.2.1.13). */
export function revocationPointsOf(certificate: Certificate): Parsed<RevocationPoints, Code> {
  const access = extensionOf(certificate, AUTHORITY_INFO);
  const lists = extensionOf(certificate, CRL_POINTS);
  const ocsp = access ? readAccess(access) : parsed([]);
  if (!ocsp.ok) return ocsp;
  const crls = lists ? readCrlPoints(lists) : parsed([]);
  if (!crls.ok) return crls;
  return parsed({
    ocsp: ocsp.value.filter(isHttp),
    crls: crls.value.map(({ urls, isWhole }) => ({ urls: urls.filter(isHttp), isWhole })),
    isRevocable: ocsp.value.length + crls.value.length > 0,
    hasDelta: extensionOf(certificate, FRESHEST_CRL) !== undefined,
  });
}

/** Plain http, as RFC 5280 §8 has it: a look-up over TLS would need a certificate that may be revoked. */
function isHttp(url: string): boolean {
  return url.startsWith("http://") && url.length <= URL_CHARACTERS_MAX;
}

function readAccess(der: Uint8Array): Parsed<readonly string[], Code> {
  const r: Reader = openDer<Code>(der);
  const urls: string[] = [];
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    const description = enter(r, TAG.sequence);
    const isOcsp = sameBytes(readOid(r), OCSP_METHOD);
    const url = readUri(r);
    if (isOcsp) urls.push(url ?? "");
    if (urls.length > POINTS_MAX) refuse(r, "points-count");
    leave(r, description);
  }
  leave(r, outer);
  return finish(r, urls);
}

function readCrlPoints(der: Uint8Array): Parsed<readonly CrlPoint[], Code> {
  const r: Reader = openDer<Code>(der);
  const points: CrlPoint[] = [];
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    points.push(readCrlPoint(r));
    if (points.length > POINTS_MAX) refuse(r, "points-count");
  }
  leave(r, outer);
  return finish(r, points);
}

/** `DistributionPoint`: the name, then `[1]` reasons and `[2]` cRLIssuer, either of which makes it only a part. */
function readCrlPoint(r: Reader): CrlPoint {
  const outer = enter(r, TAG.sequence);
  const urls = nextTag(r) === contextConstructed(0) ? readPointName(r) : [];
  const isWhole = !more(r);
  while (more(r)) readAny(r);
  leave(r, outer);
  return { urls, isWhole };
}

/** `DistributionPointName`, by its full names; a name relative to the issuer's is no URL. */
export function readPointName(r: DerReader<string>): readonly string[] {
  const urls: string[] = [];
  const wrapper = enter(r, contextConstructed(0));
  if (nextTag(r) === contextConstructed(0)) {
    const names = enter(r, contextConstructed(0));
    while (more(r)) {
      const url = readUri(r);
      if (url !== undefined) urls.push(url);
      if (urls.length > POINTS_MAX) refuse(r, "points-count");
    }
    leave(r, names);
  }
  while (more(r)) readAny(r);
  leave(r, wrapper);
  return urls;
}

/** A GeneralName, if it is a URI. */
function readUri(r: DerReader<string>): string | undefined {
  if (nextTag(r) !== contextPrimitive(6)) {
    readAny(r);
    return undefined;
  }
  const text = parseDerText(TAG.ia5String, readContent(r, contextPrimitive(6)));
  if (text === undefined) refuse(r, "points-text");
  return text;
}
