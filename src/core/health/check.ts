/** What one look at one thing found. `finding`: it is wrong; `warn`: it works and should not stay so; `undecided`: it could not be seen. */
export type CheckState = "ok" | "finding" | "undecided" | "warn";

/** The answer to one question about a service. */
export type Check = {
  readonly state: CheckState;
  /** One sentence: what is true. */
  readonly detail: string;
  /** What to do; absent when there is nothing to do. */
  readonly fix?: string;
};

/** Something that was asked for: the answer, or why there is none. */
export type Asked<T> =
  | { readonly kind: "answer"; readonly value: T }
  | {
      readonly kind: "none";
      /** Of the Fault that came instead; absent where it was never asked. */
      readonly fault?: string;
      /** Why, for people. */
      readonly detail: string;
    };

const SEVERITY: readonly CheckState[] = ["ok", "warn", "undecided", "finding"];

/** The gravest of some checks, with the sentences of all; the fix is that of the gravest. */
export function gravest(checks: readonly [Check, ...Check[]]): Check {
  const worst = checks.reduce((a, b) => (SEVERITY.indexOf(b.state) > SEVERITY.indexOf(a.state) ? b : a));
  const detail = [...new Set(checks.map((check) => check.detail))].join("; ");
  return { ...worst, detail };
}
