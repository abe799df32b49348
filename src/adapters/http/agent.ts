import { lookup as resolve, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { Agent } from "undici";
import { Fault } from "../../core/fault.ts";
import type { Secret } from "../../core/secret.ts";
import { kindOfAddress, type AddressKind } from "./address.ts";

/** How TLS is spoken. Nothing of it comes from the environment: variables of a process can be set by others. */
export type TlsOptions = {
  /** PEM, each the anchors of a private CA. They replace the roots that Node ships, which apply when absent. */
  readonly ca?: readonly string[];
  /** For mutual TLS. PEM. */
  readonly client?: { readonly certificate: string; readonly key: Secret<string> };
  /** The name expected in the server's certificate, where it is not the URL's host. */
  readonly serverName?: string;
};

/** Connections kept per origin; requests beyond wait their turn. A watch holds one for as long as it lasts. */
const CONNECTIONS_PER_ORIGIN_MAX = 32;
const ORIGINS_MAX = 256;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;
const HEADER_BYTES_MAX = 32 * 1024;

/** One connection pool that refuses to connect to addresses of the given kinds, whatever name led there. */
export function guardedAgent(tls: TlsOptions, refused: readonly AddressKind[]): Agent {
  return new Agent({
    connections: CONNECTIONS_PER_ORIGIN_MAX,
    maxOrigins: ORIGINS_MAX,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS * 4,
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: 0, // every request has a deadline of its own, to the millisecond
    bodyTimeout: 0,
    allowH2: false,
    connect: {
      secureContext: secureContextOf(tls),
      // Explicit, or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch verification off.
      rejectUnauthorized: true,
      timeout: CONNECT_TIMEOUT_MS,
      lookup: guardedLookup(refused),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  });
}

/** Made once: reading some hundred roots anew for each connection would cost more than the handshake. */
function secureContextOf({ ca, client }: TlsOptions): SecureContext {
  // An explicit list replaces the defaults, so that NODE_EXTRA_CA_CERTS adds nothing.
  const anchors = [...(ca ?? rootCertificates)];
  return client
    ? client.key.use((key) =>
        createSecureContext({ ca: anchors, minVersion: "TLSv1.2", cert: client.certificate, key }),
      )
    : createSecureContext({ ca: anchors, minVersion: "TLSv1.2" });
}

/** Resolves a name and refuses it when any of its addresses is of a refused kind: one good address does not redeem a bad one. */
function guardedLookup(refused: readonly AddressKind[]): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      const bad = (addresses ?? []).find(({ address }) => refused.includes(kindOfAddress(address)));
      if (error || !first) return callback(error ?? new Error(`no address for ${hostname}`), []);
      if (bad) return callback(new Fault("http.refused", `${hostname} is ${bad.address}`), []);
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** The kinds of all addresses of a host; empty when it does not resolve. */
export async function kindsOfHost(hostname: string): Promise<readonly AddressKind[]> {
  const addresses = await new Promise<readonly LookupAddress[]>((done) => {
    resolve(hostname, { all: true }, (_error, found) => done(found ?? []));
  });
  return addresses.map(({ address }) => kindOfAddress(address));
}
