import type { EvidenceReport } from "../../core/evidence/evidence-report.ts";
import { judgeEvidenceFile } from "../../core/evidence/judge-evidence-file.ts";
import type { VerifyPrehashed } from "../../ports/prehash-verifier.ts";

export type VerifyEvidence = (file: Uint8Array, trustedRoot?: Uint8Array) => EvidenceReport;

/** Verifies an evidence file with nothing but itself and, if given, a trusted root. */
export function verifyEvidence(verifyPrehashed: VerifyPrehashed): VerifyEvidence {
  return (file, trustedRoot) => judgeEvidenceFile({ file, verifyPrehashed, ...(trustedRoot && { trustedRoot }) });
}
