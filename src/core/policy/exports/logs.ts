import type { LogRule } from "../trust-policy.ts";
import type { DomainMaterial } from "./engine.ts";
import { logsOf } from "./strength.ts";

/** Whether a rule leaves none but logs of Rekor v2, which state no time. */
export function isRekor2Only(domain: DomainMaterial, log: LogRule): boolean {
  const logs = logsOf(domain, log);
  return logs.length > 0 && logs.every(({ type }) => type === "rekor2");
}
