import type { SigningFact } from "../../facts/fact.ts";
import { undecided, whereOf, type ChangeRule, type FactPair } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const notInSight: ChangeRule = {
  id: "not-in-sight",
  code: "GS016",
  source: ["change-gate chapter §5, GS016"],
  check: ({ pairs }) =>
    pairs.flatMap((pair) => {
      const { before, after } = pair;
      const fact = after ?? before;
      if (!before || !fact || !isOpen(pair, before)) return [];
      return [
        undecided({
          pair,
          says: "what signs it is not in sight",
          witness: {},
          where: pair.hidden ? whereOf("head", pair.hidden) : whereOf(after ? "head" : "base", fact.node),
          open: {
            reason: reasonOf(pair, fact),
            decide: "Give the content of both with `--bundles`, or write the definition into the tree.",
          },
        }),
      ];
    }),
};

function reasonOf({ hidden }: FactPair, { signatures }: SigningFact): string {
  if (hidden) return "what makes and signs it now is not in the tree";
  const text = signatures[0]?.references.map((one) => one.text).join(", ") ?? "";
  return text === "" ? "a script could not be read" : `the content of ${text} is not in the tree`;
}

function isOpen(pair: FactPair, before: SigningFact): boolean {
  const { fate, strength } = pair;
  if (before.strength === "none" || fate === "retired" || isUnchanged(pair)) return false;
  // What was not in sight may have been surer than what is.
  return strength === "unknown" || (before.strength === "unknown" && strength !== "guaranteed");
}

/** The same references and scripts, run in the same way, say the same on both sides. */
function isUnchanged({ before, after }: FactPair): boolean {
  return before?.strength === "unknown" && after?.strength === "unknown" && saidBy(before) === saidBy(after);
}

function saidBy({ signatures }: SigningFact): string {
  return signatures
    .map(({ strength, references, node, identity, lowered, guards }) => {
      const script = node.kind === "scalar" ? node.text : "";
      const content = references.length > 0 ? references.map(({ text }) => text).join() : script;
      const ways = lowered.map(({ by, why }) => `${by} ${why}`).toSorted();
      const waits = guards.map(({ task, isSure }) => `${task} ${isSure}`).toSorted();
      return JSON.stringify([strength, content, identity, ways, waits]);
    })
    .join("\n");
}
