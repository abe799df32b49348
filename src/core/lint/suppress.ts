import type { LintFinding } from "./lint.ts";

/** One line of the exceptions register: which findings are known and borne, why, by whom, and until when. */
export type LintException = {
  /** A code or a name of a rule. */
  readonly rule: string;
  /** Only in files whose path ends so; everywhere when absent. */
  readonly file?: string;
  readonly reason: string;
  readonly owner?: string;
  /** Milliseconds since 1970; an exception without an end is one given on the command line. */
  readonly expiresAt?: number;
};

export type Suppressed = {
  readonly kept: readonly LintFinding[];
  readonly ignored: readonly { readonly finding: LintFinding; readonly exception: LintException }[];
  /** Exceptions that are over, or that nothing was found for. */
  readonly idle: readonly { readonly exception: LintException; readonly why: "expired" | "nothing-found" }[];
};

/** Takes what is excepted out of a report. Nothing in a definition can do that: its author is who is judged. */
export function suppress(
  findings: readonly LintFinding[],
  exceptions: readonly LintException[],
  now: number,
): Suppressed {
  const inForce = exceptions.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  const judged = findings.map((finding) => ({
    finding,
    exception: inForce.find((exception) => covers(exception, finding)),
  }));
  const ignored = judged.flatMap(({ finding, exception }) => (exception ? [{ finding, exception }] : []));
  const idle = exceptions
    .filter((exception) => !ignored.some((one) => one.exception === exception))
    .map((exception) => ({
      exception,
      why: inForce.includes(exception) ? ("nothing-found" as const) : ("expired" as const),
    }));
  return { kept: judged.filter(({ exception }) => !exception).map(({ finding }) => finding), ignored, idle };
}

function covers({ rule, file }: LintException, finding: LintFinding): boolean {
  // What could not be read is not known, so nobody can bear it.
  if (finding.rule === "LINT-01") return false;
  const isRule = rule === finding.rule || rule === finding.name;
  return isRule && (file === undefined || finding.file === file || finding.file.endsWith(`/${file}`));
}
