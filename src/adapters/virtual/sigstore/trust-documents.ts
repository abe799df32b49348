import { toBase64 } from "../../../core/bytes/base64.ts";
import { renderRfc3339, type UnixMs } from "../../../core/time.ts";
import { CLIENT_TRUST_CONFIG_MEDIA_TYPE } from "../../../core/trust/client-trust-config.ts";
import { SIGNING_CONFIG_MEDIA_TYPE } from "../../../core/trust/signing-config.ts";

/** A transparency log or CT log as a trusted root names it. */
export type TrustedLog = {
  /** Its host is the name in the checkpoints of a Rekor v2 log. No client of ours or others connects to it. */
  readonly baseUrl: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly keyDetails: "PKIX_ECDSA_P256_SHA_256" | "PKIX_ED25519";
  readonly logId: Uint8Array;
  readonly start: UnixMs;
  /** Absent while the log's key is in use. */
  readonly end?: UnixMs;
};

export type TrustedAuthority = {
  readonly uri: string;
  readonly organization: string;
  readonly commonName: string;
  /** DER; the root last, the timestamp signer first. */
  readonly chain: readonly Uint8Array[];
  readonly start: UnixMs;
};

export type TrustedRootContent = {
  readonly tlogs: readonly TrustedLog[];
  readonly ctlogs: readonly TrustedLog[];
  readonly certificateAuthorities: readonly TrustedAuthority[];
  readonly timestampAuthorities: readonly TrustedAuthority[];
};

/** Renders a TrustedRoot v0.1 (sigstore protobuf-specs, `sigstore_trustroot.proto`), which every client reads. */
export function renderTrustedRoot(content: TrustedRootContent): string {
  return JSON.stringify(
    {
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: content.tlogs.map(toLog),
      certificateAuthorities: content.certificateAuthorities.map(toAuthority),
      ctlogs: content.ctlogs.map(toLog),
      timestampAuthorities: content.timestampAuthorities.map(toAuthority),
    },
    undefined,
    2,
  );
}

function toLog({ baseUrl, spki, keyDetails, logId, start, end }: TrustedLog): unknown {
  const validFor = { start: renderRfc3339(start), ...(end !== undefined && { end: renderRfc3339(end) }) };
  const publicKey = { rawBytes: toBase64(spki), keyDetails, validFor };
  return { baseUrl, hashAlgorithm: "SHA2_256", publicKey, logId: { keyId: toBase64(logId) } };
}

function toAuthority({ organization, commonName, uri, chain, start }: TrustedAuthority): unknown {
  return {
    subject: { organization, commonName },
    uri,
    certChain: { certificates: chain.map((der) => ({ rawBytes: toBase64(der) })) },
    validFor: { start: renderRfc3339(start) },
  };
}

/** Where to sign. Logs in the order of preference: clients take the highest version they speak, whatever the order. */
export type SigningServices = {
  readonly operator: string;
  readonly start: UnixMs;
  readonly fulcioUrl: string;
  readonly oidcUrl: string;
  readonly logs: readonly { readonly url: string; readonly majorApiVersion: 1 | 2 }[];
  /** The full URL, path included. */
  readonly tsaUrl: string;
};

/** Renders a SigningConfig v0.2. */
export function renderSigningConfig(services: SigningServices): string {
  const service = (url: string, majorApiVersion: 1 | 2): unknown => ({
    url,
    majorApiVersion,
    validFor: { start: renderRfc3339(services.start) },
    operator: services.operator,
  });
  return JSON.stringify(
    {
      mediaType: SIGNING_CONFIG_MEDIA_TYPE,
      caUrls: [service(services.fulcioUrl, 1)],
      oidcUrls: [service(services.oidcUrl, 1)],
      rekorTlogUrls: services.logs.map(({ url, majorApiVersion }) => service(url, majorApiVersion)),
      tsaUrls: [service(services.tsaUrl, 1)],
      rekorTlogConfig: { selector: "ANY" },
      tsaConfig: { selector: "ANY" },
    },
    undefined,
    2,
  );
}

/** Renders both documents into one, for where there is no TUF repository (ClientTrustConfig v0.1). */
export function renderClientTrustConfig(trustedRoot: string, signingConfig: string): string {
  const mediaType = JSON.stringify(CLIENT_TRUST_CONFIG_MEDIA_TYPE);
  return `{"mediaType":${mediaType},"trustedRoot":${trustedRoot},"signingConfig":${signingConfig}}`;
}
