import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { octetString, oid, boolean, nullValue, sequence } from "../../../core/asn1/writer.ts";
import { bug, unreachable } from "../../../core/bug.ts";
import { sha256 } from "../../../core/digest.ts";
import { DRILL_ISSUER, DRILL_SAN, uri } from "../../../core/drill/good.ts";
import type { LeafPlan } from "../../../core/drill/plan.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../../../core/x509/extensions.ts";
import { parsePrecertificate, renderLeaf } from "../log/ct-chain.ts";
import type { NoteSigner } from "../log/note-signer.ts";
import { distinguishedName, newSerial, signCertificate, type CertificateBody } from "../sigstore/certificate.ts";
import {
  authorityKeyId,
  basicConstraints,
  extendedKeyUsage,
  fulcioExtension,
  keyUsage,
  poison,
  sctList,
  subjectAltNames,
  subjectKeyId,
  type SignedCertificateTimestamp,
} from "../sigstore/extension.ts";
import type { IssuingCa } from "./authorities.ts";
import type { DrillWorld } from "./world.ts";

/** Who signs: a certificate with its issuer, or a key that its owner manages. */
export type Leaf = {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  readonly certificate: Uint8Array;
  readonly ca: IssuingCa;
};

const EKU_SERVER = "1.3.6.1.5.5.7.3.1";
const MINUTE_MS = 60_000;
const LIFETIME_MS = 10 * MINUTE_MS;

/** Issues a certificate as Fulcio does, but for what the plan says. `at`: when the signature is made. */
export async function makeLeaf(world: DrillWorld, plan: LeafPlan, at: UnixMs): Promise<Leaf> {
  const ca = world.authorities.cas[plan.ca ?? "drill"];
  const { publicKey, privateKey } = generateKeys(plan.key);
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  const notBefore = addMs(at, plan.fromMs ?? -MINUTE_MS);
  const body: CertificateBody = {
    subject: plan.subject === undefined ? distinguishedName() : distinguishedName(undefined, plan.subject),
    spki,
    serial: newSerial(),
    notBefore,
    notAfter: addMs(notBefore, plan.lifetimeMs ?? LIFETIME_MS),
    extensions: extensionsOf(plan, spki, ca),
  };
  const sct = await sctFor(world, plan, { ca, body, notBefore });
  const extensions = [...body.extensions, ...(sct ? [sctList([sct])] : [])];
  return { privateKey, spki, ca, certificate: signCertificate(ca, { ...body, extensions }) };
}

function generateKeys(kind: LeafPlan["key"]): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (kind === "rsa1024") return generateKeyPairSync("rsa", { modulusLength: 1024 });
  return generateKeyPairSync("ec", { namedCurve: kind === "p224" ? "secp224r1" : "P-256" });
}

function extensionsOf(plan: LeafPlan, spki: Uint8Array, ca: IssuingCa): readonly Uint8Array[] {
  const { names = [uri(DRILL_SAN)], issuerV1 = DRILL_ISSUER, issuerV2 = DRILL_ISSUER } = plan;
  return [
    keyUsage(KEY_USAGE.digitalSignature + (plan.isCa ? KEY_USAGE.keyCertSign : 0)),
    extendedKeyUsage(plan.purpose === "server" ? EKU_SERVER : EKU_CODE_SIGNING),
    ...(plan.isCa ? [basicConstraints(0)] : []),
    subjectKeyId(spki),
    authorityKeyId(ca.key.spki),
    ...(names.length > 0 ? [subjectAltNames(names)] : []),
    ...(issuerV1 === "absent" ? [] : [fulcioExtension(1, issuerV1)]),
    ...(issuerV2 === "absent" ? [] : [fulcioExtension(8, issuerV2)]),
    ...(plan.unknownCritical ? [UNKNOWN] : []),
  ];
}

const UNKNOWN = sequence([oid("1.3.6.1.4.1.57264.99.1"), boolean(true), octetString(nullValue())]);

type Issuing = { readonly ca: IssuingCa; readonly body: CertificateBody; readonly notBefore: UnixMs };

async function sctFor(
  { logs }: DrillWorld,
  { sct }: LeafPlan,
  issuing: Issuing,
): Promise<SignedCertificateTimestamp | undefined> {
  const { body } = issuing;
  switch (sct) {
    case "none":
      return undefined;
    case "other-certificate":
      return promise(logs.ct.drill, { ...issuing, body: { ...body, serial: newSerial() } });
    case "unknown-log":
      return promise(logs.ct.unknown, issuing);
    case "flipped": {
      const good = await promise(logs.ct.drill, issuing);
      return { ...good, timestamp: good.timestamp + 1 };
    }
    case undefined:
      return promise(logs.ct.drill, issuing);
    default:
      return unreachable(sct);
  }
}

/** What a CT log does with a precertificate, without asking who sent it. */
async function promise(log: NoteSigner, { ca, body, notBefore }: Issuing): Promise<SignedCertificateTimestamp> {
  const precertificate = signCertificate(ca, { ...body, extensions: [...body.extensions, poison()] });
  const read = parsePrecertificate(precertificate);
  if (!read.ok) return bug(`a precertificate of the drill: ${read.detail}`);
  const { tbs } = read.value;
  const submission = { kind: "precert", precertificate, tbs, issuerKeyHash: sha256(ca.key.spki), chain: [] } as const;
  const signature = await log.sign(renderLeaf(submission, notBefore));
  return { logId: log.keyId, timestamp: notBefore, extensions: new Uint8Array(0), signature };
}
