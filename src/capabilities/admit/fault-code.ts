import { Fault, type FaultId } from "../../core/fault.ts";

/** How a failure of the world is called in a verdict (trust-policy chapter §4.2, §5.4). Every one of them denies. */
const CODES: Partial<Record<FaultId, string>> = {
  "registry.unreachable": "registry-unreachable",
  "registry.unauthorized": "registry-auth",
  "registry.refused": "registry-refused",
  "registry.malformed": "manifest-invalid",
  "registry.too-large": "too-large",
  "registry.digest-mismatch": "digest-mismatch",
  "registry.not-found": "image-not-found",
  "http.refused": "registry-refused",
  "input.malformed": "ref-invalid",
  "input.unreadable": "registry-auth",
  "trust.unreachable": "root-stale",
  "trust.invalid": "root-expired",
  "trust.pin-mismatch": "root-expired",
  "trust.rollback": "root-expired",
  "trust.expired": "root-expired",
};

/** The code and detail of what stopped a judgement; a bug is `undefined`, and nobody's to explain. */
export function codeOfFailure(error: unknown): { readonly code: string; readonly detail: string } | undefined {
  if (error instanceof Fault) return { code: CODES[error.id] ?? "registry-unreachable", detail: error.message };
  return isTimeout(error) ? { code: "deadline", detail: "there was no answer in time" } : undefined;
}

/** What an AbortSignal of ours, or of the platform, rejects with. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}
