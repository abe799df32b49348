import type { BundleCode } from "../bundle/read.ts";
import type { TstCode } from "../cms/tst-code.ts";
import type { KeyCode } from "../crypto/public-key.ts";
import type { StatementCode } from "../dsse/statement.ts";
import type { EntryBodyCode } from "../entry/decoded-entry.ts";
import type { CheckpointCode } from "../note/judge-checkpoint.ts";
import type { NoteCode } from "../note/note.ts";
import type { CertificateCode } from "../x509/certificate-code.ts";
import type { IdentityCode } from "../x509/identity-of.ts";
import type { SctCode } from "../x509/sct.ts";

/** Every reason for which a signature is refused. Closed: tests, documents and dashboards name them. */
export type VerifyReason =
  | BundleCode
  | CertificateCode
  | TstCode
  | NoteCode
  | CheckpointCode
  | SctCode
  | KeyCode
  | IdentityCode
  | StatementCode
  | EntryBodyCode
  | SignerReason
  | LogReason
  | CountReason
  | PathReason
  | SctReason
  | IdentityReason
  | ContentReason
  | EntryReason;

/** Steps 6, 7 and 18: who may have signed. */
export type SignerReason =
  | "leaf-is-ca"
  | "cert-ku"
  | "cert-eku"
  | "bundle-root-in-chain"
  | "key-required"
  | "key-form"
  | "key-not-valid-at-time";

/** Steps 9 and 10: what a log promised and proved. */
export type LogReason =
  | "log-unknown"
  | "log-key-expired"
  | "log-index-mismatch"
  | "set-signature"
  | "checkpoint-root-mismatch"
  | "inclusion-proof"
  | "proof-index"
  | "proof-length";

/** Step 11: whether there is enough of it. */
export type CountReason = "entry-missing" | "entry-duplicate" | "time-missing";

/** Step 12. */
export type PathReason = "cert-unknown-issuer" | "cert-signature" | "cert-not-valid-at-time";

/** Step 13. */
export type SctReason = "sct-missing" | "sct-unknown-log" | "sct-log-expired" | "sct-signature";

/** Step 14. */
export type IdentityReason = "issuer-mismatch" | "identity-mismatch";

/** Steps 15 and 16: what was signed. */
export type ContentReason =
  | "message-digest-mismatch"
  | "signature"
  | "artifact-required"
  | "dsse-payload-type"
  | "subject-mismatch"
  | "predicate-type-mismatch";

/** Step 17: whether the log speaks of this very signature. */
export type EntryReason = "entry-kind-mismatch" | "entry-body-mismatch";
