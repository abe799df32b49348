import { integer } from "../../../core/asn1/writer.ts";
import { bug } from "../../../core/bug.ts";
import { parseBase64 } from "../../../core/bytes/base64.ts";
import { renderPem } from "../../../core/bytes/pem.ts";
import type { HashName } from "../../../core/digest.ts";
import { isJsonObject } from "../../../core/json/json.ts";
import { readJson } from "../../../core/json/read-json.ts";
import type { UnixMs } from "../../../core/time.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import type { Authority } from "./certificate.ts";
import { newTimestamper, parseTimestampRequest, toTimestampRequest, type TimestampRequest } from "./timestamp.ts";

export type TsaOptions = ListenOptions & {
  readonly now: () => UnixMs;
  /** Signs the timestamps; its certificate has the one, critical purpose of time-stamping. */
  readonly signer: Authority;
  /** Its issuers, the root last. */
  readonly chain: readonly Uint8Array[];
};

const REQUEST_BYTES_MAX = 16 * 1024;

/** Starts a timestamp authority with the endpoints of Sigstore's (RFC 3161 over HTTP, and its JSON form). */
export async function startTsa(options: TsaOptions): Promise<Listening> {
  const { now, signer, chain } = options;
  const certificate = parseCertificate(signer.certificate);
  if (!certificate.ok) return bug(`certificate of the timestamp authority: ${certificate.detail}`);
  const stamp = newTimestamper(signer, { name: certificate.value.issuer, serial: certificate.value.serial });
  const headers = { "content-type": "application/pem-certificate-chain" };
  const body = [signer.certificate, ...chain].map((der) => renderPem("CERTIFICATE", der)).join("");
  return serve(
    (exchange) => {
      switch (`${exchange.method} ${exchange.path}`) {
        case "POST /api/v1/timestamp":
          return answer(exchange, (request) => stamp(request, now()));
        case "GET /api/v1/timestamp/certchain":
          return { status: 200, headers, body };
        default:
          return exchange.path === "/ping" ? { status: 200 } : jsonReply(404, { code: 404, message: "not found" });
      }
    },
    REQUEST_BYTES_MAX,
    options,
  );
}

function answer(exchange: Exchange, stamp: (request: TimestampRequest) => Uint8Array): Reply {
  const type = exchange.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/timestamp-query" && type !== "application/json") {
    return jsonReply(415, { code: 415, message: "unsupported media type" });
  }
  const request = type === "application/json" ? parseJson(exchange.body) : parseTimestampRequest(exchange.body);
  if (!request) return jsonReply(400, { code: 400, message: "the timestamp request is malformed or its hash is weak" });
  return { status: 201, headers: { "content-type": "application/timestamp-reply" }, body: stamp(request) };
}

const HASHES: ReadonlyMap<unknown, HashName> = new Map([
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
]);

/** The form that @sigstore/sign sends (timestamp-authority `openapi.yaml`, JSONRequest). */
function parseJson(body: Uint8Array): TimestampRequest | undefined {
  const json = readJson(body, { bytesMax: REQUEST_BYTES_MAX, depthMax: 2 });
  if (!json.ok || !isJsonObject(json.value)) return undefined;
  const { artifactHash, hashAlgorithm, certificates, nonce } = json.value;
  const hash = HASHES.get(hashAlgorithm);
  const digest = typeof artifactHash === "string" ? parseBase64(artifactHash) : undefined;
  if (!hash || !digest) return undefined;
  const isNumber = typeof nonce === "number" && Number.isSafeInteger(nonce) && nonce >= 0;
  return toTimestampRequest({
    hash,
    digest,
    nonce: isNumber ? integer(nonce).subarray(2) : undefined,
    certReq: certificates === true,
  });
}
