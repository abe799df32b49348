import { IMAGE_CHARS } from "../../../automata/alphabet.ts";
import { unionIncludes } from "../../../automata/compare.ts";
import { compileGlob } from "../../../automata/glob.ts";
import { matchesText } from "../../../automata/matches.ts";
import { EVERYTHING, startingWith, type Program } from "../../../automata/program.ts";
import { prefixOf } from "../../facts/artifact.ts";
import { rankOfIsolation, type SigningFact } from "../../facts/fact.ts";
import {
  undecided,
  whereOf,
  type ChangeRule,
  type FactPair,
  type ManagedAccounts,
  type PipelineChange,
  type Raised,
} from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const unsignedArtifact: ChangeRule = {
  id: "unsigned-artifact",
  code: "GS014",
  source: ["change-gate chapter §5, floor"],
  check: (change) => {
    const globs = change.config.mustSign.map(compile);
    if (globs.length === 0) return [];
    const seen = new Set<SigningFact>();
    return change.pairs.flatMap((pair) => {
      const { after } = pair;
      if (!after?.producer || after.family !== "image" || seen.has(after)) return [];
      seen.add(after);
      return checkPair(pair, after, { change, globs });
    });
  },
};

/** A pattern that cannot be read asks for everything. */
function compile(glob: string): Program {
  const program = compileGlob("pc", glob);
  return program.ok ? program.value : EVERYTHING;
}

/** Whether everything that a destination can be lies inside. */
export function isInside(artifact: string, globs: readonly Program[]): boolean {
  const { text, isWhole } = prefixOf(artifact);
  if (isWhole) return globs.some((glob) => matchesText(glob, text));
  if (text === "") return false;
  return unionIncludes([startingWith(text)], globs, { domain: IMAGE_CHARS }).kind === "included";
}

type Around = { readonly change: PipelineChange; readonly globs: readonly Program[] };

function checkPair(pair: FactPair, after: SigningFact, { change, globs }: Around): readonly Raised[] {
  const { config, accounts } = change;
  const lacking = lackOf(after, accounts);
  if (lacking === undefined || !isInside(after.artifact, globs)) return [];
  // What broke the floor before is not what this change did.
  const { before } = pair;
  const isOld = before !== undefined && lackOf(before, accounts) !== undefined && isInside(before.artifact, globs);
  const said = {
    pair,
    says: `it goes where every image must be signed, and ${lacking}`,
    witness: { strength: after.strength },
    where: whereOf("head", after.producer?.node ?? after.node),
  };
  if (isOld && !config.strict) return [{ ...said, level: "warning" }];
  if (after.strength !== "unknown") return [{ ...said, level: "error" }];
  const open = {
    reason: "what may sign it is not in the tree",
    decide: "Write the signing task into the tree, or give its content with `--bundles`.",
  };
  return [undecided({ ...said, open })];
}

/** What a fact lacks of the floor. */
function lackOf({ signatures, strength }: SigningFact, accounts: ManagedAccounts): string | undefined {
  if (strength === "none") return "nothing in the tree signs it";
  if (strength !== "guaranteed") return `its signing is ${strength}`;
  const sure = signatures.filter((one) => one.strength === "guaranteed");
  const kept = sure.filter(({ isolation }) => rankOfIsolation(isolation) >= rankOfIsolation("sameTask"));
  if (kept.length === 0) return "other people's code can read the token that signs it";
  // Chains is the platform's own signer; of an account or namespace that is not in the tree nothing is known.
  const isManaged =
    accounts === undefined ||
    kept.some(({ identity }) => identity === "chains" || identity.includes("?") || accounts.isManaged(identity));
  return isManaged ? undefined : `nobody manages ${kept[0]?.identity ?? "the identity"} that signs it`;
}
