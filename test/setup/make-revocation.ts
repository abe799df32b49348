import { contextConstructed, contextPrimitive, TAG } from "../../src/core/asn1/tag.ts";
import {
  bitString,
  element,
  enumerated,
  explicitTag,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from "../../src/core/asn1/writer.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { sha1 } from "../../src/core/cms/sha1.ts";
import { digestAlgorithm, signatureAlgorithm } from "../../src/core/crypto/algorithm.ts";
import { hashBytes } from "../../src/core/digest.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import { keyBits } from "../../src/core/x509/ocsp-id.ts";
import { at, extension, signWith, type Pair } from "./make-certificate.ts";

/** Lists and responses about revocation made by hand, part by part, so that a test can have exactly one part wrong. */
type Signer = { readonly key: Pair; readonly certificate: Certificate };

export type CrlRequest = {
  readonly issuer: Signer;
  readonly revoked?: readonly Uint8Array[];
  readonly thisUpdate?: string;
  /** An empty text leaves it out. */
  readonly nextUpdate?: string;
  readonly extensions?: readonly Uint8Array[];
  readonly entryExtensions?: readonly Uint8Array[];
  readonly version?: Uint8Array;
  readonly signature?: Uint8Array;
};

export const THIS_UPDATE = "2026-01-31T00:00:00Z";
export const NEXT_UPDATE = "2026-02-07T00:00:00Z";

export function makeCrl(request: CrlRequest): Uint8Array {
  const { issuer, revoked = [], extensions = [], entryExtensions = [], nextUpdate = NEXT_UPDATE } = request;
  const algorithm = signatureAlgorithm(issuer.key.algorithm);
  const entries = revoked.map((serial) =>
    sequence([
      integer(serial),
      time(at("2026-01-15T00:00:00Z")),
      ...(entryExtensions.length > 0 ? [sequence(entryExtensions)] : []),
    ]),
  );
  const tbs = sequence([
    request.version ?? integer(1),
    algorithm,
    issuer.certificate.subject,
    time(at(request.thisUpdate ?? THIS_UPDATE)),
    ...(nextUpdate === "" ? [] : [time(at(nextUpdate))]),
    ...(entries.length > 0 ? [sequence(entries)] : []),
    ...(extensions.length > 0 ? [explicitTag(0, sequence(extensions))] : []),
  ]);
  return sequence([tbs, algorithm, bitString(request.signature ?? signWith(issuer.key, tbs))]);
}

/** `issuingDistributionPoint` with its name and whatever flags. */
export function issuingPoint(url: string, ...flags: readonly Uint8Array[]): Uint8Array {
  return extension("2.5.29.28", sequence([...(url === "" ? [] : [pointName(url)]), ...flags]), true);
}
export const flag = (number: number, value = 0xff): Uint8Array =>
  element(contextPrimitive(number), Uint8Array.of(value));

const uriName = (url: string): Uint8Array => element(contextPrimitive(6), toUtf8(url));
const pointName = (...urls: readonly string[]): Uint8Array =>
  explicitTag(0, element(contextConstructed(0), concat(urls.map(uriName))));

/** `cRLDistributionPoints`: one point for each list of URLs, `rest` after each name. */
export function crlPoints(lists: readonly (readonly string[])[], ...rest: readonly Uint8Array[]): Uint8Array {
  return extension("2.5.29.31", sequence(lists.map((urls) => sequence([pointName(...urls), ...rest]))));
}

/** `authorityInfoAccess` with OCSP responders, and a place of the issuer's certificate, which is not asked. */
export function ocspAccess(...urls: readonly string[]): Uint8Array {
  const entries = urls.map((url) => sequence([oid("1.3.6.1.5.5.7.48.1"), uriName(url)]));
  const issuers = sequence([oid("1.3.6.1.5.5.7.48.2"), uriName("http://issuer.example/ca.cer")]);
  return extension("1.3.6.1.5.5.7.1.1", sequence([...entries, issuers]));
}

export type OcspRequest = {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly responder: Signer;
  readonly status?: "good" | "revoked" | "unknown";
  readonly hash?: "sha1" | "sha256" | "sha384";
  readonly byName?: boolean;
  readonly serial?: Uint8Array;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string;
  readonly certificates?: readonly Certificate[];
  readonly singleExtensions?: readonly Uint8Array[];
  readonly responseStatus?: number;
  readonly signature?: Uint8Array;
  /** How many times the single response stands in it. */
  readonly times?: number;
};

export function makeOcsp(request: OcspRequest): Uint8Array {
  const { responder, certificates = [], times = 1 } = request;
  if (request.responseStatus !== undefined) return sequence([enumerated(request.responseStatus)]);
  const id = request.byName
    ? explicitTag(1, responder.certificate.subject)
    : explicitTag(2, octetString(sha1(keyBits(responder.certificate))));
  const data = sequence([
    id,
    generalizedTime(at(request.thisUpdate ?? THIS_UPDATE)),
    sequence(Array.from({ length: times }, () => makeSingle(request))),
  ]);
  const basic = sequence([
    data,
    signatureAlgorithm(responder.key.algorithm),
    bitString(request.signature ?? signWith(responder.key, data)),
    ...(certificates.length > 0 ? [explicitTag(0, sequence(certificates.map(({ der }) => der)))] : []),
  ]);
  const typed = sequence([oid("1.3.6.1.5.5.7.48.1.1"), octetString(basic)]);
  return sequence([enumerated(0), explicitTag(0, typed)]);
}

function makeSingle(request: OcspRequest): Uint8Array {
  const { certificate, issuer, hash = "sha256", nextUpdate = NEXT_UPDATE, singleExtensions = [] } = request;
  const digest = (data: Uint8Array): Uint8Array => (hash === "sha1" ? sha1(data) : hashBytes(hash, data));
  const identifier =
    hash === "sha1" ? sequence([oid("1.3.14.3.2.26"), element(TAG.null, new Uint8Array(0))]) : digestAlgorithm(hash);
  const id = sequence([
    identifier,
    octetString(digest(issuer.subject)),
    octetString(digest(keyBits(issuer))),
    integer(request.serial ?? certificate.serial),
  ]);
  return sequence([
    id,
    statusOf(request.status ?? "good"),
    generalizedTime(at(request.thisUpdate ?? THIS_UPDATE)),
    ...(nextUpdate === "" ? [] : [explicitTag(0, generalizedTime(at(nextUpdate)))]),
    ...(singleExtensions.length > 0 ? [explicitTag(1, sequence(singleExtensions))] : []),
  ]);
}

function statusOf(status: "good" | "revoked" | "unknown"): Uint8Array {
  if (status === "revoked") return element(contextConstructed(1), generalizedTime(at("2026-01-15T00:00:00Z")));
  return element(contextPrimitive(status === "good" ? 0 : 2), new Uint8Array(0));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
