import { parsePem, renderPem } from "../../core/bytes/pem.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { toBase64 } from "../../core/bytes/base64.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import { redactTokens } from "../../core/identity/token.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type {
  AcceptedIssuer,
  CertificateAuthority,
  CertificateRequest,
  IssuedCertificate,
} from "../../ports/certificate-authority.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../ports/http-client.ts";

export type FulcioOptions = {
  /** The base, without `/api/v2`. */
  readonly url: string;
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 256 * 1024;
const CERTIFICATES_MAX = 10;
const MESSAGE_CHARACTERS_MAX = 300;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "fulcio.unreachable",
  "http.timeout": "fulcio.unreachable",
  "http.too-large": "fulcio.malformed",
  "http.malformed": "fulcio.malformed",
};

/**
 * A Fulcio, by its v2 API (fulcio `fulcio.proto`). One attempt a call: the token has to be read anew for the next one,
 * which is the caller's. Redirects are not followed: the request carries a bearer token.
 */
export function fulcioAuthority(http: HttpClient, options: FulcioOptions): CertificateAuthority {
  const base = options.url.replace(/\/+$/, "");
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const send = async (request: Pick<HttpRequest, "method" | "url" | "body" | "headers">, signal: AbortSignal) => {
    try {
      return await http.send({ ...request, bytesMax: ANSWER_BYTES_MAX, timeoutMs, redirectsMax: 0 }, signal);
    } catch (error) {
      throw renameFault(error, TRANSPORT);
    }
  };
  return {
    issuers: async (signal) => {
      const url = `${base}/api/v2/configuration`;
      const answer = await send({ method: "GET", url }, signal);
      if (answer.status === 404) return []; // before Fulcio 1.0
      return toIssuers(readAnswer(answer, url), url);
    },
    issue: async (request, signal) => {
      const url = `${base}/api/v2/signingCert`;
      const headers = { "content-type": "application/json" };
      const answer = await send({ method: "POST", url, headers, body: renderRequest(request) }, signal);
      return toCertificate(readAnswer(answer, url), url);
    },
  };
}

function renderRequest({ token, publicKey, proofOfPossession }: CertificateRequest): Uint8Array {
  const publicKeyRequest = {
    publicKey: { algorithm: "ECDSA", content: renderPem("PUBLIC KEY", publicKey) },
    proofOfPossession: toBase64(proofOfPossession),
  };
  return token.use((oidcIdentityToken) =>
    toUtf8(JSON.stringify({ credentials: { oidcIdentityToken }, publicKeyRequest })),
  );
}

/** The document of a good answer; the Fault of a bad one, with the server's words. */
function readAnswer({ status, body }: HttpResponse, url: string): JsonObject {
  if (status !== 200 && status !== 201) throw new Fault(faultOf(status), `${url}: ${status} ${messageOf(body)}`);
  const json = readJson(body, { bytesMax: ANSWER_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) throw new Fault("fulcio.malformed", `${url}: ${json.detail}`);
  if (!isJsonObject(json.value)) throw new Fault("fulcio.malformed", `${url}: not a JSON object`);
  return json.value;
}

/** 400 is what Fulcio says to a bad token or proof. A gateway's 429 and any 5xx pass; the rest means another kind of server. */
function faultOf(status: number): FaultId {
  if (status === 429 || status >= 500) return "fulcio.unreachable";
  return [400, 401, 403, 422].includes(status) ? "fulcio.refused" : "fulcio.malformed";
}

/** Fulcio's messages may quote the token. */
function messageOf(body: Uint8Array): string {
  const json = readJson(body, { bytesMax: ANSWER_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const message = json.ok && isJsonObject(json.value) ? json.value["message"] : undefined;
  const text = typeof message === "string" ? message : (parseUtf8(body) ?? "");
  return redactTokens(text).replaceAll(/\s+/g, " ").trim().slice(0, MESSAGE_CHARACTERS_MAX);
}

function toIssuers(document: JsonObject, url: string): readonly AcceptedIssuer[] {
  const issuers = document["issuers"] ?? [];
  if (!isJsonArray(issuers)) throw new Fault("fulcio.malformed", `${url}: issuers is not a list`);
  return issuers.map((entry) => {
    if (!isJsonObject(entry)) throw new Fault("fulcio.malformed", `${url}: an issuer is not an object`);
    const exact = toText(entry["issuerUrl"]);
    return {
      issuer: exact === "" ? toText(entry["wildcardIssuerUrl"]) : exact,
      wildcard: exact === "",
      audience: toText(entry["audience"]),
      challengeClaim: toText(entry["challengeClaim"]),
      issuerType: toText(entry["issuerType"]),
    };
  });
}

function toText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function toCertificate(document: JsonObject, url: string): IssuedCertificate {
  const embedded = document["signedCertificateEmbeddedSct"];
  const signed = embedded ?? document["signedCertificateDetachedSct"];
  const chain = isJsonObject(signed) && isJsonObject(signed["chain"]) ? signed["chain"]["certificates"] : undefined;
  if (!isJsonArray(chain) || chain.length === 0 || chain.length > CERTIFICATES_MAX) {
    throw new Fault("fulcio.malformed", `${url}: no chain of 1 to ${CERTIFICATES_MAX} certificates`);
  }
  const certificates = chain.map((pem) => {
    const [certificate, ...more] = parsePem(toText(pem), "CERTIFICATE") ?? [];
    if (!certificate || more.length > 0)
      throw new Fault("fulcio.malformed", `${url}: a certificate is not one PEM block`);
    return certificate;
  });
  return { chain: certificates, sct: embedded === undefined ? "detached" : "embedded" };
}
