import { Fault } from "../../core/fault.ts";
import type { HttpHeaders, HttpRequest } from "../../ports/http-client.ts";

/** One request of a chain of redirects. */
export type Hop = Pick<HttpRequest, "method" | "headers" | "body"> & { readonly url: URL };

/** RFC 9110 §15.4. For 301 and 302 browsers turn POST into GET; we send a body again only where that is the rule (307, 308). */
const FOLLOWED_FOR_ANY = [307, 308];
const FOLLOWED_FOR_READS = [301, 302, 303, ...FOLLOWED_FOR_ANY];

/**
 * The request that a redirect asks for; `undefined` when the answer is not one to follow. Credentials stay with the
 * origin they were meant for. Going from https to http is `http.refused`.
 */
export function nextHop(hop: Hop, answer: { readonly status: number; readonly headers: HttpHeaders }): Hop | undefined {
  const reads = hop.method === "GET" || hop.method === "HEAD";
  if (!(reads ? FOLLOWED_FOR_READS : FOLLOWED_FOR_ANY).includes(answer.status)) return undefined;
  const url = URL.parse(answer.headers["location"] ?? "", hop.url.href);
  if (answer.headers["location"] === undefined || !url) return undefined;
  if (hop.url.protocol === "https:" && url.protocol !== "https:") {
    throw new Fault("http.refused", `${hop.url.host} redirects to ${url.protocol}//${url.host}`);
  }
  if (url.origin === hop.url.origin) return { ...hop, url };
  const headers = Object.entries(hop.headers ?? {}).filter(([name]) => !CREDENTIALS.has(name.toLowerCase()));
  return { ...hop, url, headers: Object.fromEntries(headers) };
}

const CREDENTIALS = new Set(["authorization", "cookie", "proxy-authorization"]);

/** A URL as faults may show it: without query and fragment, where signed URLs carry their secret, and without credentials. */
export function subjectOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : "not a URL";
}
