/** Where a reader of an audit log stands. It goes to who asks, and back; nobody else understands it. */
export type AuditPosition = { readonly file: string; readonly offset: number };

export type AuditBatch = {
  /** Events as the API server wrote them: JSON, nothing checked. */
  readonly events: readonly unknown[];
  readonly position: AuditPosition;
  /** Lines that are no JSON, or too long to be an event: counted, since what they said is not known. */
  readonly unread: number;
  /** There is more to read at once. */
  readonly isMore: boolean;
};

/**
 * The audit log of an API server, from its sink and not from the API.
 * Faults: `audit.missing` (there is no such file), `audit.unreadable`.
 */
export interface AuditSource {
  /** The events behind a position, a bounded number of them; from the start of what is there without one. */
  read(after: AuditPosition | undefined, signal: AbortSignal): Promise<AuditBatch>;
}
