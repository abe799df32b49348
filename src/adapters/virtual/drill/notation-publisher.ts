import { contextConstructed, contextPrimitive } from "../../../core/asn1/tag.ts";
import {
  bitString,
  element,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  time,
  utf8String,
} from "../../../core/asn1/writer.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { signatureAlgorithm } from "../../../core/crypto/algorithm.ts";
import { DRILL_PUBLISHER } from "../../../core/drill/good.ts";
import type { NotationPlan } from "../../../core/drill/plan.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../../../core/x509/extensions.ts";
import {
  algorithmOf,
  newRoot,
  newSerial,
  signBytes,
  signCertificate,
  type Authority,
} from "../sigstore/certificate.ts";
import { authorityKeyId, extendedKeyUsage, keyUsage, subjectKeyId } from "../sigstore/extension.ts";
import type { KeyPair, KeySource } from "../sigstore/keys.ts";
import { serve, type Listening } from "../serve.ts";

/** A publisher of the Notary Project: a CA of his own, a signing key, and a server of lists of revocations. */
export type NotationPublisher = {
  readonly root: Authority;
  readonly key: KeyPair;
  readonly now: UnixMs;
  /** `http://127.0.0.1:<port>`. */
  readonly listUrl: string;
  /** Puts a serial on the list. */
  readonly revoke: (serial: Uint8Array) => void;
  readonly close: () => Promise<void>;
};

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

export async function openNotationPublisher(keys: KeySource, now: UnixMs): Promise<NotationPublisher> {
  const validity = { notBefore: addMs(now, -5 * YEAR_MS), notAfter: addMs(now, 5 * YEAR_MS) };
  const root = newRoot({ key: await keys("notation-root", "p256"), subject: nameOf("Authority"), ...validity });
  const revoked: Uint8Array[] = [];
  const lists: Listening = await serve(() => ({ status: 200, body: renderList(root, revoked, now) }), 0);
  return {
    root,
    key: await keys("notation-signer", "p256"),
    now,
    listUrl: lists.url,
    revoke: (serial) => void revoked.push(serial),
    close: () => lists.close(),
  };
}

/** The certificate of a signature: of the unit asked for, in its period or after it, with or without a list. */
export function issueSigner(publisher: NotationPublisher, { unit = "Release", certificate }: NotationPlan): Uint8Array {
  const { root, key, now, listUrl } = publisher;
  const serial = newSerial();
  if (certificate === "revoked") publisher.revoke(serial);
  const place = { revoked: `${listUrl}/list`, "list-unreachable": UNREACHABLE, ended: undefined };
  const url = certificate && place[certificate];
  const extensions = [
    keyUsage(KEY_USAGE.digitalSignature),
    extendedKeyUsage(EKU_CODE_SIGNING),
    subjectKeyId(key.spki),
    authorityKeyId(root.key.spki),
    ...(url === undefined ? [] : [listPoint(url)]),
  ];
  const body = {
    subject: nameOf(unit),
    spki: key.spki,
    serial,
    extensions,
    notBefore: addMs(now, -2 * YEAR_MS),
    notAfter: addMs(now, certificate === "ended" ? -DAY_MS : YEAR_MS),
  };
  return signCertificate(root, body);
}

/** Nothing listens there (RFC 6761: `.invalid` never resolves). */
const UNREACHABLE = "http://lists.drill.invalid/list";

/** C, ST and O are what the Notary Project asks of every identity. */
function nameOf(unit: string): Uint8Array {
  const parts: readonly (readonly [string, Uint8Array])[] = [
    ["2.5.4.6", printableString("CH")],
    ["2.5.4.8", utf8String("Zurich")],
    ["2.5.4.10", utf8String(DRILL_PUBLISHER)],
    ["2.5.4.11", utf8String(unit)],
  ];
  return sequence(parts.map(([id, value]) => set([sequence([oid(id), value])])));
}

/** cRLDistributionPoints with one URL (RFC 5280 §4.2.1.13). */
function listPoint(url: string): Uint8Array {
  const fullName = element(contextConstructed(0), element(contextPrimitive(6), toUtf8(url)));
  const point = sequence([element(contextConstructed(0), fullName)]);
  return sequence([oid("2.5.29.31"), octetString(sequence([point]))]);
}

/** A list of revocations of version 2 (RFC 5280 §5.1), good for a day. */
function renderList({ key, subject }: Authority, serials: readonly Uint8Array[], now: UnixMs): Uint8Array {
  const algorithm = signatureAlgorithm(algorithmOf(key));
  const since = addMs(now, -DAY_MS);
  const entries = serials.map((serial) => sequence([integer(serial), time(since)]));
  const tbs = sequence([
    integer(1),
    algorithm,
    subject,
    time(since),
    time(addMs(now, DAY_MS)),
    ...(entries.length > 0 ? [sequence(entries)] : []),
  ]);
  return sequence([tbs, algorithm, bitString(signBytes(key, tbs))]);
}
