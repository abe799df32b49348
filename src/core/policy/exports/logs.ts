import { lookUp } from "../look-up.ts";
import type { Authority, LogRule } from "../trust-policy.ts";
import type { DomainMaterial, ExchangeContext } from "./engine.ts";
import { logsOf } from "./strength.ts";

/** Whether a rule leaves none but logs of Rekor v2, which state no time. */
export function isRekor2Only(domain: DomainMaterial, log: LogRule): boolean {
  const logs = logsOf(domain, log);
  return logs.length > 0 && logs.every(({ type }) => type === "rekor2");
}

/** Authorities with the names of their logs written out, so that all and each of all are the same. */
export function nameLogs(
  authorities: Readonly<Record<string, Authority>>,
  { domains }: ExchangeContext,
): Readonly<Record<string, Authority>> {
  const named = Object.entries(authorities).map(([name, authority]) => [name, withNames(authority, domains)] as const);
  return Object.fromEntries(named);
}

function withNames(authority: Authority, domains: ExchangeContext["domains"]): Authority {
  if (authority.kind === "notation" || !authority.log) return authority;
  const root = authority.kind === "key" ? authority.log.root : authority.root;
  const logs =
    authority.log.logs.length > 0 ? authority.log.logs : (lookUp(domains, root)?.logs ?? []).map(({ name }) => name);
  if (authority.kind === "key") return { ...authority, log: { ...authority.log, logs } };
  return { ...authority, log: { ...authority.log, logs } };
}
