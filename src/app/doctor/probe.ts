import { FAULTS, Fault } from "../../core/fault.ts";
import type { Check, CheckState } from "../../core/health/check.ts";
import type { ExitCode } from "../io.ts";

/** What one look at one thing found; the exit code is that of the fault behind it. */
export type ProbeResult = Check & { readonly exit?: ExitCode };

/** One link of the chain, and how to look at it. `group` is what `--only` takes. */
export type Probe = {
  readonly group: ProbeGroup;
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<ProbeResult>;
};

export const PROBE_GROUPS = ["clock", "store", "logs", "trust", "registries", "clusters", "cluster-issuer"] as const;
export type ProbeGroup = (typeof PROBE_GROUPS)[number];

export type Probed = ProbeResult & { readonly group: ProbeGroup; readonly name: string };

/** Runs all probes side by side, until the signal fires. A Fault of one is its finding; none stops another. */
export async function runProbes(probes: readonly Probe[], signal: AbortSignal): Promise<readonly Probed[]> {
  return Promise.all(
    probes.map(async ({ group, name, run }) => ({
      group,
      name,
      ...(await run(signal).catch((error: unknown) => toResult(error, signal))),
    })),
  );
}

/** What did not answer is undecided, what answered wrongly is a finding; both with the remedy of the fault. */
function toResult(error: unknown, signal: AbortSignal): ProbeResult {
  if (signal.aborted) return { state: "undecided", detail: "did not answer in the time given", fix: LONGER };
  if (!(error instanceof Fault)) throw error;
  const { exit, message, remedy } = FAULTS[error.id];
  const state: CheckState = exit === 3 ? "undecided" : "finding";
  return { state, detail: `${error.id}: ${message} (${error.subject})`, fix: remedy, exit };
}

const LONGER = "Check the network, or give it longer with --timeout.";

/** 0 when nothing is found, 4 for refused credentials, 1 for a finding, 3 when something did not answer. */
export function exitOfProbe({ state, exit }: ProbeResult): ExitCode {
  if (state === "finding") return exit === 4 || exit === 5 ? exit : 1;
  return state === "undecided" ? 3 : 0;
}
