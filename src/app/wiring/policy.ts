import { readPolicyFile } from "../../adapters/manifests/policy-file.ts";
import { Fault } from "../../core/fault.ts";
import type { TrustPolicy } from "../../core/policy/policy.ts";
import type { Config } from "../config/config.ts";

/** The policy that the configuration names; `undefined` when it names none. Faults: `config.invalid`, those of reading. */
export async function openPolicy({ policy, clusters }: Config): Promise<TrustPolicy | undefined> {
  if (policy.file === undefined) return undefined;
  const issuers = clusters.flatMap(({ name, issuer }) => (issuer === undefined ? [] : [[name, issuer] as const]));
  const read = await readPolicyFile(policy.file, { clusterIssuers: Object.fromEntries(issuers) });
  if (read.ok) return read.policy;
  const [first] = read.problems;
  throw new Fault(
    "config.invalid",
    `policy.file: ${first?.place ?? policy.file} ${first?.id ?? ""} ${first?.message ?? ""}`,
  );
}
