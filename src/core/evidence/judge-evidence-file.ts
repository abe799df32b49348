import { toHex } from "../bytes/hex.ts";
import { malformed, type Parsed } from "../parsed.ts";
import { compileTrust } from "../trust/compile-trust.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import { readTrustedRoot } from "../trust/trusted-root.ts";
import type { PrehashCheck } from "../verify/artifact.ts";
import type { EventReport, EvidenceReport } from "./evidence-report.ts";
import { judgeEvent } from "./judge-event.ts";
import { judgeContradiction, type Members } from "./judge-tree.ts";
import { judgeManifest, type ManifestHead } from "./manifest.ts";
import { readTar } from "./tar.ts";

export type EvidenceQuestion = {
  readonly file: Uint8Array;
  /** The root to judge by; without it the file's own, which shows only that the file agrees with itself. */
  readonly trustedRoot?: Uint8Array;
  readonly verifyPrehashed: PrehashCheck;
};

export const TRUSTED_ROOT_MEMBER = "trust/trusted_root.json";
const EVENT_FOLDER = /^(events\/[0-9]{3,6})\//;
const LOG_FOLDER = /^(logs\/[^/]+)\//;

/**
 * Judges an evidence file with nothing but itself and, if given, a trusted root: no network, no clock (transparency-log
 * chapter §8). Whatever is wrong with it has a code, and it never gets in the way of what else can be said.
 */
export function judgeEvidenceFile(question: EvidenceQuestion): EvidenceReport {
  const opened = openFile(question.file);
  if (!opened.ok) return { ...NOTHING, outcome: "tampered", code: opened.code, detail: opened.detail };
  const { members, head } = opened.value;
  const about = { ...NOTHING, scope: head.scope, asOf: head.asOf, notCovered: head.notCovered };
  const trust = openTrust(question.trustedRoot ?? members.get(TRUSTED_ROOT_MEMBER));
  if (!trust.ok) return { ...about, outcome: "undecided", code: trust.code, detail: trust.detail };
  const known = {
    ...about,
    trust: question.trustedRoot ? ("given" as const) : ("self-supplied" as const),
    trustId: toHex(trust.value.trustId),
  };
  const events = foldersOf(members, EVENT_FOLDER).map((folder) =>
    judgeEvent(members, folder, { trust: trust.value, verifyPrehashed: question.verifyPrehashed }),
  );
  return events.length > 0 ? concludeEvents(known, events) : concludeMisbehaviour(known, members, trust.value);
}

const NOTHING: EvidenceReport = {
  outcome: "undecided",
  code: "",
  detail: "",
  scope: "",
  trust: "none",
  events: [],
  notCovered: [],
};

function openFile(file: Uint8Array): Parsed<{ readonly members: Members; readonly head: ManifestHead }> {
  const tar = readTar(file);
  if (!tar.ok) return tar;
  const head = judgeManifest(tar.value);
  if (!head.ok) return head;
  return {
    ok: true,
    value: { members: new Map(tar.value.files.map(({ path, bytes }) => [path, bytes])), head: head.value },
  };
}

function openTrust(bytes: Uint8Array | undefined): Parsed<CompiledTrust> {
  if (!bytes) return malformed("member-missing", `no root was given, and there is no ${TRUSTED_ROOT_MEMBER}`);
  const root = readTrustedRoot(bytes);
  // Thresholds are of who admits; here each proof is judged by itself.
  return root.ok ? compileTrust(root.value, { thresholds: { sct: root.value.ctlogs.length > 0 ? 1 : 0 } }) : root;
}

function foldersOf(members: Members, pattern: RegExp): readonly string[] {
  return [...new Set([...members.keys()].flatMap((path) => pattern.exec(path)?.[1] ?? []))];
}

function concludeEvents(known: EvidenceReport, events: readonly EventReport[]): EvidenceReport {
  const checks = events.flatMap((event) => event.checks);
  const equivocated = checks.find(({ code }) => code === "equivocation");
  const failure = checks.find(({ state }) => state === "fail");
  const gap = checks.find(({ state }) => state === "unknown");
  const decisive = equivocated ?? failure ?? gap;
  const outcome = equivocated ? "log-contradicted" : failure ? "fails" : gap ? "undecided" : "holds";
  return { ...known, outcome, events, code: decisive?.code ?? "", detail: decisive?.detail ?? "" };
}

/** A file without events shows a log that contradicted itself, or nothing. */
function concludeMisbehaviour(known: EvidenceReport, members: Members, trust: CompiledTrust): EvidenceReport {
  const shown = foldersOf(members, LOG_FOLDER).map((folder) => judgeContradiction(members, folder, trust.logs));
  const proven = shown.find(({ ok }) => ok);
  if (proven?.ok) return { ...known, outcome: "log-contradicted", code: "contradiction", detail: proven.value };
  const [first] = shown;
  const problem =
    first && !first.ok ? first : malformed("nothing-shown", "the file holds neither events nor checkpoints");
  return { ...known, outcome: "fails", code: problem.code, detail: problem.detail };
}
