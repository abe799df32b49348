import { titleOfRun } from "../facts/entry.ts";
import { unionIncludes } from "../../automata/compare.ts";
import { compileGlob } from "../../automata/glob.ts";
import { NOTHING, type Program } from "../../automata/program.ts";
import { meets } from "./accepted.ts";
import { holds } from "./box.ts";
import { placed, type IdentityFinding, type IdentityQuestion, type IdentitySide } from "./identity-question.ts";
import { accountOf, whyNotValid, type RegisterEntry } from "./register.ts";

/** GI006: an entry of the register is not taken away, or narrowed, while something of the head uses it. */
export function judgeRemoved({ before, after, now }: IdentityQuestion): readonly IdentityFinding[] {
  const old = (before.register?.entries ?? []).filter((entry) => whyNotValid(entry, now) === undefined);
  const kept = after.register?.entries ?? [];
  return old.flatMap((entry) => {
    const how = howNarrowed(
      entry,
      kept.find(({ id }) => id === entry.id),
    );
    const use = how === undefined ? undefined : useOf(entry, after);
    if (how === undefined || use === undefined) return [];
    const still = kept.find(({ id }) => id === entry.id);
    return [
      {
        code: "GI006" as const,
        isNew: true,
        says: `register entry ${entry.id} ${how}, and ${use} still uses it`,
        witness: { id: entry.id, issuer: entry.issuer, san: entry.san, usedBy: use },
        where: still ? placed("head", still.place) : placed("base", entry.place),
      },
    ];
  });
}

function howNarrowed(was: RegisterEntry, is: RegisterEntry | undefined): string | undefined {
  if (!is) return "is removed";
  if (is.issuer !== was.issuer || is.san !== was.san || is.isPattern !== was.isPattern) return "names another identity";
  if (is.state === "revoked") return "is revoked";
  const lost = was.families.filter((family) => is.families.length > 0 && !is.families.includes(family));
  if (lost.length > 0) return `no longer may sign ${lost.join(", ")}`;
  if (was.families.length === 0 && is.families.length > 0) return `may sign ${is.families.join(", ")} only`;
  const images = unionIncludes(was.images.map(programOf), is.images.map(programOf));
  return images.kind === "included" ? undefined : "may sign fewer images";
}

function programOf(glob: string): Program {
  const compiled = compileGlob("pc", glob);
  return compiled.ok ? compiled.value : NOTHING;
}

/** What of a side uses an entry: a policy that accepts it, or a run that signs as its account. */
function useOf(entry: RegisterEntry, { boxes, scene }: IdentitySide): string | undefined {
  const box = boxes.find(({ issuer, san }) => holds(issuer, entry.issuer) && meets(san, entry));
  if (box) return box.name;
  const account = accountOf(entry);
  const use = scene.accountUses.find(
    ({ signs, run, account: name }) => signs === true && `${run.owner.namespace}/${name}` === account,
  );
  return use && titleOfRun(use.run.owner);
}
