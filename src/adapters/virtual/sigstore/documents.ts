import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { UnixMs } from "../../../core/time.ts";
import type { Authorities, Chain } from "./authorities.ts";
import {
  renderClientTrustConfig,
  renderSigningConfig,
  renderTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
} from "./trust-documents.ts";

/** What an embedded Sigstore calls itself. */
export type SigstoreNames = { readonly name: string; readonly organization: string };

/** A reserved name that resolves nowhere (RFC 6761 §6.3): what is signed in it holds over a change of ports. */
export function hostOf({ name }: SigstoreNames, service: string): string {
  return `${service}.${name}.localhost`;
}

/** What the documents are about. */
export type DocumentsInput = {
  readonly names: SigstoreNames;
  readonly since: UnixMs;
  readonly authorities: Authorities;
  readonly logs: Readonly<Record<"ct" | "rekor1" | "rekor2", { readonly instance: Omit<TrustedLog, "start"> }>>;
  readonly urls: Readonly<Record<"fulcio" | "oidc" | "rekor1" | "rekor2" | "tsa", string>>;
  readonly rekorVersion: 1 | 2;
};

export type SigstoreDocuments = {
  readonly trustedRoot: Uint8Array;
  /** For the version of Rekor that was asked for. */
  readonly signingConfig: Uint8Array;
  readonly signingConfigs: { readonly 1: Uint8Array; readonly 2: Uint8Array };
  readonly clientTrustConfig: Uint8Array;
};

/** Renders what clients need to know to sign with an embedded Sigstore, and to verify. */
export function renderDocuments(input: DocumentsInput): SigstoreDocuments {
  const { authorities, logs, urls } = input;
  const trustedRoot = renderTrustedRoot({
    tlogs: [toLog(input, "rekor1", logs.rekor1.instance), toLog(input, "rekor2", logs.rekor2.instance)],
    ctlogs: [toLog(input, "ctlog", logs.ct.instance)],
    certificateAuthorities: [toAuthority(input, "fulcio", authorities.fulcio)],
    timestampAuthorities: [toAuthority(input, "timestamp", authorities.tsa)],
  });
  const services = {
    operator: input.names.organization,
    start: input.since,
    fulcioUrl: urls.fulcio,
    oidcUrl: urls.oidc,
    tsaUrl: urls.tsa,
  };
  const rekor1 = { url: urls.rekor1, majorApiVersion: 1 } as const;
  const rekor2 = { url: urls.rekor2, majorApiVersion: 2 } as const;
  const configs = {
    1: renderSigningConfig({ ...services, logs: [rekor1] }),
    2: renderSigningConfig({ ...services, logs: [rekor2, rekor1] }),
  };
  const signingConfig = configs[input.rekorVersion];
  return {
    trustedRoot: toUtf8(trustedRoot),
    signingConfig: toUtf8(signingConfig),
    signingConfigs: { 1: toUtf8(configs[1]), 2: toUtf8(configs[2]) },
    clientTrustConfig: toUtf8(renderClientTrustConfig(trustedRoot, signingConfig)),
  };
}

function toLog({ names, since }: DocumentsInput, service: string, instance: Omit<TrustedLog, "start">): TrustedLog {
  return { ...instance, baseUrl: `http://${hostOf(names, service)}`, start: since };
}

function toAuthority({ names, since }: DocumentsInput, service: string, { signer, issuers }: Chain): TrustedAuthority {
  return {
    uri: `http://${hostOf(names, service)}`,
    organization: names.organization,
    commonName: `embedded ${service}`,
    chain: [signer.certificate, ...issuers],
    start: since,
  };
}
