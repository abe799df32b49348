import { createHmac, sign } from "node:crypto";
import { toBase64, toBase64Url } from "../../../core/bytes/base64.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { CborKey, CborValue } from "../../../core/cbor/cbor.ts";
import { writeCbor } from "../../../core/cbor/write-cbor.ts";
import type { NotationPlan } from "../../../core/drill/plan.ts";
import { COSE_MEDIA_TYPE, JWS_MEDIA_TYPE } from "../../../core/notation/envelope.ts";
import { NOTATION_ARTIFACT_TYPE } from "../../../core/notation/signature-manifest.ts";
import { EMPTY_BLOB, IMAGE_MANIFEST_MEDIA_TYPE } from "../../../core/sign/referrer.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../../core/time.ts";
import type { Place, PushedImage } from "./image.ts";
import { issueSigner, type NotationPublisher } from "./notation-publisher.ts";

const PREFIX = "io.cncf.notary";
const SCHEME = "notary.x509";
const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";
const DAY_MS = 86_400_000;
const AT_A_TIME = 50;

/** Signs an image as the Notary Project does, or as it must not be, and puts that beside it. */
export async function attachNotation(
  place: Place,
  publisher: NotationPublisher,
  plan: NotationPlan,
  image: PushedImage,
): Promise<void> {
  const { registry, repository, signal } = place;
  const mediaType = plan.form === "cose" ? COSE_MEDIA_TYPE : JWS_MEDIA_TYPE;
  const made = plan.form === "cose" ? makeCose(publisher, plan, image) : makeJws(publisher, plan, image);
  await registry.pushBlob(repository, EMPTY_BLOB, signal);
  const layer = { ...(await registry.pushBlob(repository, flipped(made, plan.bytes), signal)), mediaType };
  const push = async (number: number): Promise<void> => {
    const bytes = toUtf8(JSON.stringify(manifestOf(layer, image, number)));
    await registry.pushManifest(repository, { mediaType: IMAGE_MANIFEST_MEDIA_TYPE, bytes }, signal);
  };
  const { times = 1 } = plan;
  for (let i = 0; i < times; i += AT_A_TIME) {
    const batch = Array.from({ length: Math.min(AT_A_TIME, times - i) }, (_, offset) => push(i + offset));
    // oxlint-disable-next-line no-await-in-loop -- a flood, in bounded batches
    await Promise.all(batch);
  }
}

function flipped(envelope: Uint8Array, bytes: NotationPlan["bytes"]): Uint8Array {
  return bytes === undefined ? envelope : envelope.map((byte, i) => (i === envelope.length - 20 ? byte ^ 1 : byte));
}

function manifestOf(layer: { readonly size: number }, { mediaType, digest, size }: PushedImage, number: number) {
  return {
    schemaVersion: 2,
    mediaType: IMAGE_MANIFEST_MEDIA_TYPE,
    artifactType: NOTATION_ARTIFACT_TYPE,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: EMPTY_DIGEST, size: EMPTY_BLOB.length },
    layers: [layer],
    subject: { mediaType, digest, size },
    annotations: { "dev.countersign.drill.number": String(number) },
  };
}

/** SHA-256 of `{}`. */
const EMPTY_DIGEST = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

function payloadOf({ target }: NotationPlan, { mediaType, digest, size }: PushedImage): Uint8Array {
  const targetArtifact = {
    mediaType: target === "other-type" ? "application/vnd.oci.image.index.v1+json" : mediaType,
    digest,
    size: target === "other-size" ? size + 1 : size,
  };
  return toUtf8(JSON.stringify({ targetArtifact }));
}

/** What is signed beside the payload; each critical member by its name. */
type Header = {
  readonly critical: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  readonly expiry?: UnixMs;
};

function headerOf({ header, expired }: NotationPlan, now: UnixMs): Header {
  const extra = { unknown: "dev.countersign.unknown", plugin: `${PREFIX}.verificationPlugin` };
  const name = header && extra[header];
  return {
    critical: [
      `${PREFIX}.signingScheme`,
      ...(expired ? [`${PREFIX}.expiry`] : []),
      ...(name === undefined ? [] : [name]),
    ],
    texts: { [`${PREFIX}.signingScheme`]: SCHEME, ...(name !== undefined && { [name]: "drill" }) },
    ...(expired && { expiry: addMs(now, -DAY_MS) }),
  };
}

/** Before the certificate's end in every case, and after its beginning: that nobody but the signer says so is the point. */
function signedAt(now: UnixMs): UnixMs {
  return addMs(now, -(30 * DAY_MS) - (now % 1000));
}

function makeJws(
  { key, root, now, ...publisher }: NotationPublisher,
  plan: NotationPlan,
  image: PushedImage,
): Uint8Array {
  const { critical, texts, expiry } = headerOf(plan, now);
  const header = {
    alg: plan.algorithm ?? "ES256",
    cty: PAYLOAD_TYPE,
    crit: critical,
    ...texts,
    [`${PREFIX}.signingTime`]: renderRfc3339(signedAt(now)),
    ...(expiry !== undefined && { [`${PREFIX}.expiry`]: renderRfc3339(addMs(expiry, -(expiry % 1000))) }),
  };
  const signed = toBase64Url(toUtf8(JSON.stringify(header)));
  const payload = toBase64Url(payloadOf(plan, image));
  const input = toUtf8(`${signed}.${payload}`);
  const chain = [issueSigner({ key, root, now, ...publisher }, plan), root.certificate];
  return toUtf8(
    JSON.stringify({
      payload,
      protected: signed,
      header: { x5c: chain.map(toBase64) },
      signature: toBase64Url(plan.algorithm === "HS256" ? keyedHash(key.spki, input) : ecdsa(key.privateKey, input)),
    }),
  );
}

function makeCose(
  { key, root, now, ...publisher }: NotationPublisher,
  plan: NotationPlan,
  image: PushedImage,
): Uint8Array {
  const { critical, texts } = headerOf(plan, now);
  const seconds = Math.floor(signedAt(now) / 1000);
  const header = new Map<CborKey, CborValue>([
    [1, { kind: "integer", value: COSE_ES256 }],
    [2, { kind: "array", items: critical.map(text) }],
    [3, text(PAYLOAD_TYPE)],
    ...Object.entries(texts).map(([name, value]) => [name, text(value)] as const),
    [`${PREFIX}.signingTime`, { kind: "tag", tag: 1, value: { kind: "integer", value: seconds } }],
  ]);
  const signed = byteString(writeCbor({ kind: "map", entries: header }));
  const payload = byteString(payloadOf(plan, image));
  const input = writeCbor({
    kind: "array",
    items: [text("Signature1"), signed, byteString(new Uint8Array(0)), payload],
  });
  const chain = [issueSigner({ key, root, now, ...publisher }, plan), root.certificate];
  const unsigned = new Map<CborKey, CborValue>([[X5CHAIN, { kind: "array", items: chain.map(byteString) }]]);
  const items = [
    signed,
    { kind: "map", entries: unsigned } as const,
    payload,
    byteString(ecdsa(key.privateKey, input)),
  ];
  return writeCbor({ kind: "tag", tag: COSE_SIGN1, value: { kind: "array", items } });
}

/** RFC 9052 §4.2, RFC 9053 §2.1, RFC 9360 §2. */
const COSE_SIGN1 = 18;
const COSE_ES256 = -7;
const X5CHAIN = 33;

function text(value: string): CborValue {
  return { kind: "text", value };
}

function byteString(value: Uint8Array): CborValue {
  return { kind: "bytes", value };
}

function ecdsa(key: NotationPublisher["key"]["privateKey"], input: Uint8Array): Uint8Array {
  return new Uint8Array(sign("sha256", input, { key, dsaEncoding: "ieee-p1363" }));
}

/** What whoever takes a public key for a secret would accept. */
function keyedHash(publicKey: Uint8Array, input: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", publicKey).update(input).digest());
}
