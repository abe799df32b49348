import { toHex } from "../bytes/hex.ts";
import { hasSubject, readStatement, type Statement } from "../dsse/statement.ts";
import { quote } from "../json/fields.ts";
import { malformed, type Parsed } from "../parsed.ts";
import type { MeasuredArtifact } from "./artifact.ts";
import type { VerifyPolicy } from "./policy.ts";
import type { VerifyReason } from "./reason.ts";

/** By these a subject may name an artifact; the first is asked first, since it is known already. */
const SUBJECT_ALGORITHMS = ["sha256", "sha512", "sha384"] as const;

/** Step 16: the payload is a statement about this artifact, of the kind that is asked for. */
export function judgeStatement(
  payload: Uint8Array,
  artifact: MeasuredArtifact,
  policy: VerifyPolicy,
): Parsed<Statement, VerifyReason> {
  const statement = readStatement(payload);
  if (!statement.ok) return malformed(statement.code, `the statement: ${statement.detail}`);
  const isAbout = SUBJECT_ALGORITHMS.some((algorithm) => {
    const digest = artifact.digest(algorithm);
    return digest !== undefined && hasSubject(statement.value, algorithm, toHex(digest));
  });
  if (!isAbout) return malformed("subject-mismatch", "the artifact is none of the statement's subjects");
  const { predicateType } = statement.value;
  return policy.predicateType === undefined || policy.predicateType === predicateType
    ? statement
    : malformed("predicate-type-mismatch", `the statement is of type ${quote(predicateType)}`);
}
