import { timingSafeEqual } from "node:crypto";
import { toBase64Url } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import type { Secret } from "../../core/secret.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Principal } from "./route.ts";

/** What a request brings to say who it is. */
export type Credentials = { readonly bearer?: string; readonly session?: string };

/** How callers are known. */
export type Authenticator = {
  readonly mode: string;
  /** Whether it keeps strangers out: without it the server listens on loopback only. */
  readonly guards: boolean;
  readonly authenticate: (credentials: Credentials) => Promise<Principal | undefined>;
  /** Redeems a one-time sign-in link for a session; absent where there are no links. */
  readonly redeem?: (link: string) => string | undefined;
};

/** Everybody who reaches loopback. */
export const openToLoopback: Authenticator = {
  mode: "none",
  guards: false,
  authenticate: async () => ({ name: "local", mode: "none" }),
};

const TOKEN_BYTES = 32;
const IDLE_MS = 30 * 60_000;
const ABSOLUTE_MS = 8 * 3_600_000;
/** A sign-in link makes one session, so there are few; the bound is for a bug. */
const SESSIONS_MAX = 100;

type Session = { readonly createdAt: UnixMs; readonly usedAt: UnixMs };

/**
 * The demo's way in: a link that works once and gives a session of 30 minutes idle, 8 hours at most. Loopback only, for
 * the link is printed in a terminal. Sessions live in this closure and end with the process.
 */
export function oneTimeLink(
  clock: Pick<Clock, "now">,
  random: Random,
): { readonly authenticator: Authenticator; readonly link: string } {
  const link = toBase64Url(random.bytes(TOKEN_BYTES));
  const sessions = new Map<string, Session>();
  let unused = true;
  const redeem = (given: string): string | undefined => {
    if (!unused || !sameText(given, link) || sessions.size >= SESSIONS_MAX) return undefined;
    unused = false;
    const session = toBase64Url(random.bytes(TOKEN_BYTES));
    sessions.set(session, { createdAt: clock.now(), usedAt: clock.now() });
    return session;
  };
  const authenticate = async ({ session }: Credentials): Promise<Principal | undefined> => {
    const found = session === undefined ? undefined : sessions.get(session);
    if (session === undefined || !found) return undefined;
    const now = clock.now();
    if (addMs(found.usedAt, IDLE_MS) < now || addMs(found.createdAt, ABSOLUTE_MS) < now) {
      sessions.delete(session);
      return undefined;
    }
    sessions.set(session, { ...found, usedAt: now });
    return { name: "demo", mode: "demo" };
  };
  return { authenticator: { mode: "demo", guards: false, authenticate, redeem }, link };
}

export type NamedToken = { readonly name: string; readonly token: Secret<string> };

/** Bearer tokens from files. Their hashes are compared, all of them, in constant time. */
export function bearerTokens(tokens: readonly NamedToken[]): Authenticator {
  const known = tokens.map(({ name, token }) => ({ name, hash: token.use((text) => sha256(toUtf8(text))) }));
  return {
    mode: "token",
    guards: true,
    authenticate: async ({ bearer }) => {
      if (bearer === undefined) return undefined;
      const hash = sha256(toUtf8(bearer));
      const found = known.find((one) => timingSafeEqual(one.hash, hash));
      return found && { name: found.name, mode: "token" };
    },
  };
}

function sameText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(toUtf8(a)), sha256(toUtf8(b)));
}
