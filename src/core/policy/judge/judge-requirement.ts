import { unreachable } from "../../bug.ts";
import type { CheckState, RequirementVerdict } from "../review-verdict.ts";
import type { Requirement } from "../trust-policy.ts";
import type { EvidenceGap, ImageEvidence } from "./image-evidence.ts";
import { judgeTerm } from "./judge-term.ts";
import type { JudgedTerm, Judging } from "./judging.ts";
import type { Term } from "../cnf.ts";
import { renderTerm } from "./render-requirement.ts";
import { earliest, type UnixMs } from "../../time.ts";

/** What a requirement comes to for one image. */
export type RequirementJudgement = {
  readonly verdict: RequirementVerdict;
  /** `satisfied`, or the code that is told first. */
  readonly code: string;
  /** All that failed or is not known: an exception has to name every one. */
  readonly codes: readonly string[];
  /** What is admitted and still worth telling: `window-outside` where the family only flags it. */
  readonly flags: readonly string[];
  /** When an age limit makes a pass end by itself. */
  readonly validUntil?: UnixMs;
};

/**
 * Judges a requirement over what was gathered (trust-policy chapter §4.1). Three values, and monotone: one more signature
 * or attestation never turns a pass into anything else.
 */
export function judgeRequirement(
  require: Requirement,
  evidence: ImageEvidence,
  judging: Judging,
): RequirementJudgement {
  const wanted = wantedTypesOf(require);
  const { verdict, codes, flags, validUntil } = judge(require, { evidence, judging, wanted });
  const isMet = verdict.state === "pass";
  const told = [...new Set(codes)];
  return {
    verdict,
    code: isMet ? "satisfied" : (told[0] ?? "no-signature"),
    codes: isMet ? [] : told,
    flags: isMet ? [...new Set(flags)] : [],
    ...(isMet && validUntil !== undefined && { validUntil }),
  };
}

type Context = { readonly evidence: ImageEvidence; readonly judging: Judging; readonly wanted: ReadonlySet<string> };

function judge(require: Requirement, context: Context): JudgedTerm {
  switch (require.op) {
    case "all":
    case "any":
    case "atLeast": {
      const n = require.op === "atLeast" ? require.n : require.op === "any" ? 1 : require.of.length;
      return combine(
        require,
        n,
        require.of.map((branch) => judge(branch, context)),
      );
    }
    case "signature":
    case "attestation":
      return judgeWhere(require, context);
    default:
      return unreachable(require);
  }
}

/** Nothing at all to combine is a fail: what has no branches was never met. */
function combine(
  { op }: { readonly op: "all" | "any" | "atLeast" },
  n: number,
  parts: readonly JudgedTerm[],
): JudgedTerm {
  const state = stateOf(
    n,
    parts.map(({ verdict }) => verdict.state),
  );
  const missed = parts.filter(({ verdict }) => verdict.state !== "pass");
  const used = parts.filter(({ verdict }) => verdict.state === "pass");
  const threshold = op === "atLeast" && state === "fail" ? ["threshold-not-met"] : [];
  const first = earliest(used.flatMap(({ validUntil }) => validUntil ?? []));
  return {
    verdict: { op, ...(op === "atLeast" && { n }), state, of: parts.map(({ verdict }) => verdict) },
    // A definite no is told before what is not known.
    codes: [...threshold, ...missed.toSorted(byState).flatMap(({ codes }) => codes)],
    flags: used.flatMap(({ flags }) => flags),
    ...(first !== undefined && { validUntil: first }),
  };
}

function byState(a: JudgedTerm, b: JudgedTerm): number {
  return Number(a.verdict.state !== "fail") - Number(b.verdict.state !== "fail");
}

/** n passes pass; too few left even with every unknown fail (as `atLeast` of core/verdict.ts, which has no empty case). */
function stateOf(n: number, states: readonly CheckState[]): CheckState {
  const passed = states.filter((state) => state === "pass").length;
  const open = states.filter((state) => state === "unknown").length;
  if (states.length === 0 || n < 1) return "fail";
  if (passed >= n) return "pass";
  return passed + open < n ? "fail" : "unknown";
}

/** On the subject, on every platform, or on either. */
function judgeWhere(term: Term, context: Context): JudgedTerm {
  switch (term.on) {
    case "subject":
      return onSubject(term, context);
    case "everyPlatform":
      return onEveryPlatform(term, context);
    case "either":
      return combine({ op: "any" }, 1, [onSubject(term, context), onEveryPlatform(term, context)]);
    default:
      return unreachable(term);
  }
}

function onSubject(term: Term, { evidence, judging, wanted }: Context): JudgedTerm {
  return judgeTerm(term, evidence.subject, { judging, wanted, signedParent: evidence.signedParent });
}

/** Each required platform; all that the index lists, where the family names none. */
function onEveryPlatform(term: Term, { evidence, judging, wanted }: Context): JudgedTerm {
  const { platforms, platformsGap } = evidence;
  const asked =
    judging.family.platforms.length > 0 ? judging.family.platforms : platforms.map(({ platform }) => platform);
  if (platformsGap) return unknownTerm(term, platformsGap);
  if (asked.length === 0) return uncovered(term, "no platform is listed");
  const parts = asked.flatMap((platform) => {
    const found = platforms.filter((listed) => listed.platform === platform);
    if (found.length === 0) return [uncovered(term, platform)];
    return found.map(({ artifact }) => judgeTerm(term, artifact, { judging, wanted, platform }));
  });
  return combine({ op: "all" }, parts.length, parts);
}

function unknownTerm(term: Term, { code }: EvidenceGap): JudgedTerm {
  return bareTerm(term, { state: "unknown", code, where: "every platform" });
}

function uncovered(term: Term, where: string): JudgedTerm {
  return bareTerm(term, { state: "fail", code: "platform-uncovered", where });
}

type Bare = { readonly state: CheckState; readonly code: string; readonly where: string };

function bareTerm(term: Term, { state, code, where }: Bare): JudgedTerm {
  const name = `${renderTerm(term)} for ${where}`;
  const verdict: RequirementVerdict = {
    op: "term",
    term: name,
    authority: term.by,
    state,
    candidates: [],
    nearest: code,
  };
  return { verdict, codes: [code], flags: [] };
}

function wantedTypesOf(require: Requirement): ReadonlySet<string> {
  if (require.op === "signature") return new Set();
  if (require.op === "attestation") return new Set([require.predicateType]);
  return new Set(require.of.flatMap((branch) => [...wantedTypesOf(branch)]));
}
