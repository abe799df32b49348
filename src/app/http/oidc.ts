import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, errors, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Authenticator, Credentials } from "./auth.ts";
import type { Principal } from "./route.ts";

export type OidcOptions = { readonly issuer: string; readonly audience: string; readonly usernameClaim: string };
export type OidcDeps = { readonly http: HttpClient; readonly clock: Pick<Clock, "now"> };

/** Signatures that are accepted; never `none`, never a symmetric one. */
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];
const SKEW_SECONDS = 60;
const DOCUMENT_BYTES_MAX = 256 * 1024;
const TIMEOUT_MS = 10_000;
/** Keys are asked for again after this, and at once when a token names an unknown one, but not more often than every half minute. */
const KEYS_FRESH_MS = 10 * 60_000;
const KEYS_COOLDOWN_MS = 30_000;
const NAME_CHARS_MAX = 256;

/**
 * Bearer tokens of an OpenID provider: discovered keys, issuer, audience, expiry with 60 s of skew. The provider being
 * away is a Fault, not a refusal: whoever asks gets 503, and nobody is let in.
 */
export function oidcTokens(deps: OidcDeps, options: OidcOptions): Authenticator {
  const keysOf = keyCache(deps, options.issuer);
  return {
    mode: "oidc",
    guards: true,
    authenticate: async ({ bearer }: Credentials) => {
      if (bearer === undefined) return undefined;
      const at = deps.clock.now();
      const first = await verify(bearer, { keys: await keysOf(at, false), options, at });
      if (first !== "unknown-key") return first;
      // The provider may have rotated its keys since they were asked for.
      const second = await verify(bearer, { keys: await keysOf(at, true), options, at });
      return second === "unknown-key" ? undefined : second;
    },
  };
}

type Check = { readonly keys: JWTVerifyGetKey; readonly options: OidcOptions; readonly at: UnixMs };

/** `undefined` when the token is not good, for whatever reason: strangers are not told which. */
async function verify(token: string, { keys, options, at }: Check): Promise<Principal | "unknown-key" | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: options.issuer,
      audience: options.audience,
      algorithms: ALGORITHMS,
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(at),
      requiredClaims: ["exp", "iat"],
    });
    const name = payload[options.usernameClaim];
    return typeof name === "string" && name !== "" ? { name: name.slice(0, NAME_CHARS_MAX), mode: "oidc" } : undefined;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return "unknown-key";
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

type KeysOf = (at: UnixMs, again: boolean) => Promise<JWTVerifyGetKey>;

function keyCache(deps: OidcDeps, issuer: string): KeysOf {
  let known: { readonly keys: JWTVerifyGetKey; readonly at: UnixMs } | undefined;
  return async (at, again) => {
    const ageLimitMs = again ? KEYS_COOLDOWN_MS : KEYS_FRESH_MS;
    if (known && addMs(known.at, ageLimitMs) > at) return known.keys;
    const keys = createLocalJWKSet(await fetchKeys(deps.http, issuer));
    known = { keys, at };
    return keys;
  };
}

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const Keys = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) });

/** OpenID Connect Discovery 1.0 §4. Faults: `http.unreachable` and its like, `http.malformed`. */
async function fetchKeys(http: HttpClient, issuer: string): Promise<JSONWebKeySet> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovered = Discovery.safeParse(await fetchJson(http, url));
  if (!discovered.success || discovered.data.issuer !== issuer) throw new Fault("http.malformed", url);
  const keys = Keys.safeParse(await fetchJson(http, discovered.data.jwks_uri));
  if (!keys.success) throw new Fault("http.malformed", discovered.data.jwks_uri);
  return { keys: keys.data.keys };
}

async function fetchJson(http: HttpClient, url: string): Promise<unknown> {
  const request = { method: "GET", url, bytesMax: DOCUMENT_BYTES_MAX, timeoutMs: TIMEOUT_MS } as const;
  const { status, body } = await http.send(request, AbortSignal.timeout(TIMEOUT_MS));
  if (status !== 200) throw new Fault("http.malformed", `${url}: ${status}`);
  return parseJson(parseUtf8(body) ?? "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
