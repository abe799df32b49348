import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { readJson } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";

/** What an API server asks (`k8s.io/api/admission/v1`, AdmissionRequest), as far as it is read. */
export type AdmissionRequest = {
  readonly uid: string;
  readonly operation: Operation;
  readonly kind: ObjectKind;
  /** `pods`, `deployments`, … as in the URL. */
  readonly resource: string;
  /** Empty for the object itself. */
  readonly subResource: string;
  readonly namespace: string;
  /** Empty where the API server is still to make one up. */
  readonly name: string;
  readonly dryRun: boolean;
  readonly user: string;
  readonly object?: JsonObject;
  readonly oldObject?: JsonObject;
};

export type ObjectKind = { readonly group: string; readonly version: string; readonly kind: string };

export const OPERATIONS = ["CREATE", "UPDATE", "DELETE", "CONNECT"] as const;
export type Operation = (typeof OPERATIONS)[number];

export type ReviewCode =
  | "too-large"
  | "json-syntax"
  | "json-depth"
  | "json-duplicate-key"
  | "review-version"
  | "review-field"
  | "review-object";

/** The API server's own limit on a request is 3 MiB; a review carries the object twice, and an envelope. */
export const REVIEW_BYTES_MAX: number = 7 * 1024 * 1024;
/** Field managers mirror the nesting of an object in their own; 32, the limit of our own documents, is too few here. */
const DEPTH_MAX = 128;
const TEXT_CHARACTERS_MAX = 512;

const API_VERSION = "admission.k8s.io/v1";

/** Reads an AdmissionReview. Fields that are not read may be anything: a newer API server adds some. */
export function readAdmissionReview(bytes: Uint8Array): Parsed<AdmissionRequest, ReviewCode> {
  const json = readJson(bytes, { bytesMax: REVIEW_BYTES_MAX, depthMax: DEPTH_MAX });
  if (!json.ok) return json;
  const review = isJsonObject(json.value) ? json.value : {};
  if (review["apiVersion"] !== API_VERSION || review["kind"] !== "AdmissionReview") {
    return malformed("review-version", `not an AdmissionReview of ${API_VERSION}`);
  }
  const { request } = review;
  if (!isJsonObject(request)) return malformed("review-field", "request is no object");
  return readRequest(request);
}

function readRequest(request: JsonObject): Parsed<AdmissionRequest, ReviewCode> {
  const wrong: string[] = [];
  const text = (value: JsonValue | undefined, where: string): string => {
    if (value === undefined || value === null) return "";
    if (typeof value === "string" && value.length <= TEXT_CHARACTERS_MAX) return value;
    wrong.push(where);
    return "";
  };
  const uid = text(request["uid"], "uid");
  const operation = OPERATIONS.find((known) => known === request["operation"]);
  const kind = readKind(request["kind"]);
  const resource = isJsonObject(request["resource"]) ? text(request["resource"]["resource"], "resource.resource") : "";
  const userInfo = isJsonObject(request["userInfo"]) ? request["userInfo"] : {};
  const value = {
    resource,
    subResource: text(request["subResource"], "subResource"),
    namespace: text(request["namespace"], "namespace"),
    name: text(request["name"], "name"),
    user: text(userInfo["username"], "userInfo.username"),
    dryRun: request["dryRun"] === true,
  };
  if (uid === "" || resource === "" || !isFlag(request["dryRun"])) wrong.push("uid, resource or dryRun");
  if (wrong.length > 0) return malformed("review-field", `request: ${wrong.join(", ")}`);
  if (!operation || !kind) return malformed("review-field", "request: operation or kind");
  const objects = readObjects(request, kind);
  return objects.ok ? parsed({ uid, operation, kind, ...value, ...objects.value }) : objects;
}

function isFlag(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value === "boolean";
}

function readKind(value: JsonValue | undefined): ObjectKind | undefined {
  if (!isJsonObject(value)) return undefined;
  const { group, version, kind } = value;
  return typeof group === "string" && typeof version === "string" && typeof kind === "string"
    ? { group, version, kind }
    : undefined;
}

type Objects = Pick<AdmissionRequest, "object" | "oldObject">;

/** An object of another kind than the request speaks of would be looked at in the wrong places. */
function readObjects(request: JsonObject, kind: ObjectKind): Parsed<Objects, "review-object"> {
  const found: { object?: JsonObject; oldObject?: JsonObject } = {};
  for (const name of ["object", "oldObject"] as const) {
    const value = request[name];
    if (value === undefined || value === null) continue;
    if (!isJsonObject(value)) return malformed("review-object", `request.${name} is no object`);
    if (!isOfKind(value, kind)) return malformed("review-object", `request.${name} is not of the kind of the request`);
    found[name] = value;
  }
  return parsed(found);
}

function isOfKind(object: JsonObject, { group, version, kind }: ObjectKind): boolean {
  return object["kind"] === kind && object["apiVersion"] === (group === "" ? version : `${group}/${version}`);
}
