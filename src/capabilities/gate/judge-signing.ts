import type { IdentityRegister } from "../../core/gate/identity/register.ts";
import { managedAccounts } from "../../core/gate/identity/signers.ts";
import { judgePipelines } from "../../core/gate/judge-pipelines.ts";
import type { GatePart } from "../../core/gate/report.ts";
import type { UnixMs } from "../../core/time.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { ReadSides } from "./read-sides.ts";

/** Above it a signing token lives longer than a signature needs (change-gate chapter §5, GS007). */
const TOKEN_SECONDS_MAX = 600;

/** The register of the base, and when it is asked. */
export type Managed = { readonly register: IdentityRegister | undefined; readonly now: UnixMs };

/** Judges what a change does to the signing of pipelines. */
export function judgeSigning({ config }: GatheredChange, sides: ReadSides, { register, now }: Managed): GatePart {
  const managed = register && managedAccounts(register, now);
  return judgePipelines({
    ...(managed && { accounts: { isManaged: (identity) => managed.has(identity) } }),
    before: sides.base.pipelines,
    after: sides.head.pipelines,
    config: {
      mustSign: config.mustSign,
      signerImages: config.signerImages,
      tokenSecondsMax: TOKEN_SECONDS_MAX,
      strict: config.strict,
    },
  });
}
