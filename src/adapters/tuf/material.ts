import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { renderCanonicalJson } from "../../core/json/canonical.ts";
import { isJsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import { CLIENT_TRUST_CONFIG_MEDIA_TYPE, readClientTrustConfig } from "../../core/trust/client-trust-config.ts";
import { readSigningConfig } from "../../core/trust/signing-config.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";

/** The documents of a trust domain, each one read once to be sure that it can be. */
export type TrustDocuments = { readonly trustedRoot: Uint8Array; readonly signingConfig?: Uint8Array };

/** A ClientTrustConfig holds both documents; nothing that is read here is larger. */
export const DOCUMENT_BYTES_MAX = 8_388_608;

/**
 * Takes bytes as a trusted root, or as a ClientTrustConfig, which is split into its two documents.
 * Faults: `trust.invalid`, with what is wrong in the subject after `from`.
 */
export function toDocuments(bytes: Uint8Array, from: string): TrustDocuments {
  const json = readJson(bytes, { bytesMax: DOCUMENT_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) throw new Fault("trust.invalid", `${from}: ${json.code}: ${json.detail}`);
  if (!isJsonObject(json.value) || json.value["mediaType"] !== CLIENT_TRUST_CONFIG_MEDIA_TYPE) {
    return { trustedRoot: checkTrustedRoot(bytes, from) };
  }
  const config = readClientTrustConfig(bytes);
  if (!config.ok) throw new Fault("trust.invalid", `${from}: ${config.code}: ${config.detail}`);
  // The trust id is that of the canonical form, so the spelling may change here.
  return { trustedRoot: render(json.value["trustedRoot"]), signingConfig: render(json.value["signingConfig"]) };
}

function render(value: JsonValue | undefined): Uint8Array {
  return toUtf8(renderCanonicalJson(value ?? null));
}

/** The same bytes, if they are a trusted root. */
export function checkTrustedRoot(bytes: Uint8Array, from: string): Uint8Array {
  const root = readTrustedRoot(bytes);
  if (!root.ok) throw new Fault("trust.invalid", `${from}: ${root.code}: ${root.detail}`);
  return bytes;
}

/** The same bytes, if they are a signing config. */
export function checkSigningConfig(bytes: Uint8Array, from: string): Uint8Array {
  const config = readSigningConfig(bytes);
  if (!config.ok) throw new Fault("trust.invalid", `${from}: ${config.code}: ${config.detail}`);
  return bytes;
}
