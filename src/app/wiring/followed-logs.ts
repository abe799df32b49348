import { leafJudge } from "../../core/entry/leaf-judge.ts";
import { Fault } from "../../core/fault.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { FollowedLog } from "../../capabilities/follow/followed-log.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Config, LogConfig, TrustDomainConfig } from "../config/config.ts";
import { logReaderOf } from "./log-reader.ts";

/** The compiled root of each trust domain, by name. */
export type Trusts = ReadonlyMap<string, CompiledTrust>;

/** The logs that the configuration says to follow, each with its keys out of the root of its domain. Faults: `config.invalid`. */
export function followedLogs(config: Config, trusts: Trusts, http: HttpClient): readonly FollowedLog[] {
  return config.logs
    .filter(({ follow }) => follow === "all")
    .map((log): FollowedLog => {
      const domain = domainOf(config, log);
      const trust = trusts.get(domain.name);
      const keys = trust?.logs.filter(({ baseUrl }) => sameBase(baseUrl, log.url)) ?? [];
      if (!trust || keys.length === 0) {
        throw new Fault("config.invalid", `logs: the root of ${domain.name} has no key for ${log.url} (${log.name})`);
      }
      return {
        name: log.name,
        reader: logReaderOf(http, log),
        keys,
        judgeLeaf: leafJudge(trust.cas),
        start: "beginning",
      };
    });
}

/** The domain that names the log, else the only one there is. */
function domainOf({ trust }: Config, log: LogConfig): TrustDomainConfig {
  const [only, ...others] = trust.domains;
  const naming = trust.domains.find(({ logs }) => logs.includes(log.name));
  const found = naming ?? (others.length === 0 ? only : undefined);
  if (found) return found;
  throw new Fault(
    "config.invalid",
    `trust.domains: none names the log ${log.name}, so there is no key to believe it by`,
  );
}

function sameBase(a: string, b: string): boolean {
  return a.replace(/\/+$/, "") === b.replace(/\/+$/, "");
}
