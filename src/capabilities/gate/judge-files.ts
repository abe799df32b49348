import { sameBytes } from "../../core/bytes/bytes.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { GateCode } from "../../core/gate/codes.ts";
import { toFinding, type GateFinding, type GateFindingDraft } from "../../core/gate/finding.ts";
import type { GateGap, GatePart } from "../../core/gate/report.ts";
import { isLfsPointer, looksLikePolicy, looksLikeTemplate } from "../../core/gate/tree/policy-words.ts";
import type { FileProblem } from "../../core/pipelines/definitions/definition-file.ts";
import type { GatheredChange } from "./gather-change.ts";
import { isWaiverPath, type GateSide } from "./gather-side.ts";

const SYSTEM = "gate";
/** Git LFS, specification v1: pointers are smaller. */
const POINTER_BYTES_MAX = 1024;

/** Judges the files themselves: what could not be read, what is not rendered, and whether the change touches what it is judged by. */
export function judgeFiles(change: GatheredChange): GatePart {
  const { base, head } = change;
  const sides = [
    ["base", base],
    ["head", head],
  ] as const;
  const unread = sides.flatMap(([revision, side]) => unreadOf(change, revision, side));
  return {
    systems: [],
    findings: [
      ...sides.flatMap(([revision, side]) => problemsOf(revision, side)),
      ...unread.flatMap(({ finding }) => finding ?? []),
      ...pointersOf(change),
      ...modulesOf(change),
      ...ownChanges(change),
      ...sides.flatMap(([revision, side]) => unreadWaivers(revision, side)),
      ...outsideOf(head),
    ],
    waivers: [],
    notCovered: unread.flatMap(({ gap }) => gap ?? []),
  };
}

type Side = "base" | "head";
type Told = Pick<GateFindingDraft, "level" | "message"> & {
  readonly code: GateCode;
  readonly revision: Side;
  readonly file: string;
  readonly line?: number;
  readonly decide?: string;
};

function tell({ code, level, message, revision, file, line = 1, decide }: Told): GateFinding {
  return toFinding({
    code,
    level,
    message,
    system: SYSTEM,
    where: { revision, file, line, pointer: "" },
    ...(level === "undecided" && { verdict: "UNDECIDED" }),
    ...(decide !== undefined && { open: { reason: message, decide } }),
  });
}

/** Links out of the tree, pipes, too many files. */
function problemsOf(revision: Side, { problems }: GateSide): readonly GateFinding[] {
  return problems.map(({ path, why }) =>
    tell({ code: "GP020", level: "malformed", message: `${path} ${why}`.trim(), revision, file: path || "." }),
  );
}

type Unread = { readonly finding?: GateFinding; readonly gap?: GateGap };

/** Manifests that are none, once each: one that did not change is told of the head. */
function unreadOf(change: GatheredChange, revision: Side, side: GateSide): readonly Unread[] {
  return side.manifests.flatMap(({ path, problems }) => {
    const [problem] = problems;
    const text = parseUtf8(side.contents.get(path) ?? new Uint8Array());
    if (!problem || (text !== undefined && isLfsPointer(text))) return [];
    if (revision === "base" && isSame(change, path)) return [];
    return [toUnread(change, { revision, path, text, problem })];
  });
}

type UnreadFile = {
  readonly revision: Side;
  readonly path: string;
  readonly text: string | undefined;
  readonly problem: FileProblem;
};

function toUnread(change: GatheredChange, { revision, path, text, problem }: UnreadFile): Unread {
  const { message, at } = problem;
  const place = { revision, file: path, line: at.line };
  if (text !== undefined && !looksLikePolicy(text))
    return {
      gap: { what: path, why: `not read, because it says nothing of trust or signing: ${message}`, file: path },
    };
  if (text !== undefined && looksLikeTemplate(text)) {
    if (change.isRendered)
      return { gap: { what: path, why: "a template; what was given as rendered was judged", file: path } };
    const decide = "compare rendered files, or exclude it in gate.yaml of the base";
    const isOpen = !isSame(change, path);
    const told = { code: "GC002", message: `a template that is not rendered: ${message}`, ...place } as const;
    return { finding: tell(isOpen ? { ...told, level: "undecided", decide } : { ...told, level: "warning" }) };
  }
  // What the base enforced is not known then; that it was nothing must not be concluded.
  if (revision === "base") {
    const decide = "correct the file in a change of its own, by the owners of the base";
    return {
      finding: tell({
        code: "GP020",
        level: "undecided",
        message: `unreadable in the base: ${message}`,
        decide,
        ...place,
      }),
    };
  }
  return { finding: tell({ code: "GP020", level: "malformed", message, ...place }) };
}

/** Files whose content is elsewhere (Git LFS). */
function pointersOf(change: GatheredChange): readonly GateFinding[] {
  return [...change.head.contents].flatMap(([path, bytes]) => {
    // A pointer is some lines.
    const text = bytes.length < POINTER_BYTES_MAX ? parseUtf8(bytes) : undefined;
    if (text === undefined || !isLfsPointer(text)) return [];
    const told = {
      code: "GC002",
      message: "the content is in Git LFS and was not read",
      revision: "head",
      file: path,
    } as const;
    if (isSame(change, path)) return [tell({ ...told, level: "warning" })];
    return [
      tell({
        ...told,
        level: "undecided",
        decide: "keep policies in Git itself, or exclude the file in gate.yaml of the base",
      }),
    ];
  });
}

/** Other repositories in the tree: what they hold is not known, only whether they are the same. */
function modulesOf({ base, head }: GatheredChange): readonly GateFinding[] {
  const before = new Map(base.modules.map(({ path, id }) => [path, id]));
  const after = new Map(head.modules.map(({ path, id }) => [path, id]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    if (before.get(path) === after.get(path)) return [];
    const message = "another repository (a submodule) stands here, and the change moves it; what is in it was not read";
    const decide = "judge that repository by itself, or exclude the path in gate.yaml of the base";
    const revision = after.has(path) ? "head" : "base";
    return [tell({ code: "GC002", level: "undecided", message, revision, file: path, decide })];
  });
}

/** The change touches what changes are judged by: it is told, and does not count yet. */
function ownChanges({ base, head }: GatheredChange): readonly GateFinding[] {
  // Of waivers their own judgement tells.
  const paths = [...new Set([...base.own.keys(), ...head.own.keys()])].filter((path) => !isWaiverPath(path));
  return paths.flatMap((path) => {
    const [before, after] = [base.own.get(path), head.own.get(path)];
    if (before && after && sameBytes(before, after)) return [];
    const what = before ? (after ? "changed" : "removed") : "added";
    const message = `${what}: the change is judged without it, by the base; it needs the approval of its owners`;
    return [tell({ code: "GC001", level: "warning", message, revision: after ? "head" : "base", file: path })];
  });
}

/** A waiver that cannot be read covers nothing, and is not what was approved. */
function unreadWaivers(revision: Side, { waivers }: GateSide): readonly GateFinding[] {
  return waivers.flatMap(({ path, problems }) =>
    problems.map(({ message, at }) =>
      tell({ code: "GC005", level: "malformed", message, revision, file: path, line: at.line }),
    ),
  );
}

function outsideOf({ outside }: GateSide): readonly GateFinding[] {
  return [...outside].flatMap(([path, bytes]) => {
    const text = parseUtf8(bytes);
    if (text === undefined || !looksLikePolicy(text)) return [];
    const message = "looks like a policy or a pipeline, and gate.yaml of the base leaves it out";
    return [tell({ code: "GC004", level: "warning", message, revision: "head", file: path })];
  });
}

function isSame({ base, head }: GatheredChange, path: string): boolean {
  const [before, after] = [base.contents.get(path), head.contents.get(path)];
  return before !== undefined && after !== undefined && sameBytes(before, after);
}
