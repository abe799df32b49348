import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { Vkey } from "../../../core/note/vkey.ts";
import type { UnixMs } from "../../../core/time.ts";
import { newKeys, type KeySource } from "../sigstore/keys.ts";
import { renderTrustedRoot, type TrustedAuthority, type TrustedLog } from "../sigstore/trust-documents.ts";
import { makeAuthorities, type DrillAuthorities } from "./authorities.ts";
import { openDrillLogs, trustedLogs, witnessKeys, type DrillLogs, type TrustedDrillLog } from "./logs.ts";

/** The trust domain of one drill, with all its keys, and what is near to it. */
export type DrillWorld = {
  readonly now: UnixMs;
  readonly authorities: DrillAuthorities;
  readonly logs: DrillLogs;
  /** What a verifier is told to trust. */
  readonly trustedRoot: Uint8Array;
  readonly witnesses: readonly Vkey[];
};

export type DrillWorldOptions = {
  readonly now: UnixMs;
  /** When the good authorities began: before anything that a case signs. */
  readonly since: UnixMs;
  /** Fresh ones unless given. */
  readonly keys?: KeySource;
};

/** Makes the domain. Nothing of it listens; what is made in it is pushed. */
export async function openDrillWorld({ now, since, keys = newKeys }: DrillWorldOptions): Promise<DrillWorld> {
  const authorities = await makeAuthorities({ keys, since, now });
  const logs = await openDrillLogs(keys);
  const { tlogs, ctlogs } = trustedLogs(logs, since);
  const authority = ([name, chain]: readonly [string, readonly Uint8Array[]]): TrustedAuthority => ({
    uri: `http://${name}.drill.localhost`,
    organization: "countersign drill",
    commonName: name,
    chain,
    start: since,
  });
  const trustedRoot = renderTrustedRoot({
    tlogs: tlogs.map(toTrustedLog),
    ctlogs: ctlogs.map(toTrustedLog),
    certificateAuthorities: authorities.trusted.cas.map(authority),
    timestampAuthorities: authorities.trusted.tsas.map(authority),
  });
  return { now, authorities, logs, trustedRoot: toUtf8(trustedRoot), witnesses: witnessKeys(logs) };
}

function toTrustedLog({ host, generation, signer, start, end }: TrustedDrillLog): TrustedLog {
  return {
    baseUrl: `http://${host}`,
    spki: signer.spki,
    keyDetails: generation === 1 ? "PKIX_ECDSA_P256_SHA_256" : "PKIX_ED25519",
    logId: signer.keyId,
    start,
    ...(end !== undefined && { end }),
  };
}
