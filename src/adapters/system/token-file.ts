import { open, type FileHandle } from "node:fs/promises";
import { constants } from "node:fs";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { TOKEN_BYTES_MAX } from "../../core/identity/token.ts";
import { secret, type Secret } from "../../core/secret.ts";
import type { TokenSource } from "../../ports/token-source.ts";

/** Where a projected service-account token lies unless configured; cosign looks at the same place. */
export const TOKEN_PATH = "/var/run/sigstore/cosign/oidc-token";

/** Reads the token from a file at each use, since the kubelet rewrites it. The content is kept nowhere. */
export function tokenFile(path: string): TokenSource {
  return {
    read: async (signal) => {
      signal.throwIfAborted();
      const file = await opened(path);
      try {
        return await content(file, path);
      } finally {
        await file.close();
      }
    },
  };
}

/** `O_NONBLOCK`, or a pipe at the path would hold us until somebody writes to it. */
async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new Fault(cause.code === "ENOENT" ? "token.missing" : "token.unreadable", path, { cause });
  }
}

async function content(file: FileHandle, path: string): Promise<Secret<string>> {
  if (!(await file.stat()).isFile()) throw new Fault("token.unreadable", `${path} is not a regular file`);
  const buffer = new Uint8Array(TOKEN_BYTES_MAX + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  if (bytesRead > TOKEN_BYTES_MAX) throw new Fault("token.unreadable", `${path}: more than ${TOKEN_BYTES_MAX} bytes`);
  const text = parseUtf8(buffer.subarray(0, bytesRead));
  if (text === undefined) throw new Fault("token.unreadable", `${path} is not text`);
  return secret(text.trim());
}
