import { undiciHttpClient } from "../../adapters/http/client.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { secret } from "../../core/secret.ts";
import type { HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import { readInput } from "../read-input.ts";

/** How a webhook is reached by whoever operates it. */
export type WebhookAddress = {
  readonly url: string;
  readonly tokenFile?: string | undefined;
  /** PEM, of the authority that its certificate is of. */
  readonly caFile?: string | undefined;
};

const ANSWER_BYTES_MAX = 1024 * 1024;
const FILE_BYTES_MAX = 64 * 1024;
const TIMEOUT_MS = 10_000;

/** What may be asked of it. */
export type WebhookQuestion = { readonly path: "/status" } | { readonly path: "/forget"; readonly digest: string };

/** Asks the admin port of a webhook. Faults: `webhook.*`, those of reading files, `http.refused`. */
export async function askWebhook(
  { url, tokenFile, caFile }: WebhookAddress,
  asked: WebhookQuestion,
  signal: AbortSignal,
): Promise<JsonObject> {
  const ca = caFile === undefined ? undefined : parseUtf8(await readInput(caFile, FILE_BYTES_MAX));
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  const http = undiciHttpClient(ca === undefined ? {} : { ca: [ca] });
  const headers = token?.use((text) => ({ authorization: `Bearer ${text}` })) ?? {};
  try {
    return readStatus(url, await http.send({ ...requestOf(url, asked), headers }, signal));
  } catch (cause) {
    const isDown = cause instanceof Fault && ["http.unreachable", "http.timeout"].includes(cause.id);
    throw isDown ? new Fault("webhook.unreachable", url, { cause }) : cause;
  } finally {
    await http.close();
  }
}

function requestOf(url: string, asked: WebhookQuestion): HttpRequest {
  const bounds = { url: url.replace(/\/+$/, "") + asked.path, bytesMax: ANSWER_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  return asked.path === "/status"
    ? { method: "GET", ...bounds }
    : { method: "POST", ...bounds, body: toUtf8(JSON.stringify({ digest: asked.digest })) };
}

function readStatus(url: string, { status, body }: HttpResponse): JsonObject {
  if (status === 401 || status === 403) throw new Fault("webhook.unauthorized", url);
  const json = readJson(body, { bytesMax: ANSWER_BYTES_MAX, depthMax: 16 });
  if (status === 200 && json.ok && isJsonObject(json.value)) return json.value;
  throw new Fault("webhook.malformed", `${url} answered ${status}`);
}

async function readToken(file: string) {
  const text = parseUtf8(await readInput(file, FILE_BYTES_MAX))?.trim() ?? "";
  if (!/^[\w.~+/=-]+$/.test(text)) throw new Fault("input.malformed", `${file}: not one token`);
  return secret(text);
}
