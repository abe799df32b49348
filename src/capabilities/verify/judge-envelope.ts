import { concludeNotation } from "../../core/notation/conclude-notation.ts";
import { judgeNotation, type JudgedNotation, type NotationContext } from "../../core/notation/judge-notation.ts";
import type { RevocationQuestion, RevocationReply } from "../../core/x509/assess-revocation.ts";
import type { RevocationSource } from "../../ports/revocation-source.ts";

/** An envelope of a Notary Project signature, as it was found. */
export type Envelope = { readonly mediaType: string; readonly bytes: Uint8Array };

/**
 * How long to wait: `signal` ends the judgement; `patience`, called with the first question, ends the asking about
 * revocation, which is then not known.
 */
export type Patience = { readonly signal: AbortSignal; readonly patience?: () => AbortSignal };

/** Certificates of a chain and of a time stamp's, by the places that one may name. */
const QUESTIONS_MAX = 32;

/** Judges an envelope to the end: by itself, and then by what core asks about revocation, until it can conclude. */
export function judgeEnvelope(
  revocation: RevocationSource,
): (envelope: Envelope, context: NotationContext, patience: Patience) => Promise<JudgedNotation> {
  return async ({ mediaType, bytes }, context, patience) => {
    const { rules, now } = context;
    const judged = judgeNotation(mediaType, bytes, context);
    const replies: RevocationReply[] = [];
    for (;;) {
      const conclusion = concludeNotation(judged, { rules, replies, now });
      if (conclusion.kind === "judged") {
        revocation.keep(replies, conclusion.kept);
        return conclusion.judged;
      }
      const { question } = conclusion;
      const isEnough = replies.length >= QUESTIONS_MAX;
      // oxlint-disable-next-line no-await-in-loop -- what is asked next depends on what was answered
      replies.push(isEnough ? { question, gap: "too many places to ask" } : await ask(revocation, question, patience));
    }
  };
}

async function ask(
  revocation: RevocationSource,
  question: RevocationQuestion,
  { signal, patience }: Patience,
): Promise<RevocationReply> {
  const late = patience?.();
  if (!late) return revocation.ask(question, signal);
  if (late.aborted) return { question, gap: LATE };
  try {
    return await revocation.ask(question, AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    return { question, gap: LATE };
  }
}

const LATE = "no answer in the time that there is for one image";
