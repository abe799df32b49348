import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A verification case of the public suite (sigstore-conformance); paths are of `CONFORMANCE`. */
export type ConformanceCase = {
  readonly id: string;
  readonly expect: "pass" | "fail";
  readonly firstReason: string;
  readonly bundle: string;
  readonly artifact: string;
  readonly trustedRoot: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly key?: string;
};

export const CONFORMANCE = resolve(
  process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures",
  "verification/conformance",
);
const INDEX = join(CONFORMANCE, "index.json");

/** None where the fixtures are missing: suites over them are skipped then. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = existsSync(INDEX)
  ? (JSON.parse(readFileSync(INDEX, "utf8")) as { readonly cases: readonly ConformanceCase[] }).cases
  : [];

export function readConformance(file: string): Buffer {
  return readFileSync(join(CONFORMANCE, file));
}
