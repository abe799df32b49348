import { parseBase64Url } from "../bytes/base64.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { readJson } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseUnixMs, type UnixMs } from "../time.ts";

/**
 * The claims of an identity token that signing depends on (RFC 7519; OpenID Connect Core §2; the `kubernetes.io` claim of
 * projected service-account tokens). Read, not verified: whether it is genuine is the CA's question.
 */
export type IdToken = {
  readonly issuer: string;
  readonly subject: string;
  /** In the order of the token; one or more. */
  readonly audiences: readonly string[];
  readonly issuedAt: UnixMs;
  readonly expiresAt: UnixMs;
  /** Not secret: it names the API server's audit event of the issue. */
  readonly jti?: string;
  /** Only when the issuer says that it verified it. */
  readonly email?: string;
  readonly kubernetes?: KubernetesClaim;
};

/** `pod` is there when the token is bound to one, which every projected token is. */
export type KubernetesClaim = {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod?: { readonly name: string; readonly uid: string };
};

export type TokenCode = "token-too-large" | "token-syntax" | "token-claims";

/** The size of the largest file that is taken for a token. */
export const TOKEN_BYTES_MAX = 16_384;
const CLAIMS_DEPTH_MAX = 8;
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** Reads the claims of a signed JWT in compact form (RFC 7515 §7.1). The text never appears in a refusal. */
export function readToken(text: string): Parsed<IdToken, TokenCode> {
  if (text.length > TOKEN_BYTES_MAX) return malformed("token-too-large", `${text.length} characters`);
  const [, header, payload] = COMPACT.exec(text) ?? [];
  const claims = payload === undefined ? undefined : readPart(payload);
  if (header === undefined || !readPart(header) || !claims) {
    return malformed("token-syntax", "not three base64url parts of which two are JSON objects");
  }
  return toToken(claims);
}

/** How a token says that it is signed (RFC 7515 §4.1). */
export type TokenHeader = { readonly algorithm: string; readonly keyId: string };

/** Reads the header of a signed JWT; absent members are empty, and so is all of a text that is none. */
export function readTokenHeader(text: string): TokenHeader {
  const [, header = ""] = text.length > TOKEN_BYTES_MAX ? [] : (COMPACT.exec(text) ?? []);
  const members = readPart(header);
  return { algorithm: toName(members?.["alg"]) ?? "", keyId: toName(members?.["kid"]) ?? "" };
}

function readPart(part: string): JsonObject | undefined {
  const bytes = parseBase64Url(part);
  const json = bytes && readJson(bytes, { bytesMax: TOKEN_BYTES_MAX, depthMax: CLAIMS_DEPTH_MAX });
  return json?.ok === true && isJsonObject(json.value) ? json.value : undefined;
}

function toToken(claims: JsonObject): Parsed<IdToken, TokenCode> {
  const issuer = toName(claims["iss"]);
  const subject = toName(claims["sub"]);
  const audiences = toAudiences(claims["aud"]);
  const issuedAt = toInstant(claims["iat"]);
  const expiresAt = toInstant(claims["exp"]);
  if (issuer === undefined || subject === undefined) return malformed("token-claims", "iss or sub is not a name");
  if (!audiences) return malformed("token-claims", "aud is neither a name nor a list of names");
  if (issuedAt === undefined || expiresAt === undefined) return malformed("token-claims", "iat or exp is not a time");
  const jti = toName(claims["jti"]);
  const email = claims["email_verified"] === true ? toName(claims["email"]) : undefined;
  const kubernetes = toKubernetes(claims["kubernetes.io"]);
  return parsed({
    issuer,
    subject,
    audiences,
    issuedAt,
    expiresAt,
    ...(jti !== undefined && { jti }),
    ...(email !== undefined && { email }),
    ...(kubernetes && { kubernetes }),
  });
}

function toName(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function toAudiences(value: JsonValue | undefined): readonly string[] | undefined {
  const list = isJsonArray(value) ? value : [value];
  const names = list.flatMap((item) => toName(item) ?? []);
  return names.length > 0 && names.length === list.length ? names : undefined;
}

/** NumericDate (RFC 7519 §2): seconds, possibly with a fraction, which is cut. */
function toInstant(value: JsonValue | undefined): UnixMs | undefined {
  return typeof value === "number" ? parseUnixMs(Math.trunc(value) * 1000) : undefined;
}

function toKubernetes(value: JsonValue | undefined): KubernetesClaim | undefined {
  if (!isJsonObject(value)) return undefined;
  const namespace = toName(value["namespace"]);
  const serviceAccount = isJsonObject(value["serviceaccount"]) ? toName(value["serviceaccount"]["name"]) : undefined;
  if (namespace === undefined || serviceAccount === undefined) return undefined;
  const pod = isJsonObject(value["pod"]) ? value["pod"] : undefined;
  const name = toName(pod?.["name"]);
  const uid = toName(pod?.["uid"]);
  return { namespace, serviceAccount, ...(name !== undefined && uid !== undefined && { pod: { name, uid } }) };
}

const ANY_JWT = /[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g;

/** Replaces whatever looks like a JWT, so that a server's message can be shown. */
export function redactTokens(text: string): string {
  return text.replaceAll(ANY_JWT, "[jwt]");
}
