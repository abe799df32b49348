import { chainsMakes } from "../../facts/chains.ts";
import type { FactSignature } from "../../facts/fact.ts";
import type { RevisionFacts } from "../../facts/facts.ts";
import { loosened, whereOf, type ChangeRule, type FactPair } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const typeHintLost: ChangeRule = {
  id: "type-hint-lost",
  code: "GS005",
  source: ["tektoncd/chains docs/slsa-provenance.md, type hinting"],
  check: ({ pairs, after }) =>
    pairs.flatMap((pair) => {
      const { before, after: fact } = pair;
      const made = fact ?? pair.made;
      const old = before?.signatures.find(isChains);
      if (!old || pair.fate === "retired" || fact?.signatures.some(isChains) || !wouldSign(pair, after)) return [];
      return [
        loosened({
          pair,
          says: "no task puts it out by the results that Tekton Chains looks for",
          witness: {},
          where: made ? whereOf("head", made.producer?.node ?? made.node) : whereOf("base", old.node),
        }),
      ];
    }),
};

function isChains({ mechanism }: FactSignature): boolean {
  return mechanism === "chains";
}

/** Chains is configured to sign this, and nothing tells it not to. */
function wouldSign({ before, after }: FactPair, { chains, presets }: RevisionFacts): boolean {
  const fact = after ?? before;
  if (!chains || !fact) return false;
  return chainsMakes(chains, fact.family === "image" ? "oci" : "taskrun") && !presets.has(fact.entry);
}
