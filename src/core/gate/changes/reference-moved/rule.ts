import type { Entry } from "../../facts/entry.ts";
import type { FactReference } from "../../facts/fact.ts";
import { toFactReference } from "../../facts/signings.ts";
import {
  loosened,
  undecided,
  whereOf,
  type ChangeRule,
  type FactPair,
  type PipelineChange,
  type Raised,
} from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const referenceMoved: ChangeRule = {
  id: "reference-moved",
  code: "GS006",
  source: ["change-gate chapter §5, GS006", "tektoncd/pipeline docs/bundle-resolver.md, git-resolver.md"],
  check: (change) => {
    const entries = {
      before: new Map(change.before.entries.map((entry) => [entry.id, entry])),
      after: new Map(change.after.entries.map((entry) => [entry.id, entry])),
    };
    return change.pairs.flatMap((pair) => checkPair(pair, entries, change));
  },
};

type Entries = Readonly<Record<"before" | "after", ReadonlyMap<string, Entry>>>;

function checkPair(pair: FactPair, entries: Entries, { entryAfter }: PipelineChange): readonly Raised[] {
  const { before, after, fate } = pair;
  if (!before || fate === "retired" || before.strength === "none") return [];
  const entry = after?.entry ?? entryAfter(before.entry) ?? "";
  const old = [
    ...before.signatures.flatMap(({ references }) => references),
    ...ofEntry(entries.before.get(before.entry)),
  ];
  const now = [
    ...(after?.signatures ?? []).flatMap(({ references }) => references),
    ...ofEntry(entries.after.get(entry)),
  ];
  return old.flatMap((was) => {
    const is =
      now.find(({ role }) => role === was.role) ??
      now.find(({ reference }) => reference.name !== undefined && reference.name === was.reference.name);
    return is ? judge(was, is, pair) : [];
  });
}

function ofEntry(entry: Entry | undefined): readonly FactReference[] {
  return (entry?.references ?? []).map((reference) => toFactReference("pipeline", reference, !entry?.isOpaque));
}

function judge(was: FactReference, is: FactReference, pair: FactPair): readonly Raised[] {
  if (isComparable(was, is)) return [];
  const isOther = was.reference.kind !== is.reference.kind;
  const said = { pair, witness: { reference: is.text }, where: whereOf("head", is.reference.node) };
  if (!isOther && was.isPinned && !is.isPinned) {
    const says = `${is.role} was fixed by ${was.text}, and now is whatever ${is.text} holds at that moment`;
    return [loosened({ ...said, says })];
  }
  const says = isOther
    ? `${is.role} comes by ${is.reference.kind} instead of ${was.reference.kind}`
    : `${is.role} is ${is.text} instead of ${was.text}`;
  const open = {
    reason: `the content of ${is.isResolved ? was.text : is.text} is not in sight`,
    decide: "Give the content of both with `--bundles`, or get the change waived.",
  };
  return [undecided({ ...said, says, open })];
}

/** Whether the two say the same, or what they lead to is compared as facts. */
function isComparable(was: FactReference, is: FactReference): boolean {
  if (was.text === is.text && was.reference.kind === is.reference.kind) return true;
  if (was.isResolved && is.isResolved && (is.isPinned || !was.isPinned)) return true;
  // A reference that gets fixed leads to one of the contents that it could lead to before.
  return isOwn(is) || (!was.isPinned && is.isPinned && placeOf(was) === placeOf(is));
}

/** The tree itself holds what it means. */
function isOwn({ reference, isResolved }: FactReference): boolean {
  return reference.kind === "local" && isResolved;
}

/** The reference without what fixes or moves it. */
function placeOf({ text, reference }: FactReference): string {
  return `${reference.kind} ${text.replace(/@sha256:.*$|#.*?(?=:)/, "").replace(/:[^/:]*$/, "")}`;
}
