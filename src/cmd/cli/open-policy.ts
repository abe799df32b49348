import type { Io } from "../../app/io.ts";
import type { PolicySetup } from "../../app/wiring/policy-set.ts";
import { Fault } from "../../core/fault.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import type { PolicyDocuments, PolicySetReading } from "../../core/policy/read/read-set.ts";

/** Reads a policy set; what it takes is loaded when a command runs. */
export async function openPolicySet(setup: PolicySetup): Promise<PolicySetReading> {
  return (await import("../../app/wiring/policy-set.ts")).openPolicySet(setup);
}

/** A policy set that has no error; ends that have passed are none here. Faults: `input.malformed` with the first problem. */
export async function openWhole(
  io: Io,
  paths: readonly string[],
  { config }: { readonly config?: string | undefined },
): Promise<PolicyDocuments> {
  const { documents, problems } = await openPolicySet({ paths, env: io.env, config, now: io.now(), purpose: "load" });
  if (documents) return documents;
  const errors = problems.filter(({ level }) => level === "error");
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: countersign policy check)` : "";
  throw new Fault("input.malformed", `${first ? renderProblem(first) : paths.join(", ")}${more}`);
}
