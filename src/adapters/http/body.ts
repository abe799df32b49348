import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Fault } from "../../core/fault.ts";
import { concatBytes } from "../../core/bytes/bytes.ts";
import type { HttpHeaders } from "../../ports/http-client.ts";

/** A body as it arrives, decompressed, cut off with `http.too-large` after `bytesMax`. */
export async function* boundedChunks(
  body: Readable,
  headers: HttpHeaders,
  { bytesMax, subject }: { readonly bytesMax: number; readonly subject: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = decoded(body, headers, subject);
  let read = 0;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) throw new Fault("http.malformed", subject);
    read += chunk.length;
    if (read > bytesMax) throw new Fault("http.too-large", `${subject}: more than ${bytesMax} bytes`);
    // A plain view: on a Buffer, `slice` would share memory where a Uint8Array's copies.
    yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

/** The whole of a body. A declared length over the bound is refused before anything is read. */
export async function wholeBody(
  body: Readable,
  headers: HttpHeaders,
  limit: { readonly bytesMax: number; readonly subject: string },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of boundedChunks(body, headers, limit)) chunks.push(chunk);
  return concatBytes(chunks);
}

/** gzip is understood when a server sends it unasked; anything else is an encoding nobody agreed on. */
function decoded(body: Readable, headers: HttpHeaders, subject: string): Readable {
  switch (headers["content-encoding"]?.trim().toLowerCase() ?? "") {
    case "":
    case "identity":
      return body;
    case "gzip":
    case "x-gzip":
      // The callback is only there to receive what the reader of the stream is told as well.
      return pipeline(body, createGunzip(), () => undefined);
    default:
      discard(body);
      throw new Fault("http.malformed", `${subject}: content-encoding ${headers["content-encoding"]}`);
  }
}

/** Gives a body up, and its connection with it. */
export function discard(body: Readable): void {
  body.on("error", () => undefined).destroy();
}
