import { toBase64 } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import type { JsonObject } from "../json/json.ts";
import type { Bundle, BundleContent, BundleKey, EntryInclusionProof, TlogEntry } from "./bundle.ts";
import { PROTO_HASH_NAMES } from "./message-digest.ts";

/** The one media type that is written. */
export const BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/**
 * Renders a bundle as v0.3 proto3 JSON, its members in canonical order, so that equal bundles are equal bytes.
 * Of a certificate chain only the leaf is written: v0.3 has no place for the rest.
 */
export function renderBundle(bundle: Bundle): Uint8Array {
  const { entries, timestamps } = bundle;
  return toUtf8(
    renderCanonicalJson({
      mediaType: BUNDLE_MEDIA_TYPE,
      verificationMaterial: {
        ...renderKey(bundle.key),
        ...(entries.length > 0 && { tlogEntries: entries.map(renderTlogEntry) }),
        ...(timestamps.length > 0 && {
          timestampVerificationData: {
            rfc3161Timestamps: timestamps.map((der) => ({ signedTimestamp: toBase64(der) })),
          },
        }),
      },
      ...renderContent(bundle.content),
    }),
  );
}

function renderKey(key: BundleKey): JsonObject {
  return key.kind === "certificate"
    ? { certificate: { rawBytes: toBase64(key.leaf) } }
    : { publicKey: { hint: key.hint } };
}

/** Renders one `TransparencyLogEntry` in proto3 JSON: 64-bit numbers as decimal strings. */
export function renderTlogEntry(entry: TlogEntry): JsonObject {
  const { signedEntryTimestamp, inclusionProof } = entry;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: toBase64(entry.logId) },
    kindVersion: { kind: entry.kind, version: entry.apiVersion },
    integratedTime: String(entry.integratedTime),
    ...(signedEntryTimestamp && {
      inclusionPromise: { signedEntryTimestamp: toBase64(signedEntryTimestamp) },
    }),
    ...(inclusionProof && { inclusionProof: renderProof(inclusionProof) }),
    canonicalizedBody: toBase64(entry.canonicalizedBody),
  };
}

function renderProof(proof: EntryInclusionProof): JsonObject {
  return {
    logIndex: String(proof.logIndex),
    rootHash: toBase64(proof.rootHash),
    treeSize: String(proof.treeSize),
    hashes: proof.hashes.map(toBase64),
    ...(proof.checkpoint !== undefined && { checkpoint: { envelope: proof.checkpoint } }),
  };
}

function renderContent(content: BundleContent): JsonObject {
  if (content.kind === "dsse") {
    return {
      dsseEnvelope: {
        payload: toBase64(content.payload),
        payloadType: content.payloadType,
        signatures: [{ sig: toBase64(content.signature), keyid: content.keyid }],
      },
    };
  }
  const { digest, signature } = content;
  return {
    messageSignature: {
      ...(digest && {
        messageDigest: { algorithm: PROTO_HASH_NAMES[digest.algorithm], digest: toBase64(digest.bytes) },
      }),
      signature: toBase64(signature),
    },
  };
}
