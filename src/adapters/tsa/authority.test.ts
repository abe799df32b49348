import { expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { HttpClient, HttpHeaders, HttpRequest } from "../../ports/http-client.ts";
import { httpTimestampAuthority } from "./authority.ts";

const REPLY = { "content-type": "application/timestamp-reply" };
const never = new AbortController().signal;

function answering(status: number, headers: HttpHeaders): HttpClient & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    send: async (request) => {
      asked.push(request);
      return { status, headers, body: toUtf8("reply") };
    },
    stream: () => Promise.reject(new Error("not used")),
  };
}

const stamp = (http: HttpClient): Promise<Uint8Array> =>
  httpTimestampAuthority(http, { url: "https://tsa.example/api/v1/timestamp" }).stamp(Uint8Array.of(1), never);

test("posts the request to the whole URL", async () => {
  const http = answering(201, REPLY);
  expect(await stamp(http)).toEqual(toUtf8("reply"));
  expect(http.asked).toMatchObject([
    {
      method: "POST",
      url: "https://tsa.example/api/v1/timestamp",
      headers: { "content-type": "application/timestamp-query" },
      body: Uint8Array.of(1),
    },
  ]);
});

test("accepts 200 and a parameter of the content type", async () => {
  expect(await stamp(answering(200, { "content-type": "Application/timestamp-reply; x=1" }))).toEqual(toUtf8("reply"));
});

test.each<[string, number, HttpHeaders, FaultId]>([
  ["a refusal", 400, REPLY, "tsa.refused"],
  ["a missing page", 404, REPLY, "tsa.refused"],
  ["push-back", 429, REPLY, "tsa.unreachable"],
  ["an error of the server", 500, REPLY, "tsa.unreachable"],
  ["a page", 200, { "content-type": "text/html" }, "tsa.malformed"],
  ["an answer without a type", 200, {}, "tsa.malformed"],
])("takes %s for a fault", async (_, status, headers, id) => {
  await expect(stamp(answering(status, headers))).rejects.toMatchObject({ id });
});

test.each<[FaultId, FaultId]>([
  ["http.timeout", "tsa.unreachable"],
  ["http.too-large", "tsa.malformed"],
  ["http.refused", "http.refused"],
])("tells %s as %s", async (from, to) => {
  const broken = { ...answering(200, REPLY), send: () => Promise.reject(new Fault(from, "x")) };
  await expect(stamp(broken)).rejects.toMatchObject({ id: to });
});
