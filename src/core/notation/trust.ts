import { timestampAuthorityTrust, type TimestampAuthorityTrust } from "../cms/timestamp-authority.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { CertificateCode } from "../x509/certificate-code.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { isSelfIssued, isSignedBy, type ChainCode } from "../x509/chain.ts";
import { renderName } from "../x509/name.ts";
import type { SigningScheme } from "./envelope.ts";
import type { StoreName, StoreType } from "./rules.ts";

/** A certificate of a trust store, as the store gives it. */
export type StoredCertificate = { readonly store: StoreName; readonly der: Uint8Array };

/** The anchors of one statement's trust stores, by what they are anchors of. */
export type NotationTrust = {
  readonly ca: readonly Certificate[];
  readonly signingAuthority: readonly Certificate[];
  readonly tsa: readonly TimestampAuthorityTrust[];
};

export type StoreCode = CertificateCode | ChainCode | "anchor";

/**
 * Reads the certificates of trust stores: certificate authorities, or signers' certificates signed by themselves; of
 * time-stamp authorities roots only (trust-store-trust-policy, `Trust Store`).
 */
export function compileNotationTrust(certificates: readonly StoredCertificate[]): Parsed<NotationTrust, StoreCode> {
  const anchors: Record<Exclude<StoreType, "tsa">, Certificate[]> = { ca: [], signingAuthority: [] };
  const tsa: TimestampAuthorityTrust[] = [];
  for (const { store, der } of certificates) {
    const anchor = readAnchor(der, store);
    if (!anchor.ok) return anchor;
    if (store.type !== "tsa") {
      anchors[store.type].push(anchor.value);
      continue;
    }
    const authority = timestampAuthorityTrust([anchor.value], {});
    if (!authority.ok) return authority;
    tsa.push(authority.value);
  }
  return parsed({ ...anchors, tsa });
}

function readAnchor(der: Uint8Array, { type, name }: StoreName): Parsed<Certificate, StoreCode> {
  const read = parseCertificate(der);
  if (!read.ok) return malformed(read.code, `store ${type}:${name}: ${read.detail}`);
  const certificate = read.value;
  const isRoot = isSelfIssued(certificate) && isSignedBy(certificate, certificate);
  const isAnchor = type === "tsa" ? isRoot && certificate.isCa : isRoot || certificate.isCa;
  return isAnchor
    ? parsed(certificate)
    : malformed("anchor", `store ${type}:${name}: ${renderName(certificate.subject)} can be no anchor`);
}

/** The anchors that count for a signing scheme: each has its own kind of store. */
export function anchorsFor({ ca, signingAuthority }: NotationTrust, scheme: SigningScheme): readonly Certificate[] {
  return scheme === "notary.x509" ? ca : signingAuthority;
}
