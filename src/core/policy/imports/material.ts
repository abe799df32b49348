import { parseBase64 } from "../../bytes/base64.ts";
import { sameBytes } from "../../bytes/bytes.ts";
import { parsePem } from "../../bytes/pem.ts";
import { parseUtf8, toUtf8 } from "../../bytes/utf8.ts";
import type { DomainMaterial, ExchangeContext, NamedLog } from "../exports/engine.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../read/authority.ts";
import type { KeyAuthority, LogRule } from "../trust-policy.ts";
import { readPublicKeyPem } from "../../verify/public-key-pem.ts";

/** Why what was imported is content with a promise: none of the engines can ask for more. */
export const PROMISE_REASON = "imported: the engine takes a promise of the log";

export type NamedDomain = { readonly name: string; readonly domain: DomainMaterial };

/** The public good instance, by the name the configuration gives it. */
export function publicDomain({ domains }: ExchangeContext): NamedDomain | undefined {
  const found = Object.entries(domains).find(([, domain]) => domain.isPublic);
  return found && { name: found[0], domain: found[1] };
}

/** The trust domain whose certificate authorities are exactly these chains, whatever their order. */
export function domainOfChains(chains: readonly Chain[], { domains }: ExchangeContext): NamedDomain | undefined {
  const found = Object.entries(domains).find(([, domain]) => {
    const known = domain.certificateAuthorities.map(({ chain }) => chain);
    return known.length === chains.length && chains.every((one) => known.some((other) => sameChain(one, other)));
  });
  return found && { name: found[0], domain: found[1] };
}

/** The trust domain in whose chains all these certificates are, all roots of it among them. */
export function domainOfCertificates(certificates: Chain, { domains }: ExchangeContext): NamedDomain | undefined {
  const found = Object.entries(domains).find(([, { certificateAuthorities }]) => {
    const known = certificateAuthorities.flatMap(({ chain }) => chain);
    return known.length > 0 && isPart(certificates, known) && isPart(known, certificates);
  });
  return found && { name: found[0], domain: found[1] };
}

export type Chain = readonly Uint8Array[];

function sameChain(a: Chain, b: Chain): boolean {
  return a.length === b.length && a.every((der, i) => sameBytes(der, b[i] ?? new Uint8Array(0)));
}

function isPart(part: Chain, whole: Chain): boolean {
  return part.every((der) => whole.some((other) => sameBytes(der, other)));
}

/** The names of the logs of a domain with these keys; `undefined` when one of them is not known. Empty: all of it. */
export function logNames(keys: readonly Uint8Array[], { logs }: DomainMaterial): readonly string[] | undefined {
  const found = keys.map((key) => logs.find((log) => sameBytes(log.key, key)));
  if (found.includes(undefined)) return undefined;
  const names = found.flatMap((log: NamedLog | undefined) => log?.name ?? []);
  return logs.every(({ name }) => names.includes(name)) ? [] : names;
}

export function promiseOf(logs: readonly string[]): LogRule {
  return { logs, proof: "promise", reason: PROMISE_REASON, min: 1 };
}

/** The log of a key, by the key of the log; without one the public good instance. */
export function promiseByKey(pem: string | undefined, context: ExchangeContext): KeyAuthority["log"] | "unknown" {
  if (pem === undefined) {
    const known = publicDomain(context);
    return known ? { ...promiseOf([]), root: known.name } : "unknown";
  }
  const keys = toSpkis(pem) ?? [];
  for (const [root, domain] of Object.entries(context.domains)) {
    const names = keys.length === 0 ? undefined : logNames(keys, domain);
    if (names) return { ...promiseOf(names), root };
  }
  return "unknown";
}

/** How the evidence of a key is stored, and the log that has to have it. */
export type KeyEvidence = Pick<KeyAuthority, "formats"> & { readonly log: KeyAuthority["log"] | undefined };

/** A key that is trusted at any time. `undefined` where it is none that is used here. */
export function toKey(pem: string, { formats, log }: KeyEvidence): KeyAuthority | undefined {
  const key = readPublicKeyPem(toUtf8(pem));
  if (!key.ok || key.value.alg === "ecdsa-p521") return undefined;
  return {
    kind: "key",
    publicKey: key.value.spki,
    reason: "imported",
    formats,
    validity: { from: ALWAYS_FROM, to: ALWAYS_TO },
    ...(log && { log }),
  };
}

/** Certificates in PEM. */
export function toCertificates(pem: string): Chain | undefined {
  return parsePem(pem.trim(), "CERTIFICATE");
}

/** Public keys in PEM, one or more. */
export function toSpkis(pem: string): Chain | undefined {
  return parsePem(pem.trim(), "PUBLIC KEY");
}

/** Text in base64. */
export function decodeText(base64: string): string | undefined {
  const bytes = parseBase64(base64.replaceAll(/\s/g, ""));
  return bytes && parseUtf8(bytes);
}
