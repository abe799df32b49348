import { fulcioAuthority } from "../../adapters/fulcio/authority.ts";
import { rekor1Writer } from "../../adapters/rekor1/writer.ts";
import { rekor2Writer } from "../../adapters/rekor2/writer.ts";
import { httpTimestampAuthority } from "../../adapters/tsa/authority.ts";
import type { SigningDomain } from "../../capabilities/sign/job.ts";
import { Fault } from "../../core/fault.ts";
import type { UnixMs } from "../../core/time.ts";
import { FULCIO_VERSIONS, REKOR_VERSIONS, selectServices, TSA_VERSIONS } from "../../core/trust/select-services.ts";
import type { ServiceSelection, SigningConfig, SigningService } from "../../core/trust/signing-config.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { LogWriter } from "../../ports/transparency-log.ts";
import type { Config, TrustDomainConfig } from "../config/config.ts";

/** The three kinds of services that a signature needs, in the order to try them. */
export type SigningServices = Pick<SigningDomain, "authorities" | "timestampAuthorities" | "logs">;

/** The services that the operator of a trust domain announces (SigningConfig v0.2). Faults: `trust.invalid`. */
export function announcedServices(config: SigningConfig, http: HttpClient, now: UnixMs): SigningServices {
  const choose = (services: readonly SigningService[], selection: ServiceSelection, versions: readonly number[]) => {
    const chosen = selectServices(services, { selection, versions, now });
    if (!chosen.ok) throw new Fault("trust.invalid", `signing config: ${chosen.detail}`);
    return chosen.value;
  };
  const authorities = choose(config.caUrls, { selector: "any" }, FULCIO_VERSIONS);
  const logs = choose(config.rekorTlogUrls, config.rekorTlogConfig, REKOR_VERSIONS);
  const tsas =
    config.tsaUrls.length > 0 ? choose(config.tsaUrls, config.tsaConfig, TSA_VERSIONS) : { services: [], needed: 0 };
  return {
    authorities: { ...authorities, services: authorities.services.map(({ url }) => fulcioAuthority(http, { url })) },
    timestampAuthorities: { ...tsas, services: tsas.services.map(({ url }) => httpTimestampAuthority(http, { url })) },
    logs: { ...logs, services: logs.services.map((service) => writerOf(http, service.url, service.majorApiVersion)) },
  };
}

/** The services that a trust domain of the configuration names; `undefined` when it names no CA. Faults: `config.invalid`. */
export function configuredServices(
  domain: Pick<TrustDomainConfig, "name" | "fulcio" | "tsa" | "logs">,
  config: { readonly logs: readonly Pick<Config["logs"][number], "name" | "type" | "url">[] },
  http: HttpClient,
): SigningServices | undefined {
  const { fulcio, tsa } = domain;
  if (fulcio === undefined) return undefined;
  const logs = domain.logs.map((name) => {
    const log = config.logs.find((known) => known.name === name);
    if (!log)
      throw new Fault("config.invalid", `trust.domains: ${domain.name} names the log "${name}", which is not in logs`);
    return writerOf(http, log.url, log.type === "rekor1" ? 1 : 2);
  });
  if (logs.length === 0) throw new Fault("config.invalid", `trust.domains: ${domain.name} has a fulcio and no logs`);
  const tsas = tsa === undefined ? [] : [httpTimestampAuthority(http, { url: tsa })];
  return {
    authorities: { services: [fulcioAuthority(http, { url: fulcio })], needed: 1 },
    timestampAuthorities: { services: tsas, needed: tsas.length },
    logs: { services: logs, needed: 1 },
  };
}

function writerOf(http: HttpClient, url: string, majorApiVersion: number): LogWriter {
  return majorApiVersion === 1 ? rekor1Writer(http, { url }) : rekor2Writer(http, { url });
}
