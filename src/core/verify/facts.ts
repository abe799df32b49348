import type { Sha256 } from "../digest.ts";
import type { Statement } from "../dsse/statement.ts";
import type { Identity } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";
import type { Certificate } from "../x509/certificate.ts";

/** What was proven on the way, also where the verdict is a failure: each member stands only when its own step passed. */
export type VerifyFacts = {
  /** The trusted root judged against. */
  readonly trustId: Sha256;
  readonly times: readonly ProvenTime[];
  readonly entries: readonly ProvenEntry[];
  /** The certificate, as soon as it is well-formed and fit for signing code; by whom it is issued says `issuedBy`. */
  readonly leaf?: Certificate;
  /** The base URI of the CA in the trusted root. */
  readonly issuedBy?: string;
  /** As the certificate says it; proven once `issuedBy` is there. */
  readonly identity?: Identity;
  /** Fulcio's extensions of the leaf, by the last arc of their number. */
  readonly extensions: ReadonlyMap<number, string>;
  /** Of an attestation, once its signature is good. */
  readonly statement?: Statement;
  /** Evidence by authorities outside the trust domain. It counts for nothing. */
  readonly ignored: readonly Ignored[];
};

/** A time at which the signature existed, and who says so. */
export type ProvenTime = {
  readonly at: UnixMs;
  readonly source: "log" | "tsa";
  /** Base URL of the log, or URI of the authority. */
  readonly by: string;
  /** Two times of one group are one witness. */
  readonly group: string;
};

/** A log entry that a known log stands for. */
export type ProvenEntry = {
  /** Base URL. */
  readonly log: string;
  readonly group: string;
  readonly logId: Uint8Array;
  /** As in the bundle. */
  readonly logIndex: number;
  /** Whether a SET, or a proof in a log with one index only, covers `logIndex`. */
  readonly isIndexProven: boolean;
  /** Position and size of the proven tree; absent where there is a promise only. */
  readonly inclusion?: { readonly index: number; readonly treeSize: number; readonly origin: string };
  readonly hasSet: boolean;
  /** Position in the bundle. */
  readonly position: number;
};

export type Ignored = { readonly what: "entry" | "timestamp" | "sct"; readonly detail: string };
