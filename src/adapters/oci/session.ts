import { toBase64 } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault, renameFault, type FaultId } from "../../core/fault.ts";
import { isJsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { secret, type Secret } from "../../core/secret.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../ports/http-client.ts";
import { parseChallenge, type AuthChallenge } from "./challenge.ts";
import type { Repository } from "./repository.ts";

/** A user and a password, or what a registry calls one. */
export type RegistryCredentials = { readonly username: string; readonly password: Secret<string> };

/** The credentials for a registry's host; `undefined` for anonymous. */
export type CredentialsOf = (host: string) => Promise<RegistryCredentials | undefined>;

/**
 * For whoever reads what strangers name: redirects of blobs only, tokens from known hosts only, and the scope of a token
 * is ours to say (trust-policy chapter §3.5).
 */
export type StrictSession = {
  /** Hosts, beside the registry's own, that may be its realm. */
  readonly authHosts: (host: string) => readonly string[];
};

/** `push` includes `pull`. */
export type Access = "pull" | "push";

/** Sends requests to a registry and gets the authorization they need. */
export type Session = (
  repository: Repository,
  access: Access,
  request: SessionRequest,
  signal: AbortSignal,
) => Promise<HttpResponse>;

/** `path` is below the registry's origin, or a URL of another origin, which is then sent no credentials. */
export type SessionRequest = Pick<HttpRequest, "method" | "headers" | "body"> & {
  readonly path: string;
  readonly bytesMax: number;
};

const TIMEOUT_MS = 60_000;
const TOKEN_TIMEOUT_MS = 15_000;
const TOKEN_BYTES_MAX = 64 * 1024;
const REDIRECTS_MAX = 3;
const AUTHORIZATIONS_MAX = 1000;
const TRANSPORT: Partial<Record<FaultId, FaultId>> = {
  "http.unreachable": "registry.unreachable",
  "http.timeout": "registry.unreachable",
  "http.too-large": "registry.too-large",
  "http.malformed": "registry.malformed",
};

/**
 * A session over one HTTP client. An authorization is kept per repository and access until the registry refuses it, so no
 * clock is needed to know when a token has run out.
 */
export function registrySession(http: HttpClient, credentialsOf: CredentialsOf, strict?: StrictSession): Session {
  const authorizations = new Map<string, Secret<string>>();
  return async (repository, access, request, signal) => {
    const key = `${access} ${repository.origin}/${repository.path}`;
    const url = new URL(request.path, repository.origin);
    const isOwn = url.origin === new URL(repository.origin).origin;
    if (repository.origin.startsWith("https:") && url.protocol !== "https:") {
      throw new Fault("http.refused", `${repository.host} leads to ${url.protocol}//${url.host}`);
    }
    const send = async (authorization: Secret<string> | undefined): Promise<HttpResponse> => {
      const bounds = { bytesMax: request.bytesMax, timeoutMs: TIMEOUT_MS };
      const redirectsMax = mayRedirect(request, strict) ? REDIRECTS_MAX : 0;
      const whole = { ...request, ...bounds, redirectsMax, url: url.href };
      return authorization
        ? authorization.use((value) =>
            http.send({ ...whole, headers: { ...request.headers, authorization: value } }, signal),
          )
        : http.send(whole, signal);
    };
    try {
      const first = await send(isOwn ? authorizations.get(key) : undefined);
      const challenge =
        first.status === 401 && isOwn ? parseChallenge(first.headers["www-authenticate"] ?? "") : undefined;
      const authorization =
        challenge && (await authorize({ http, credentialsOf, repository, access, strict }, challenge, signal));
      if (!authorization) return unlessMoved(first, repository, strict);
      if (authorizations.size >= AUTHORIZATIONS_MAX) authorizations.clear();
      authorizations.set(key, authorization);
      return unlessMoved(await send(authorization), repository, strict);
    } catch (error) {
      throw renameFault(error, TRANSPORT);
    }
  };
}

function mayRedirect({ method, path }: SessionRequest, strict: StrictSession | undefined): boolean {
  return (method === "GET" || method === "HEAD") && (!strict || /\/blobs\/sha256:/.test(path));
}

/** An answer that leads elsewhere is none; where it was not followed, it is refused by name. */
function unlessMoved(answer: HttpResponse, { host }: Repository, strict: StrictSession | undefined): HttpResponse {
  const { status, headers } = answer;
  const isMoved = strict && status >= 300 && status < 400 && headers["location"] !== undefined;
  if (isMoved) throw new Fault("http.refused", `${host} redirects where it may not`);
  return answer;
}

type Asking = {
  readonly http: HttpClient;
  readonly credentialsOf: CredentialsOf;
  readonly repository: Repository;
  readonly access: Access;
  readonly strict: StrictSession | undefined;
};

/** The header's value for a challenge; `undefined` when there is nothing to offer. */
async function authorize(
  asking: Asking,
  challenge: AuthChallenge,
  signal: AbortSignal,
): Promise<Secret<string> | undefined> {
  const credentials = await asking.credentialsOf(asking.repository.host);
  const basic = credentials && basicOf(credentials);
  return challenge.scheme === "basic" ? basic : bearerOf(asking, challenge, { basic, signal });
}

function basicOf({ username, password }: RegistryCredentials): Secret<string> {
  return password.use((value) => secret(`Basic ${toBase64(toUtf8(`${username}:${value}`))}`));
}

/** Asks the realm for a token (distribution `token` specification). Anonymous tokens exist, so it is asked without credentials too. */
async function bearerOf(
  { http, repository, access, strict }: Asking,
  challenge: Extract<AuthChallenge, { readonly scheme: "bearer" }>,
  { basic, signal }: { readonly basic: Secret<string> | undefined; readonly signal: AbortSignal },
): Promise<Secret<string>> {
  const url = realmOf(challenge.realm, repository, strict);
  if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
  const actions = access === "push" ? "pull,push" : "pull";
  const scope = `repository:${repository.path}:${actions}`;
  url.searchParams.set("scope", strict ? scope : (challenge.scope ?? scope));
  const request = { method: "GET", url: url.href, bytesMax: TOKEN_BYTES_MAX, timeoutMs: TOKEN_TIMEOUT_MS } as const;
  const answer = await (basic
    ? basic.use((authorization) => http.send({ ...request, headers: { authorization } }, signal))
    : http.send(request, signal));
  const subject = `${url.origin}${url.pathname} for ${repository.host}`;
  if (answer.status === 429 || answer.status >= 500)
    throw new Fault("registry.unreachable", `${subject}: ${answer.status}`);
  if (answer.status !== 200) throw new Fault("registry.unauthorized", `${subject}: ${answer.status}`);
  return secret(`Bearer ${tokenIn(answer.body, subject)}`);
}

/** A registry may name any host as its realm, unless we are strict, but not lead us from https to http. */
function realmOf(realm: string, repository: Repository, strict: StrictSession | undefined): URL {
  const url = URL.parse(realm);
  if (!url) throw new Fault("registry.malformed", `${repository.host}: its realm is not a URL`);
  if (repository.origin.startsWith("https:") && url.protocol !== "https:") {
    throw new Fault("http.refused", `${repository.host} has a realm at ${url.protocol}//${url.host}`);
  }
  if (strict && ![new URL(repository.origin).host, ...strict.authHosts(repository.host)].includes(url.host)) {
    throw new Fault("http.refused", `${repository.host} has a realm at ${url.host}, which is not in its authHosts`);
  }
  return url;
}

function tokenIn(body: Uint8Array, subject: string): string {
  const json = readJson(body, { bytesMax: TOKEN_BYTES_MAX, depthMax: 8 });
  const document = json.ok && isJsonObject(json.value) ? json.value : {};
  const token = document["token"] ?? document["access_token"];
  // What a header may hold (RFC 6750 §2.1), or a line break in it would be a header of its own.
  if (typeof token === "string" && /^[A-Za-z0-9._~+/=-]+$/.test(token)) return token;
  throw new Fault("registry.malformed", `${subject}: no token`);
}
