import { open } from "node:fs/promises";
import { sameDigest, sha256, toDigestRef, type Sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import { checkSigningConfig, DOCUMENT_BYTES_MAX, toDocuments } from "./material.ts";

export type FileSourceOptions = {
  /** A trusted root, or a ClientTrustConfig with both documents. */
  readonly path: string;
  /** What the operator published by another way. Without it the file is believed as it lies there. */
  readonly sha256?: Sha256;
  /** Used instead of the signing config of a ClientTrustConfig. */
  readonly signingConfigPath?: string;
};

/**
 * A trust domain whose documents are files, for where there is no network. Nothing is fetched, and a file does not grow
 * old by itself: the state is always `fresh`.
 * Faults: `trust.pin-mismatch`, `trust.invalid`, `input.missing`, `input.unreadable`, `input.too-large`.
 */
export function fileSource({ path, sha256: pin, signingConfigPath }: FileSourceOptions): TrustRootSource {
  return {
    read: async (signal) => {
      signal.throwIfAborted();
      const bytes = await readBounded(path);
      const digest = sha256(bytes);
      if (pin && !sameDigest(digest, pin)) throw new Fault("trust.pin-mismatch", `${path} is ${toDigestRef(digest)}`);
      const documents = toDocuments(bytes, path);
      const signingConfig =
        signingConfigPath === undefined
          ? documents.signingConfig
          : checkSigningConfig(await readBounded(signingConfigPath), signingConfigPath);
      return {
        trustedRoot: documents.trustedRoot,
        ...(signingConfig && { signingConfig }),
        state: "fresh",
        reason: "",
      };
    },
  };
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Fault("input.unreadable", `${path} is not a regular file`);
      if (stat.size > DOCUMENT_BYTES_MAX) throw new Fault("input.too-large", `${path}: ${stat.size} bytes`);
      const { buffer, byteOffset, byteLength } = await file.readFile();
      return new Uint8Array(buffer, byteOffset, byteLength);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new Fault(missing ? "input.missing" : "input.unreadable", path, { cause });
  }
}
