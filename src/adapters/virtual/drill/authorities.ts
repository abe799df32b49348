import { contextConstructed, contextPrimitive } from "../../../core/asn1/tag.ts";
import { boolean, element, octetString, oid, sequence } from "../../../core/asn1/writer.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { CaName, TsaName } from "../../../core/drill/plan.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { EKU_CODE_SIGNING, EKU_TIME_STAMPING, KEY_USAGE } from "../../../core/x509/extensions.ts";
import {
  distinguishedName,
  newIntermediate,
  newRoot,
  newSerial,
  signCertificate,
  type Authority,
  type Validity,
} from "../sigstore/certificate.ts";
import { authorityKeyId, basicConstraints, extendedKeyUsage, keyUsage, subjectKeyId } from "../sigstore/extension.ts";
import type { KeySource } from "../sigstore/keys.ts";

/** A CA that issues leaves, and what stands above it, the root last. */
export type IssuingCa = Authority & { readonly above: readonly Uint8Array[] };

/** Who signs timestamps, with what goes into a token. */
export type StampSigner = Authority & {
  readonly issuer: { readonly name: Uint8Array; readonly serial: Uint8Array };
  readonly embedded: readonly Uint8Array[];
};

/** Every authority of the drill: those that are trusted, and those that look like them. */
export type DrillAuthorities = {
  readonly cas: Readonly<Record<CaName, IssuingCa>>;
  readonly tsas: Readonly<Record<TsaName, StampSigner>>;
  /** As a trusted root lists them: the issuing or signing certificate first, the root last. */
  readonly trusted: {
    readonly cas: readonly (readonly [string, readonly Uint8Array[]])[];
    readonly tsas: readonly (readonly [string, readonly Uint8Array[]])[];
  };
};

export type AuthoritiesRequest = {
  readonly keys: KeySource;
  /** When the good ones begin; they end ten years later. */
  readonly since: UnixMs;
  readonly now: UnixMs;
};

const YEARS_MS = 10 * 365 * 86_400_000;
const DAY_MS = 86_400_000;
const ORGANIZATION = "countersign drill";
const name = (text: string): Uint8Array => distinguishedName(ORGANIZATION, text);

/** Makes them all. Those that ended did so a week before the drill. */
export async function makeAuthorities(request: AuthoritiesRequest): Promise<DrillAuthorities> {
  const { since, now } = request;
  const good = { notBefore: since, notAfter: addMs(since, YEARS_MS) };
  const ended = { notBefore: since, notAfter: addMs(now, -7 * DAY_MS) };
  const root = async (key: string, subject: string): Promise<Authority> =>
    newRoot({ key: await request.keys(key, "p256"), subject: name(subject), ...good });
  const under = async (above: Authority, key: string, subject: string, validity: Validity): Promise<IssuingCa> => ({
    ...newIntermediate(above, {
      key: await request.keys(key, "p256"),
      subject: name(subject),
      purpose: EKU_CODE_SIGNING,
      ...validity,
    }),
    above: [above.certificate],
  });

  const own = await root("root", "drill root");
  const drill = await under(own, "ca", "drill CA", good);
  const rotated = await under(own, "ca-rotated", "drill CA 2", good);
  const closing = await under(own, "ca-ended", "drill CA 0", ended);
  const constrainedCa = await makeConstrained(own, await request.keys("ca-constrained", "p256"), good);
  const cas = {
    drill,
    rotated,
    ended: closing,
    // A CA that its issuer, whose path length is 0, must not have.
    below: { ...(await under(drill, "ca-below", "drill CA below", good)), above: [drill.certificate, own.certificate] },
    constrained: { ...constrainedCa, above: [own.certificate] },
    // Everything but the keys is that of the first.
    foreign: await under(await root("foreign-root", "drill root"), "foreign-ca", "drill CA", good),
    removed: await under(await root("removed-root", "old root"), "removed-ca", "old CA", good),
    public: await under(await root("public-root", "public root"), "public-ca", "public CA", good),
  };
  const stamps = await makeStampSigners(request, { good, ended });
  return {
    cas,
    tsas: stamps.signers,
    trusted: {
      cas: [drill, rotated, closing].map((ca, i) => [`ca${i}`, [ca.certificate, ...ca.above]] as const),
      tsas: stamps.trusted,
    },
  };
}

/** May issue for one host name alone (RFC 5280 §4.2.1.10). */
async function makeConstrained(root: Authority, key: Authority["key"], validity: Validity): Promise<Authority> {
  const subject = distinguishedName(ORGANIZATION, "drill CA for one host");
  const tree = sequence([element(contextPrimitive(6), toUtf8("other.drill.example"))]);
  const constraints = sequence([
    oid("2.5.29.30"),
    boolean(true),
    octetString(sequence([element(contextConstructed(0), tree)])),
  ]);
  const extensions = [
    keyUsage(KEY_USAGE.keyCertSign),
    extendedKeyUsage(EKU_CODE_SIGNING),
    basicConstraints(0),
    constraints,
    subjectKeyId(key.spki),
    authorityKeyId(root.key.spki),
  ];
  return { key, subject, certificate: signCertificate(root, { subject, spki: key.spki, extensions, ...validity }) };
}

type Periods = { readonly good: Validity; readonly ended: Validity };
type StampSigners = {
  readonly signers: DrillAuthorities["tsas"];
  readonly trusted: DrillAuthorities["trusted"]["tsas"];
};

async function makeStampSigners({ keys }: AuthoritiesRequest, { good, ended }: Periods): Promise<StampSigners> {
  const root = async (key: string, subject: string): Promise<Authority> =>
    newRoot({ key: await keys(key, "p256"), subject: distinguishedName(ORGANIZATION, subject), ...good });
  const own = await root("tsa-root", "drill timestamp root");
  const laxCa = await root("tsa-lax-root", "drill timestamp authorities");
  const foreign = await root("tsa-foreign-root", "another timestamp root");
  const signer = async (above: Authority, key: string, change: StampChange = {}): Promise<StampSigner> =>
    makeStampSigner(above, await keys(key, "p256"), { ...good, ...change });
  const real = await signer(laxCa, "tsa-lax");
  // In the name of the real authority, by a key of its own.
  const forger = { ...laxCa, key: await keys("tsa-forger", "p256") };
  const swapped = await signer(forger, "tsa-swapped");
  const drill = await signer(own, "tsa");
  const closed = await signer(own, "tsa-ended", ended);
  return {
    signers: {
      drill,
      ended: closed,
      "lax-swapped": { ...swapped, embedded: [real.certificate, swapped.certificate] },
      "lax-uncritical": await signer(laxCa, "tsa-uncritical", { critical: false }),
      "lax-purpose": await signer(laxCa, "tsa-purpose", { purpose: EKU_CODE_SIGNING }),
      foreign: await signer(foreign, "tsa-foreign"),
    },
    trusted: [
      ["tsa0", [drill.certificate, own.certificate]],
      ["tsa1", [closed.certificate, own.certificate]],
      ["tsa2", [laxCa.certificate]],
    ],
  };
}

type StampChange = Partial<Validity> & { readonly purpose?: string; readonly critical?: boolean };

function makeStampSigner(
  above: Authority,
  key: Authority["key"],
  { notBefore, notAfter, purpose = EKU_TIME_STAMPING, critical = true }: Validity & StampChange,
): StampSigner {
  const subject = distinguishedName(ORGANIZATION, "drill timestamps");
  const serial = newSerial();
  const extensions = [
    keyUsage(KEY_USAGE.digitalSignature),
    extendedKeyUsage(purpose, critical),
    subjectKeyId(key.spki),
    authorityKeyId(above.key.spki),
  ];
  const certificate = signCertificate(above, { subject, spki: key.spki, serial, extensions, notBefore, notAfter });
  return { key, subject, certificate, issuer: { name: above.subject, serial }, embedded: [certificate] };
}
