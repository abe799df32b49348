import type { Secret } from "../core/secret.ts";

/**
 * The identity token of this workload. Read anew for each use: the kubelet rewrites the file at 80 % of its life.
 * Faults: `token.missing`, `token.unreadable` (not a regular file, over 16 KiB, not text).
 */
export interface TokenSource {
  read(signal: AbortSignal): Promise<Secret<string>>;
}
