import type { KeptReply, RevocationQuestion, RevocationReply } from "../core/x509/assess-revocation.ts";

/**
 * Whoever answers for revocation: OCSP responders and servers of lists. Answers are bytes that nobody has judged yet; a
 * place that does not answer is a reply with a gap, not a fault, since the next place may.
 */
export interface RevocationSource {
  /** Asks, or gives the answer that was kept. Rejects only with the reason of the signal. */
  ask(question: RevocationQuestion, signal: AbortSignal): Promise<RevocationReply>;
  /** Keeps answers that have been judged good, each until it runs out: what is kept unjudged could be poisoned. */
  keep(replies: readonly RevocationReply[], kept: readonly KeptReply[]): void;
}
