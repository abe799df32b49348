import {
  quote,
  shapeOf,
  startReading,
  toArray,
  toCount,
  toFullText,
  toObject,
  toText,
  type FieldCode,
  type Reading,
} from "../json/fields.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import type { Parsed } from "../parsed.ts";
import { toValidFor, type ValidFor, type ValidityCode } from "./valid-for.ts";

/** Where to sign: Sigstore's SigningConfig v0.2 (protobuf-specs, `sigstore_trustroot.proto`). */
export type SigningConfig = {
  readonly caUrls: readonly SigningService[];
  readonly oidcUrls: readonly SigningService[];
  readonly rekorTlogUrls: readonly SigningService[];
  readonly rekorTlogConfig: ServiceSelection;
  readonly tsaUrls: readonly SigningService[];
  readonly tsaConfig: ServiceSelection;
};

export type SigningService = {
  readonly url: string;
  readonly majorApiVersion: number;
  readonly validFor: ValidFor;
  readonly operator: string;
};

/** How many of the services are to be used; `exact` with `count` >= 1. */
export type ServiceSelection =
  | { readonly selector: "any" }
  | { readonly selector: "all" }
  | { readonly selector: "exact"; readonly count: number };

export type SigningConfigCode =
  | JsonCode
  | FieldCode
  | ValidityCode
  | "signing-config-media-type"
  | "signing-config-selector"
  | "signing-config-too-many";

export const SIGNING_CONFIG_MEDIA_TYPE = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

const BYTES_MAX = 1_048_576;
const SERVICES_MAX = 64;

const CONFIG = shapeOf("signing config", [
  "mediaType",
  "caUrls",
  "oidcUrls",
  "rekorTlogUrls",
  "rekorTlogConfig",
  "tsaUrls",
  "tsaConfig",
]);
const SERVICE = shapeOf("service", ["url", "majorApiVersion", "validFor", "operator"]);
const SELECTION = shapeOf("service configuration", ["selector", "count"]);

/** Reads a signing config; version 0.2 alone, earlier ones had another shape. */
export function readSigningConfig(bytes: Uint8Array): Parsed<SigningConfig, SigningConfigCode> {
  const json = readJson(bytes, { bytesMax: BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  return json.ok ? toSigningConfig(json.value) : json;
}

/** Reads a signing config that is part of another document. */
export function toSigningConfig(value: JsonValue): Parsed<SigningConfig, SigningConfigCode> {
  const reading = startReading<SigningConfigCode>();
  const mediaType = toText(reading, isJsonObject(value) ? value["mediaType"] : undefined, "mediaType");
  if (mediaType !== SIGNING_CONFIG_MEDIA_TYPE) {
    reading.refuse("signing-config-media-type", `the media type is ${quote(mediaType)}`);
  }
  const config = toObject(reading, value, CONFIG);
  return reading.conclude({
    caUrls: toServices(reading, config["caUrls"], "caUrls"),
    oidcUrls: toServices(reading, config["oidcUrls"], "oidcUrls"),
    rekorTlogUrls: toServices(reading, config["rekorTlogUrls"], "rekorTlogUrls"),
    rekorTlogConfig: toSelection(reading, config["rekorTlogConfig"], "rekorTlogConfig"),
    tsaUrls: toServices(reading, config["tsaUrls"], "tsaUrls"),
    tsaConfig: toSelection(reading, config["tsaConfig"], "tsaConfig"),
  });
}

function toServices(
  reading: Reading<SigningConfigCode>,
  value: JsonValue | undefined,
  where: string,
): readonly SigningService[] {
  const services = toArray(reading, value, where);
  if (services.length > SERVICES_MAX) reading.refuse("signing-config-too-many", `${services.length} ${where}`);
  return services.slice(0, SERVICES_MAX).map((member) => {
    const service = toObject(reading, member, SERVICE);
    const url = toFullText(reading, service["url"], `${where}.url`);
    return {
      url,
      majorApiVersion: toCount(reading, service["majorApiVersion"], `${url}: majorApiVersion`),
      validFor: toValidFor(reading, service["validFor"], url),
      operator: toText(reading, service["operator"], `${url}: operator`),
    };
  });
}

function toSelection(
  reading: Reading<SigningConfigCode>,
  value: JsonValue | undefined,
  where: string,
): ServiceSelection {
  if (value === undefined || value === null) return { selector: "any" };
  const selection = toObject(reading, value, SELECTION);
  const selector = toText(reading, selection["selector"], `${where}.selector`);
  const count = toCount(reading, selection["count"], `${where}.count`);
  if (selector === "ANY" || selector === "ALL") return selector === "ANY" ? { selector: "any" } : { selector: "all" };
  if (selector !== "EXACT" || count === 0) {
    reading.refuse("signing-config-selector", `${where}: ${quote(selector)} with a count of ${count}`);
  }
  return { selector: "exact", count };
}
