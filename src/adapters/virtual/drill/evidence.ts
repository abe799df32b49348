import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Bundle, BundleContent, TlogEntry } from "../../../core/bundle/bundle.ts";
import { renderBundle } from "../../../core/bundle/render.ts";
import { bug, unreachable } from "../../../core/bug.ts";
import { toBase64 } from "../../../core/bytes/base64.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { instant } from "../../../core/drill/good.ts";
import type { EntryPlan, EvidencePlan } from "../../../core/drill/plan.ts";
import { isJsonObject, type JsonObject } from "../../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../../core/json/read-json.ts";
import { addMs } from "../../../core/time.ts";
import { newIntermediate } from "../sigstore/certificate.ts";
import { makeContent, makeSignature, type Content, type SignedImage } from "./content.ts";
import { makeEntry, type Signed } from "./entry.ts";
import { makeLeaf, type Leaf } from "./leaf.ts";
import { makeStamp } from "./stamp.ts";
import type { DrillWorld } from "./world.ts";

/** A signature with all that stands behind it, as a value and as a bundle is written. */
export type Evidence = {
  readonly bundle: Bundle;
  readonly content: Content;
  readonly bytes: Uint8Array;
  /** What the CA gives beside the leaf; the older layout writes it. */
  readonly chain: readonly Uint8Array[];
};

export type ManagedKey = { readonly privateKey: KeyObject; readonly spki: Uint8Array };

/** A key that its owner manages. */
export function makeManagedKey(): ManagedKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, spki: new Uint8Array(publicKey.export({ type: "spki", format: "der" })) };
}

const HOUR_MS = 3_600_000;

/** Signs something about an image as a plan says: first whoever signs, then what, then who saw it. */
export async function makeEvidence(
  world: DrillWorld,
  plan: EvidencePlan,
  image: SignedImage,
  managed: ManagedKey | undefined,
): Promise<Evidence> {
  const at = plan.at === undefined ? addMs(world.now, -HOUR_MS) : instant(plan.at);
  const leaf = managed ? undefined : await makeLeaf(world, plan.leaf ?? {}, at);
  const { privateKey, spki } = leaf ?? managed ?? bug("nobody signs");
  const content = makeContent(plan, image);
  const signature = makeSignature(plan.signature, privateKey, content.signed);
  const signed = { content, signature, at, spki, ...(leaf && { certificate: leaf.certificate }) };
  const bundle: Bundle = {
    version: "0.3",
    key: leaf ? { kind: "certificate", leaf: leaf.certificate, chain: [] } : { kind: "public-key", hint: "drill" },
    entries: await makeEntries(world, plan.entries ?? [{}], signed),
    timestamps: (plan.stamps ?? [{}]).map((stamp) => makeStamp(world, stamp, signature, at)),
    content: toBundleContent(content, signature),
  };
  const chain = leaf ? [leaf.ca.certificate, ...leaf.ca.above] : [];
  return { bundle, content, chain, bytes: bytesOf(world, plan, bundle, leaf) };
}

async function makeEntries(
  world: DrillWorld,
  plans: readonly EntryPlan[],
  signed: Signed,
): Promise<readonly TlogEntry[]> {
  const entries: TlogEntry[] = [];
  for (const plan of plans) {
    const last = entries.at(-1);
    // oxlint-disable-next-line no-await-in-loop -- in the order of the plan
    entries.push(plan.again && last ? last : await makeEntry(world, plan, signed));
  }
  return entries;
}

function toBundleContent(content: Content, signature: Uint8Array): BundleContent {
  return content.kind === "message"
    ? { kind: "message", signature }
    : {
        kind: "dsse",
        payload: content.shown ?? content.payload,
        payloadType: content.payloadType,
        signature,
        keyid: "",
      };
}

const LARGE_BYTES = 40 * 1024 * 1024;

/** The bundle as it is stored: of the version asked for, and then what no writer would write. */
function bytesOf(world: DrillWorld, plan: EvidencePlan, bundle: Bundle, leaf: Leaf | undefined): Uint8Array {
  const honest = renderBundle(bundle);
  const bytes = plan.form === undefined || plan.form === "legacy" ? honest : toVersion(world, plan, honest, leaf);
  switch (plan.bytes) {
    case "large":
      return new Uint8Array(LARGE_BYTES).fill(0x20);
    case "digest-twice":
      return replaced(bytes, '"dsseEnvelope":{', `"dsseEnvelope":{"payload":"${toBase64(toUtf8("{}"))}",`);
    case "two-signatures":
      return replaced(bytes, '"signatures":[', `"signatures":[{"keyid":"","sig":"${toBase64(toUtf8("foreign"))}"},`);
    case undefined:
      return bytes;
    default:
      return unreachable(plan.bytes);
  }
}

function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = parseUtf8(bytes) ?? "";
  return text.includes(from) ? toUtf8(text.replace(from, to)) : bug(`a bundle without ${from}`);
}

/** Versions before 0.3 hold a chain where 0.3 holds the leaf alone. */
function toVersion(
  world: DrillWorld,
  { form = "0.2", chain }: EvidencePlan,
  bytes: Uint8Array,
  leaf: Leaf | undefined,
): Uint8Array {
  const json = readJson(bytes, { bytesMax: bytes.length, depthMax: JSON_DEPTH_MAX });
  const document: JsonObject = json.ok && isJsonObject(json.value) ? json.value : {};
  const { verificationMaterial } = document;
  const { certificate: _, ...material } = isJsonObject(verificationMaterial) ? verificationMaterial : {};
  const certificates = leaf ? [leaf.certificate, ...chainOf(world, chain, leaf)] : [];
  return toUtf8(
    JSON.stringify({
      ...document,
      mediaType: `application/vnd.dev.sigstore.bundle+json;version=${form}`,
      verificationMaterial: {
        ...material,
        x509CertificateChain: { certificates: certificates.map((der) => ({ rawBytes: toBase64(der) })) },
      },
    }),
  );
}

const THIRTY = 30;

function chainOf(world: DrillWorld, chain: EvidencePlan["chain"], { ca }: Leaf): readonly Uint8Array[] {
  switch (chain) {
    case "own-root":
      return [ca.certificate, ...ca.above];
    case "below":
      return [ca.certificate];
    case "thirty":
      return Array.from({ length: THIRTY }, () => another(world));
    case undefined:
      return [];
    default:
      return unreachable(chain);
  }
}

/** A certificate that has nothing to do with anything, but for its issuer. */
function another({ authorities: { cas }, now }: DrillWorld): Uint8Array {
  const { key, subject } = cas.rotated;
  const validity = { notBefore: now, notAfter: addMs(now, HOUR_MS) };
  return newIntermediate(cas.drill, { key, subject, purpose: "1.3.6.1.5.5.7.3.3", ...validity }).certificate;
}
