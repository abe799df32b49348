import { unreachable } from "../bug.ts";
import type { ImageVerdict } from "../policy/review-verdict.ts";
import type { UnixMs } from "../time.ts";
import type { RunningImage } from "./running-image.ts";

/** What the policy in force says of an image that runs. Nothing is stopped by it. */
export type ReverifiedImage = {
  readonly running: RunningImage;
  readonly verdict: ImageVerdict;
  /** Of the namespace. */
  readonly mode: "enforce" | "audit";
  /** When this verdict was reached; not when it was last repeated. */
  readonly at: UnixMs;
  /** `production r17`; empty while no policy is loaded. */
  readonly policy: string;
  /** What the family asks for, as people read it. */
  readonly needs: string;
};

/** The five results of a policy report. */
export type ReportResult = "pass" | "fail" | "warn" | "error" | "skip";

/** A verdict as a report has it: what could not be found out is an error and never a pass, nor a fail. */
export function resultOf({ verdict, mode }: Pick<ReverifiedImage, "verdict" | "mode">): ReportResult {
  switch (verdict.outcome) {
    case "satisfied":
      return "pass";
    case "denied":
      return mode === "audit" ? "warn" : "fail";
    case "unknown":
    // Nothing was there before: whoever says "unchanged" of what runs has not looked.
    case "unchanged":
      return "error";
    case "excepted":
    case "broken-glass":
      return "warn";
    case "exempt":
      return "skip";
    default:
      return unreachable(verdict.outcome);
  }
}
