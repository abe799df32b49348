import type { IncomingMessage, ServerResponse } from "node:http";
import { isFields } from "../../../core/pipelines/field-reader.ts";
import type { ApiObject } from "./object-table.ts";
import type { Target } from "./resources.ts";

/** Reads a body whole; `undefined` when it is larger than allowed or breaks off. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) resolve(undefined);
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(new Uint8Array(Buffer.concat(chunks))));
    request.on("error", () => resolve(undefined));
  });
}

/** Reads a body as an object, with namespace and name of the path filled in; `undefined` when it is none. */
export function readObject(body: Uint8Array, { namespace, name }: Target): ApiObject | undefined {
  const value = parseJson(new TextDecoder().decode(body));
  if (!isFields(value)) return undefined;
  const metadata = isFields(value["metadata"]) ? value["metadata"] : {};
  return {
    ...value,
    metadata: { ...metadata, ...(namespace !== "" && { namespace }), ...(name !== undefined && { name }) },
  };
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** A failure as the API writes it (`metav1.Status`). */
export function sendStatus(response: ServerResponse, code: number, reason: string, message: string): void {
  sendJson(response, code, statusOf(code, reason, message));
}

export function statusOf(code: number, reason: string, message: string): unknown {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
