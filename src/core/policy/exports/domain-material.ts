import type { LogInstance, TrustedRoot } from "../../trust/trusted-root.ts";
import type { DomainMaterial, NamedLog } from "./engine.ts";

/** A log of the domain as a configuration names it. */
export type KnownLog = Pick<NamedLog, "name" | "type"> & { readonly url: string };

/** The material of a trust domain, from its trusted root. Logs have the names of the configuration, else of their hosts. */
export function toDomainMaterial(
  { certificateAuthorities, ctlogs, timestampAuthorities, tlogs }: TrustedRoot,
  { isPublic, logs }: { readonly isPublic: boolean; readonly logs: readonly KnownLog[] },
): DomainMaterial {
  const named = tlogs.map((log) => ({ log, known: logs.find(({ url }) => isSame(url, log.baseUrl)) }));
  const isLeft = (one: KnownLog): boolean => named.every(({ known }) => known !== one);
  return {
    isPublic,
    certificateAuthorities,
    ctlogs,
    timestampAuthorities,
    logs: named.map(({ log, known }) => {
      if (known) return toLog(log, known);
      // A log that is asked at another address than it calls itself: the only one of its kind that is left.
      const type = typeOf(log);
      const [only, ...others] = logs.filter((one) => one.type === type && isLeft(one));
      const isOnly = named.filter((one) => !one.known && typeOf(one.log) === type).length === 1;
      return toLog(log, isOnly && others.length === 0 ? only : undefined);
    }),
  };
}

function toLog(log: LogInstance, known: KnownLog | undefined): NamedLog {
  const { baseUrl, key, validFor } = log;
  const host = baseUrl.replace(/^https?:\/\//, "").replace(/[/:].*$/, "");
  return {
    name: known?.name ?? host,
    type: known?.type ?? typeOf(log),
    baseUrl,
    key,
    ...(validFor.hi !== undefined && { hasEnd: true }),
  };
}

/** Keys of Rekor v2 are Ed25519, or say their checkpoint key. */
function typeOf({ keyDetails, checkpointKeyId }: LogInstance): NamedLog["type"] {
  return keyDetails === "PKIX_ED25519" || checkpointKeyId !== undefined ? "rekor2" : "rekor1";
}

function isSame(a: string, b: string): boolean {
  return withoutSlash(a) === withoutSlash(b);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
