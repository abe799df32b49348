import { IMAGE_CHARS } from "../../automata/alphabet.ts";
import { compileGlob } from "../../automata/glob.ts";
import type { InclusionAnswer } from "../../automata/includes.ts";
import { matchesText } from "../../automata/matches.ts";
import { exactly, NOTHING, type Program } from "../../automata/program.ts";
import { holds, isWithin, type BoxTexts, type IdentityBox } from "./box.ts";
import { issuableSans } from "./issuable.ts";
import { placed, type IdentityFinding, type IdentityQuestion } from "./identity-question.ts";
import { nearMissOf } from "./near-miss.ts";
import { whyNotValid, type IdentityRegister, type RegisterEntry, type RegisterIssuer } from "./register.ts";

/**
 * GI001, GI002, GI008: what the policies of the head accept is managed, for the images and kinds that the register says,
 * and its issuers are written as the register writes them.
 */
export function judgeAccepted(question: IdentityQuestion): readonly IdentityFinding[] {
  const { before, after } = question;
  const { register } = before;
  if (!register) return [];
  const known = new Set(before.boxes.map(({ key }) => key));
  return after.boxes.flatMap((box) => {
    const around = { ...question, register, isNew: !known.has(box.key) };
    const valid = register.entries.filter((entry) => isCovering(entry, box, around));
    return [...unknownIssuer(box, around), ...unmanaged(box, valid, around), ...outside(box, valid, around)];
  });
}

type Around = IdentityQuestion & { readonly register: IdentityRegister; readonly isNew: boolean };

/** Whether an entry counts for a box: valid now, and under the same root where both are known. */
function isCovering(entry: RegisterEntry, { roots }: IdentityBox, { now, config }: Around): boolean {
  if (whyNotValid(entry, now) !== undefined) return false;
  const anchors = config.trustRoots[entry.root];
  return (
    roots === undefined || anchors === undefined || roots.every((root) => root === entry.root || anchors.includes(root))
  );
}

/** Issuers of the box that the register does not know at all. */
function unknownIssuer(box: IdentityBox, around: Around): readonly IdentityFinding[] {
  const { register } = around;
  const urls = [
    ...new Set([...register.issuers.map(({ url }) => url), ...register.entries.map(({ issuer }) => issuer)]),
  ];
  const answer = exactOutside(box.issuer, urls) ?? isWithin(box.issuer, { positive: urls.map(exactly) });
  if (answer.kind === "included") return [];
  if (answer.kind === "stopped") return [undecided(box, around, "its issuers")];
  const issuer = answer.text;
  const where = placed("head", box.place);
  const near = nearMissOf(issuer, urls);
  const said = { isNew: around.isNew, where };
  return [
    {
      ...said,
      code: "GI001",
      says: `${box.name} accepts tokens of ${issuer}, an issuer that the register does not have`,
      witness: { issuer, san: firstOf(box.san) ?? "any" },
    },
    ...(near === undefined
      ? []
      : [
          {
            ...said,
            code: "GI008" as const,
            says: `${box.name} accepts the issuer ${issuer}; the managed one is ${near.issuer}, which differs by ${near.by}. Issuers are compared character by character`,
            witness: { issuer, managed: near.issuer },
          },
        ]),
  ];
}

function exactOutside({ exact }: BoxTexts, urls: readonly string[]): InclusionAnswer | undefined {
  if (exact === undefined) return undefined;
  return urls.includes(exact)
    ? { kind: "included", steps: 0 }
    : { kind: "witness", text: exact, canonical: true, steps: 0 };
}

/** Of each issuer that the register knows: what can be issued and the box accepts, and no entry has. */
function unmanaged(box: IdentityBox, valid: readonly RegisterEntry[], around: Around): readonly IdentityFinding[] {
  return issuersOf(around.register).flatMap((issuer) => {
    if (!holds(box.issuer, issuer.url)) return [];
    const managed = valid.filter((entry) => entry.issuer === issuer.url);
    const answer = isWithin(box.san, {
      positive: managed.map(({ sans }) => sans),
      clip: [issuableSans(issuer.type, issuer.domain, around.patterns)],
    });
    if (answer.kind === "included") return [];
    if (answer.kind === "stopped") return [undecided(box, around, `what it accepts of ${issuer.url}`)];
    return [toUnmanaged(box, { issuer: issuer.url, san: answer.text }, around)];
  });
}

/** Issuers of entries that `issuers` does not list can issue anything. */
function issuersOf({ issuers, entries }: IdentityRegister): readonly Pick<RegisterIssuer, "url" | "type" | "domain">[] {
  const listed = new Set(issuers.map(({ url }) => url));
  const others = new Set(entries.map(({ issuer }) => issuer).filter((url) => !listed.has(url)));
  return [...issuers, ...[...others].map((url) => ({ url, type: "ci-provider" as const, domain: "" }))];
}

function toUnmanaged(
  box: IdentityBox,
  witness: { readonly issuer: string; readonly san: string },
  { register, now, isNew }: Around,
): IdentityFinding {
  const entry = register.entries.find((one) => one.issuer === witness.issuer && matchesText(one.sans, witness.san));
  const because = entry && (whyNotValid(entry, now) ?? `register entry ${entry.id} has another trust root`);
  return {
    code: "GI001",
    isNew,
    tier: "issuable",
    says: `${box.name} accepts ${witness.san}, which nobody manages${because === undefined ? "" : `: ${because}`}`,
    witness: { ...witness, ...(because !== undefined && { because }) },
    where: placed("head", box.place),
  };
}

/** Entries of the box that are accepted for images, or kinds of artifact, that they may not sign. */
function outside(box: IdentityBox, valid: readonly RegisterEntry[], around: Around): readonly IdentityFinding[] {
  const met = valid.filter((entry) => holds(box.issuer, entry.issuer) && meets(box.san, entry));
  return met.flatMap((entry) => {
    // The same identity may have several entries, for different images.
    const same = met.filter((one) => one.issuer === entry.issuer && one.san === entry.san);
    if (same[0] !== entry) return [];
    return [...outsideImages(box, same, around), ...outsideFamilies(box, same, around)];
  });
}

function outsideImages(
  box: IdentityBox,
  entries: readonly RegisterEntry[],
  around: Around,
): readonly IdentityFinding[] {
  const [entry] = entries;
  if (!entry) return [];
  const allowed = entries.flatMap(({ images }) => images.flatMap(imagePrograms));
  const asked = box.images.length === 0 ? [{ inside: [], outside: [] }] : box.images;
  const answers = asked.map((images) => isWithin(images, { positive: allowed, domain: IMAGE_CHARS }));
  const found = answers.find(({ kind }) => kind === "witness") ?? answers.find(({ kind }) => kind === "stopped");
  if (found?.kind === "stopped") return [undecided(box, around, "the images it is about")];
  if (found?.kind !== "witness") return [];
  return [
    {
      code: "GI002",
      isNew: around.isNew,
      says: `${box.name} accepts ${entry.san} for ${found.text}, and register entry ${entry.id} may sign ${entry.images.join(", ")} only`,
      witness: { issuer: entry.issuer, san: entry.san, image: found.text },
      where: placed("head", box.place),
    },
  ];
}

/** A pattern of repositories is about every tag and digest in them. */
function imagePrograms(glob: string): readonly Program[] {
  return [glob, `${glob}:**`, `${glob}@**`].map((one) => {
    const compiled = compileGlob("pc", one);
    return compiled.ok ? compiled.value : NOTHING;
  });
}

function outsideFamilies(
  box: IdentityBox,
  entries: readonly RegisterEntry[],
  { isNew }: Around,
): readonly IdentityFinding[] {
  const [entry] = entries;
  const isFree = entries.some(({ families }) => families.length === 0);
  const lacking = isFree
    ? []
    : (box.families ?? []).filter((family) => !entries.some(({ families }) => families.includes(family)));
  if (!entry || lacking.length === 0) return [];
  return [
    {
      code: "GI002",
      isNew,
      says: `${box.name} accepts ${lacking.join(", ")} by ${entry.san}, and register entry ${entry.id} may sign ${entry.families.join(", ")} only`,
      witness: { issuer: entry.issuer, san: entry.san, families: lacking },
      where: placed("head", box.place),
    },
  ];
}

/** Whether a box accepts some identity of an entry; a question that was stopped counts as yes. */
export function meets(san: BoxTexts, { sans, san: text, isPattern }: RegisterEntry): boolean {
  if (!isPattern) return holds(san, text);
  return isWithin(san, { positive: [], clip: [sans] }).kind !== "included";
}

function firstOf(texts: BoxTexts): string | undefined {
  if (texts.exact !== undefined) return texts.exact;
  const answer = isWithin(texts, { positive: [] });
  return answer.kind === "witness" ? answer.text : undefined;
}

function undecided(box: IdentityBox, { isNew }: Around, what: string): IdentityFinding {
  return {
    code: "GC006",
    isNew,
    level: "undecided",
    says: `${box.name}: ${what} could not be compared with the register within the budget`,
    where: placed("head", box.place),
    open: {
      reason: "the search was stopped by its budget",
      decide: "Write the pattern simpler, or list the identities.",
    },
  };
}
