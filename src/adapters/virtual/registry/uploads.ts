import { randomUUID } from "node:crypto";
import { concatBytes } from "../../../core/bytes/bytes.ts";

/** Blob uploads that have begun and not ended. They do not outlive the process. */
export type Uploads = {
  begin(): string;
  size(id: string): number | undefined;
  /** `undefined` for an unknown upload; `"too-large"` ends it. */
  append(id: string, bytes: Uint8Array): number | "too-large" | undefined;
  /** The whole content; the upload is gone. */
  finish(id: string): Uint8Array | undefined;
};

/** Abandoned uploads are dropped, oldest first, when there are more. */
const UPLOADS_MAX = 256;

export function newUploads(bytesMax: number): Uploads {
  const open = new Map<string, { readonly parts: Uint8Array[]; size: number }>();
  return {
    begin: () => {
      const [oldest] = open.keys();
      if (open.size >= UPLOADS_MAX && oldest !== undefined) open.delete(oldest);
      const id = randomUUID();
      open.set(id, { parts: [], size: 0 });
      return id;
    },
    size: (id) => open.get(id)?.size,
    append: (id, bytes) => {
      const upload = open.get(id);
      if (!upload) return undefined;
      upload.size += bytes.length;
      if (upload.size > bytesMax) {
        open.delete(id);
        return "too-large";
      }
      upload.parts.push(bytes);
      return upload.size;
    },
    finish: (id) => {
      const upload = open.get(id);
      open.delete(id);
      return upload && concatBytes(upload.parts);
    },
  };
}
