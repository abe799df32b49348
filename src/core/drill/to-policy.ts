import type { Authority, KeyAuthority, TrustPolicySet } from "../policy/trust-policy.ts";
import { builder, DRILL_BUILDER, DRILL_ROOT, signedBy } from "./good.ts";
import type { AskPlan } from "./plan.ts";

/** The policy of one trial: one family, which is this repository, and what the plan asks. `managedKey`: DER. */
export function toPolicy(ask: AskPlan, repository: string, managedKey: Uint8Array | undefined): TrustPolicySet {
  const authorities: Readonly<Record<string, Authority>> = {
    [DRILL_BUILDER]: builder(),
    ...ask.authorities,
    ...(ask.managedKey && managedKey && { [DRILL_BUILDER]: keyAuthority(ask.managedKey, managedKey) }),
  };
  return {
    name: "drill",
    unmatched: { kind: "deny" },
    pin: "mutate",
    enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
    families: [
      {
        name: "drill",
        images: [repository],
        except: [],
        require: ask.require ?? signedBy(),
        platforms: ask.platforms ?? [],
        reference: ask.reference ?? "ignore",
        time: { windows: [], outside: "flag", ...ask.time },
      },
    ],
    authorities,
    limits: {},
  };
}

function keyAuthority(validity: KeyAuthority["validity"], publicKey: Uint8Array): KeyAuthority {
  const log = { logs: [], proof: "inclusion", min: 1, root: DRILL_ROOT } as const;
  return { kind: "key", publicKey, reason: "A key of the drill.", formats: ["bundle", "legacy"], validity, log };
}
