import { generateKeyPairSync } from "node:crypto";
import type { EntryInclusionProof, TlogEntry } from "../../../core/bundle/bundle.ts";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { toHex } from "../../../core/bytes/hex.ts";
import { renderPem } from "../../../core/bytes/pem.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { hashBytes, sha256 } from "../../../core/digest.ts";
import type { EntryPlan } from "../../../core/drill/plan.ts";
import { renderEnvelope } from "../../../core/dsse/envelope.ts";
import { renderCanonicalJson } from "../../../core/json/canonical.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { toSetBytes } from "../../../core/verify/judge-set.ts";
import { makeSignature, type Content } from "./content.ts";
import type { DrillLog } from "./logs.ts";
import { checkpointOf, proofOf } from "./proof.ts";
import type { DrillWorld } from "./world.ts";

/** A signature that is to be logged, with who made it and when. */
export type Signed = {
  readonly content: Content;
  readonly signature: Uint8Array;
  readonly at: UnixMs;
  readonly spki: Uint8Array;
  /** Absent where the key is its owner's. */
  readonly certificate?: Uint8Array;
};

/** Logs a signature, or something in its place, and gives what a bundle holds of it. */
export async function makeEntry(world: DrillWorld, plan: EntryPlan, signed: Signed): Promise<TlogEntry> {
  const log = world.logs.logs[plan.log ?? "rekor2"];
  const { kind, apiVersion, body } = bodyOf(log, plan, signed);
  const appended = await log.engine.append(body);
  const logIndex = log.offset + appended.index;
  const logged: TlogEntry = {
    logIndex,
    logId: log.signer.keyId,
    kind: plan.shownKind ?? kind,
    apiVersion,
    integratedTime: log.generation === 1 ? secondsOf(addMs(signed.at, plan.promisedMs ?? LOGGED_MS)) : 0,
    canonicalizedBody: body,
  };
  const promise = log.generation === 1 ? await promiseOf(world, log, plan, logged) : {};
  const proof = plan.proof === "none" ? undefined : proofOf(log, plan, appended);
  const checkpoint = proof && (await checkpointOf(world, log, plan, appended));
  return {
    ...logged,
    ...promise,
    ...shownIndex(plan, logged, proof),
    ...(plan.shownMs !== undefined && { integratedTime: secondsOf(addMs(signed.at, plan.shownMs)) }),
    ...(proof && checkpoint !== undefined && { inclusionProof: { ...proof, checkpoint } }),
  };
}

/** A signature is logged a little after it was made. */
const LOGGED_MS = 5_000;

function secondsOf(at: UnixMs): number {
  return Math.floor(at / 1000);
}

async function promiseOf(
  { logs }: DrillWorld,
  { signer }: DrillLog,
  { promise }: EntryPlan,
  entry: TlogEntry,
): Promise<Pick<TlogEntry, "signedEntryTimestamp">> {
  if (promise === "none") return {};
  const by = promise === "other-key" ? logs.forger : signer;
  return { signedEntryTimestamp: await by.sign(toSetBytes(entry)) };
}

/** Of a tiled log the entry has the index of its proof, unless that is the point. */
function shownIndex(
  { index, log }: EntryPlan,
  entry: TlogEntry,
  proof: EntryInclusionProof | undefined,
): Pick<TlogEntry, "logIndex"> {
  if (index === "other") return { logIndex: entry.logIndex + 1 };
  if (index === "negative") return { logIndex: -1 };
  return { logIndex: log === undefined && proof ? proof.logIndex : entry.logIndex };
}

type Body = { readonly kind: string; readonly apiVersion: string; readonly body: Uint8Array };

function bodyOf(log: DrillLog, { body }: EntryPlan, signed: Signed): Body {
  if (body === "garbage") return { ...nameOf(log, signed), body: toUtf8(`garbage ${toHex(signed.signature)}`) };
  if (body === "other-artifact" || body === "other-signature") return render(log, strangeSignature(body, signed));
  const honest = render(log, signed);
  // As a log holds it that does not sort its members: the same to a reader, another leaf to the tree.
  return body === "reordered" ? { ...honest, body: toUtf8((parseUtf8(honest.body) ?? "").replace("{", "{ ")) } : honest;
}

/** Another signature of the same signer over something else; or of somebody else over the same. */
function strangeSignature(body: "other-artifact" | "other-signature", signed: Signed): Signed {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = toUtf8(`about something else ${toHex(signed.signature)}`);
  const { certificate: _, ...content } = { ...signed };
  if (body === "other-artifact") {
    const about: Content = { ...signed.content, payload: other, signed: other };
    return { ...signed, content: about };
  }
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  return { ...content, spki, signature: makeSignature(undefined, privateKey, signed.content.signed) };
}

function nameOf({ generation }: DrillLog, { content }: Signed): Omit<Body, "body"> {
  if (generation === 2) return { kind: "hashedrekord", apiVersion: "0.0.2" };
  return { kind: content.kind === "dsse" ? "dsse" : "hashedrekord", apiVersion: "0.0.1" };
}

/** The canonical bodies of Rekor v1 and v2 (verification chapter §2.6). */
function render(log: DrillLog, signed: Signed): Body {
  const name = nameOf(log, signed);
  const spec =
    log.generation === 2 ? tiledSpec(signed) : signed.content.kind === "dsse" ? dsseSpec(signed) : hashSpec(signed);
  return { ...name, body: toUtf8(renderCanonicalJson({ ...name, spec })) };
}

function tiledSpec({ content, signature, certificate, spki }: Signed): JsonObject {
  const key = certificate
    ? { x509Certificate: { rawBytes: toBase64(certificate) } }
    : { publicKey: { rawBytes: toBase64(spki) } };
  return {
    hashedRekordV002: {
      data: { algorithm: "SHA2_256", digest: toBase64(sha256(content.signed)) },
      signature: { content: toBase64(signature), verifier: { keyDetails: "PKIX_ECDSA_P256_SHA_256", ...key } },
    },
  };
}

function dsseSpec(signed: Signed): JsonObject {
  const { content, signature } = signed;
  const payloadType = content.kind === "dsse" ? content.payloadType : "";
  const envelope = renderEnvelope({ payload: content.payload, payloadType, signature });
  return {
    envelopeHash: hashValue(toUtf8(envelope)),
    payloadHash: hashValue(content.payload),
    signatures: [{ signature: toBase64(signature), verifier: toBase64(toUtf8(pemOf(signed))) }],
  };
}

function hashSpec(signed: Signed): JsonObject {
  return {
    data: { hash: hashValue(signed.content.signed) },
    signature: { content: toBase64(signed.signature), publicKey: { content: toBase64(toUtf8(pemOf(signed))) } },
  };
}

function hashValue(bytes: Uint8Array): JsonObject {
  return { algorithm: "sha256", value: toHex(hashBytes("sha256", bytes)) };
}

function pemOf({ certificate, spki }: Signed): string {
  return certificate ? renderPem("CERTIFICATE", certificate) : renderPem("PUBLIC KEY", spki);
}
