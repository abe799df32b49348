/** One request, bounded in size and time. */
export type HttpRequest = {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The most bytes of body, after decompression, that are read; more is `http.too-large`. */
  readonly bytesMax: number;
  /** From the call to the last byte of the body. */
  readonly timeoutMs: number;
  /** How many redirects are followed; 0 unless given. A redirect never carries `authorization` to another host. */
  readonly redirectsMax?: number;
};

/** Header names in lower case; repeated headers joined with `, `. */
export type HttpHeaders = Readonly<Record<string, string>>;
export type HttpResponse = { readonly status: number; readonly headers: HttpHeaders; readonly body: Uint8Array };
export type HttpStream = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
};

/**
 * How clients of HTTP systems share one dispatcher without knowing it. Any status is an answer, not a failure.
 * Faults: `http.unreachable` (name, connection, TLS), `http.timeout`, `http.too-large`, `http.malformed`, `http.refused`
 * (the address is not allowed: plain http off loopback, link-local, from outside to a private address by a redirect).
 * When `signal` fires first, the promise rejects with its reason.
 */
export interface HttpClient {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** As `send`, with the body as it arrives; `timeoutMs` then bounds the time to the headers and each pause between chunks. */
  stream(request: HttpRequest, signal: AbortSignal): Promise<HttpStream>;
}
