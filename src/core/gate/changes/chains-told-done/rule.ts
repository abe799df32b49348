import { loosened, whereOf, type ChangeRule, type FactPair } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsToldDone: ChangeRule = {
  id: "chains-told-done",
  code: "GS003",
  source: ["tektoncd/chains pkg/chains/annotations/annotations.go"],
  check: ({ before, after, pairs, entryAfter }) => {
    const old = new Set([...before.presets.keys()].map(entryAfter));
    return [...after.presets].flatMap(([entry, node]) => {
      if (old.has(entry)) return [];
      const said = {
        says: "chains.tekton.dev/signed is preset, so Tekton Chains takes the run for done and signs nothing",
        where: whereOf("head", node),
      };
      const hit = pairs.filter((pair) => bySignedChains(pair) && entryAfter(pair.before?.entry ?? "") === entry);
      return hit.length > 0
        ? hit.map((pair) => loosened({ ...said, pair, witness: {} }))
        : [loosened({ ...said, witness: { entry } })];
    });
  },
};

function bySignedChains({ before }: FactPair): boolean {
  return before?.signatures.some(({ mechanism }) => mechanism === "chains") === true;
}
