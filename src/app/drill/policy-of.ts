import { policyInForce, type PolicyInForce } from "../../capabilities/admit/policy-in-force.ts";
import { toHex } from "../../core/bytes/hex.ts";
import type { Exhibit } from "../../core/drill/exhibit.ts";
import { DRILL_ROOT } from "../../core/drill/good.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";

/** The policy of one artifact of the drill, in force with the drill's trusted root and no other. */
export function policyOf({ policy, trust }: Exhibit, compiled: CompiledTrust): PolicyInForce {
  const root = {
    compiled,
    hash: toHex(compiled.trustId),
    expired: trust === "expired",
    nameOfLog: (url: string) => url,
    nameOfTsa: (uri: string) => uri,
  };
  return policyInForce({
    policy,
    exceptions: [],
    breakGlass: [],
    roots: new Map([[DRILL_ROOT, root]]),
    cluster: "drill",
  });
}
