import { unreachable } from "../bug.ts";
import type { Expected } from "./drill-case.ts";

/** What a verifier said of one artifact. `not-run`: it was not asked, or could not be. */
export type DrillAnswer =
  | { readonly kind: "admitted"; readonly detail: string }
  | {
      readonly kind: "refused";
      /** In our words, the gravest first; empty where the verifier has none. */
      readonly codes: readonly string[];
      readonly detail: string;
    }
  | { readonly kind: "not-run"; readonly detail: string };

/** `wrong` says in what way: admitting what must be refused is the one that matters. */
export type DrillOutcome =
  | { readonly outcome: "ok" | "not-run"; readonly detail: string }
  | { readonly outcome: "wrong"; readonly way: "admit" | "deny" | "reason"; readonly detail: string };

/**
 * Judges an answer. A verifier with words of its own is right when it refuses; one that speaks our codes has to give a
 * correct one, since a refusal for another reason would be none on the day that the other reason is gone.
 */
export function judgeAnswer(expected: Expected, answer: DrillAnswer): DrillOutcome {
  const { detail } = answer;
  switch (answer.kind) {
    case "not-run":
      return { outcome: "not-run", detail };
    case "admitted":
      return expected.kind === "admit" ? { outcome: "ok", detail } : { outcome: "wrong", way: "admit", detail };
    case "refused":
      return judgeRefusal(expected, answer.codes, detail);
    default:
      return unreachable(answer);
  }
}

function judgeRefusal(expected: Expected, codes: readonly string[], detail: string): DrillOutcome {
  if (expected.kind === "admit") return { outcome: "wrong", way: "deny", detail };
  const [first] = codes;
  if (first === undefined || expected.codes.includes(first)) return { outcome: "ok", detail };
  return { outcome: "wrong", way: "reason", detail };
}
