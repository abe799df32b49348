import { parseImageReference } from "../../image/reference.ts";
import type { JsonValue } from "../../json/json.ts";
import { addMs, earliest, renderRfc3339, type UnixMs } from "../../time.ts";
import { all, fail, pass, unknown, type Verdict } from "../../verdict.ts";
import { isWithinWindows } from "../build-window.ts";
import type { TimeRules } from "../trust-policy.ts";
import type { SignedTime } from "./image-evidence.ts";
import { meetsCondition } from "./judge-condition.ts";
import type { JudgedSaying, Judging } from "./judging.ts";
import type { Term } from "../cnf.ts";

const HOUR_MS = 3_600_000;
/** Clocks differ; beyond this a signature from the future says that one of them is wrong. */
const FUTURE_MS_MAX = HOUR_MS;

/** The earliest verified time: the one that counts (trust-policy chapter §1.3). */
export function earliestOf(times: readonly SignedTime[]): UnixMs | undefined {
  return earliest(times.map(({ at }) => at));
}

/** Judges when an image was signed, and under which name. */
export function judgeSigned(
  reference: string | undefined,
  times: readonly SignedTime[],
  judging: Judging,
): JudgedSaying {
  const { time, reference: rule } = judging.family;
  const at = earliestOf(times);
  const isOutside = at !== undefined && !isWithinWindows(time.windows, at, judging.clock);
  return {
    verdict: all([
      rule === "ignore" ? pass : judgeName(reference, judging.repository),
      judgeStart(time, at),
      judgeAge(time.maxAgeMs, { at, now: judging.now, code: "age-exceeded" }),
      judgeWindow(time, at, isOutside),
    ]),
    flags: isOutside && time.outside === "flag" ? ["window-outside"] : [],
    ...endOf(time.maxAgeMs, at),
  };
}

/** Judges what a statement of the right type says, and how long ago. */
export function judgeStated(
  term: Extract<Term, { readonly op: "attestation" }>,
  statement: JsonValue,
  { times, judging }: { readonly times: readonly SignedTime[]; readonly judging: Judging },
): JudgedSaying {
  const at = earliestOf(times);
  const missed = term.where.filter((condition) => !meetsCondition(condition, statement, judging.matches));
  const conditions = missed.map(({ at: tokens }) =>
    fail("predicate-condition", `/${tokens.join("/")} is not as required`),
  );
  const age = judgeAge(term.maxAgeMs, { at, now: judging.now, code: "predicate-stale" });
  return { verdict: all([age, ...conditions]), flags: [], ...endOf(term.maxAgeMs, at) };
}

function judgeName(reference: string | undefined, repository: string): Verdict<string> {
  const parsed = reference === undefined ? undefined : parseImageReference(reference);
  const isNamed = parsed?.ok === true && parsed.value.repository === repository;
  return isNamed ? pass : fail("payload-reference-mismatch", `the signature does not name ${repository}`);
}

function judgeStart({ notBefore }: TimeRules, at: UnixMs | undefined): Verdict<string> {
  if (notBefore === undefined) return pass;
  if (at === undefined) return NO_TIME;
  if (at >= notBefore) return pass;
  return fail("signed-too-early", `signed ${renderRfc3339(at)}, before ${renderRfc3339(notBefore)}`);
}

function judgeWindow({ windows, outside }: TimeRules, at: UnixMs | undefined, isOutside: boolean): Verdict<string> {
  if (windows.length === 0 || outside === "flag") return pass;
  if (at === undefined) return NO_TIME;
  return isOutside ? fail("window-outside", `signed ${renderRfc3339(at)}, outside the build windows`) : pass;
}

type Age = { readonly at: UnixMs | undefined; readonly now: UnixMs; readonly code: "age-exceeded" | "predicate-stale" };

/** One from the future would never grow old. */
function judgeAge(maxAgeMs: number | undefined, { at, now, code }: Age): Verdict<string> {
  if (maxAgeMs === undefined) return pass;
  if (at === undefined) return NO_TIME;
  if (at > addMs(now, FUTURE_MS_MAX)) return unknown("clock-unsure", `signed ${renderRfc3339(at)}, in the future`);
  if (now < at + maxAgeMs) return pass;
  return fail(
    code,
    `${Math.floor((now - at) / HOUR_MS)} hours old where ${Math.floor(maxAgeMs / HOUR_MS)} are allowed`,
  );
}

const NO_TIME: Verdict<string> = fail("time-missing", "nothing says when it was signed");

function endOf(maxAgeMs: number | undefined, at: UnixMs | undefined): { readonly validUntil?: UnixMs } {
  return maxAgeMs === undefined || at === undefined ? {} : { validUntil: addMs(at, maxAgeMs) };
}
