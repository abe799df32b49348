import { toHex } from "../bytes/hex.ts";
import { sha256, type Sha256 } from "../digest.ts";
import type { Identity } from "../identity/identity.ts";
import type { TrustedCa } from "../trust/compiled-trust.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { isIssuedBy, isWithin } from "../x509/chain.ts";
import { EKU_CODE_SIGNING } from "../x509/extensions.ts";
import type { EventCertificate } from "./signing-event.ts";

/** A CA that issues signers' certificates, and when it was trusted to: its chain's validity and the root's. */
export type IssuingCa = Pick<TrustedCa, "issuer" | "window">;

/** What is known of the certificate in a log entry. Logs take any certificate, so `verified` is our judgement, not theirs. */
export type LeafFacts = {
  readonly sha256: Sha256;
  readonly chain: "verified" | "untrusted";
  /** One for each name in it; empty when it could not be read. */
  readonly identities: readonly Identity[];
  readonly certificate?: EventCertificate;
  /** `certificate-unreadable`, `issuer-conflict`, … */
  readonly flags: readonly string[];
};

/** Judges leaf certificates against the CAs of one trusted root. */
export type LeafJudge = (der: Uint8Array) => LeafFacts;

/** A certificate signs a handful of entries, one after the other; this many are remembered, and then all are forgotten. */
const REMEMBERED_MAX = 4_096;
const ISSUER_V1 = 1;
const ISSUER_V2 = 8;

/**
 * Makes a judge that remembers its last answers by the certificate's hash. It belongs to one trusted root; another root
 * needs another judge, so an answer never crosses over.
 */
export function leafJudge(cas: readonly IssuingCa[]): LeafJudge {
  const remembered = new Map<string, LeafFacts>();
  return (der) => {
    const hash = sha256(der);
    const key = toHex(hash);
    const known = remembered.get(key);
    if (known) return known;
    const facts = judgeLeaf(der, hash, cas);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(key, facts);
    return facts;
  };
}

function judgeLeaf(der: Uint8Array, hash: Sha256, cas: readonly IssuingCa[]): LeafFacts {
  const read = parseCertificate(der);
  if (!read.ok) return { sha256: hash, chain: "untrusted", identities: [], flags: ["certificate-unreadable"] };
  const certificate = read.value;
  const { identities, flags } = identitiesOf(certificate);
  return {
    sha256: hash,
    chain: isVerified(certificate, cas) ? "verified" : "untrusted",
    identities,
    certificate: {
      sha256: hash,
      serialHex: toHex(certificate.serial),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      extensions: Object.fromEntries(Array.from(certificate.fulcio, ([id, value]) => [String(id), value])),
    },
    flags,
  };
}

/** Cheap questions first: most of what is not ours names another issuer. The time is that of issue, by the issuer's clock. */
function isVerified(leaf: Certificate, cas: readonly IssuingCa[]): boolean {
  if (leaf.isCa || leaf.ekus?.includes(EKU_CODE_SIGNING) !== true) return false;
  return cas.some(({ issuer, window }) => isWithin(leaf.notBefore, window) && isIssuedBy(leaf, issuer));
}

/**
 * Every name of a certificate with its issuer (extension `.8`, else `.1`): a search must find them all, where a verifier
 * takes certificates with one name alone. A certificate that contradicts itself about its issuer is found under both.
 */
function identitiesOf({ sans, fulcio }: Certificate): Pick<LeafFacts, "identities" | "flags"> {
  const stated = [fulcio.get(ISSUER_V2), fulcio.get(ISSUER_V1)].filter((issuer) => issuer !== undefined);
  const issuers = stated.length === 0 ? [""] : [...new Set(stated)];
  return {
    identities: sans.flatMap(({ type, value }) => issuers.map((issuer) => ({ issuer, san: value, sanType: type }))),
    flags: [
      ...(issuers.length > 1 ? ["issuer-conflict"] : []),
      ...(stated.length === 0 ? ["issuer-missing"] : []),
      ...(sans.length > 1 ? ["several-names"] : []),
    ],
  };
}
