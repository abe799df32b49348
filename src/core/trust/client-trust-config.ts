import { quote, shapeOf, startReading, toObject, toText, type FieldCode } from "../json/fields.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import { parsed, type Parsed } from "../parsed.ts";
import { toSigningConfig, type SigningConfig, type SigningConfigCode } from "./signing-config.ts";
import { toTrustedRoot, type TrustedRoot, type TrustedRootCode } from "./trusted-root.ts";

/** Both documents of a trust domain in one file, for where there is no network (`sigstore_trustroot.proto`, ClientTrustConfig). */
export type ClientTrustConfig = { readonly trustedRoot: TrustedRoot; readonly signingConfig: SigningConfig };

export type ClientTrustConfigCode =
  | JsonCode
  | FieldCode
  | TrustedRootCode
  | SigningConfigCode
  | "client-trust-media-type";

export const CLIENT_TRUST_CONFIG_MEDIA_TYPE = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";

const BYTES_MAX = 8_388_608;
const CONFIG = shapeOf("client trust config", ["mediaType", "trustedRoot", "signingConfig"]);

export function readClientTrustConfig(bytes: Uint8Array): Parsed<ClientTrustConfig, ClientTrustConfigCode> {
  const json = readJson(bytes, { bytesMax: BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok ? toClientTrustConfig(json.value) : json;
}

function toClientTrustConfig(value: JsonValue): Parsed<ClientTrustConfig, ClientTrustConfigCode> {
  const reading = startReading<ClientTrustConfigCode>();
  const mediaType = toText(reading, isJsonObject(value) ? value["mediaType"] : undefined, "mediaType");
  if (mediaType !== CLIENT_TRUST_CONFIG_MEDIA_TYPE) {
    reading.refuse("client-trust-media-type", `the media type is ${quote(mediaType)}`);
  }
  const shape = reading.conclude(toObject(reading, value, CONFIG));
  if (!shape.ok) return shape;
  const trustedRoot = toTrustedRoot(shape.value["trustedRoot"] ?? null);
  if (!trustedRoot.ok) return trustedRoot;
  const signingConfig = toSigningConfig(shape.value["signingConfig"] ?? null);
  if (!signingConfig.ok) return signingConfig;
  return parsed({ trustedRoot: trustedRoot.value, signingConfig: signingConfig.value });
}
