import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { PRODUCT } from "../../core/names.ts";
import type { Random } from "../../ports/random.ts";
import { nearest } from "../nearest.ts";
import type { Asset, Assets } from "./assets.ts";
import type { Authenticator, Credentials } from "./auth.ts";
import { SECURITY_HEADERS, TLS_HEADERS } from "./headers.ts";
import { type Problem, PROBLEMS, toProblemJson } from "./problem.ts";
import type { Queries } from "./queries.ts";
import { rateLimit } from "./rate-limit.ts";
import { replyOf } from "./reply.ts";
import type { Principal, Route, Texts } from "./route.ts";
import { matchRoute } from "./router.ts";

/** A request as it arrived, without its body: nothing here takes one. */
export type Incoming = {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remote: string;
};

export type Outgoing = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** One line of the access log. */
export type AccessRecord = {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly principal: string | null;
  readonly remote: string;
  /** The bug or fault behind a 5xx. */
  readonly error?: unknown;
};

export type HandlerOptions = {
  readonly queries: Queries;
  readonly routes: readonly Route[];
  readonly openapi: Uint8Array;
  readonly assets: Assets;
  readonly authenticator: Authenticator;
  readonly random: Random;
  /** Host names that are ours, lower case, without port; all are when it is absent. Stops DNS rebinding. */
  readonly hosts?: ReadonlySet<string>;
  readonly secure: boolean;
  readonly requestsPerMinute: number;
  readonly record: (access: AccessRecord) => void;
};

const TARGET_CHARS_MAX = 8192;

/** Answers requests. Total: whatever happens, the caller gets an answer and the operator a record. */
export function requestHandler(options: HandlerOptions): (incoming: Incoming) => Promise<Outgoing> {
  const limited = rateLimit(options.requestsPerMinute);
  return async (incoming) => {
    const requestId = toHex(options.random.bytes(8));
    const startedAt = options.queries.now();
    const seen = await settle(incoming, { ...options, requestId, limited });
    const { outgoing, principal, error } = seen;
    options.record({
      requestId,
      method: incoming.method,
      path: redactPath(incoming.target),
      status: outgoing.status,
      durationMs: options.queries.now() - startedAt,
      principal: principal?.name ?? null,
      remote: incoming.remote,
      ...(error !== undefined && { error }),
    });
    const headers = {
      ...SECURITY_HEADERS,
      ...(options.secure && TLS_HEADERS),
      ...outgoing.headers,
      "x-request-id": requestId,
    };
    return { ...outgoing, headers, body: incoming.method === "HEAD" ? new Uint8Array() : outgoing.body };
  };
}

type Context = HandlerOptions & { readonly requestId: string; readonly limited: ReturnType<typeof rateLimit> };
type Settled = { readonly outgoing: Outgoing; readonly principal?: Principal; readonly error?: unknown };

/** The one `catch` of the server: a fault of the store is 503, anything else a bug of ours, and only the log says which. */
async function settle(incoming: Incoming, context: Context): Promise<Settled> {
  try {
    return await answer(incoming, context);
  } catch (error) {
    const found = error instanceof Fault ? unavailable(error) : BUG;
    return { outgoing: problemOf(found, context), error };
  }
}

const BUG: Problem = { problem: "internal", detail: "The server could not answer." };

/** The id of the fault and no more: its subject may be a path or an address inside. */
function unavailable({ id }: Fault): Problem {
  return { problem: id.startsWith("store.") ? "store-unavailable" : "dependency-unavailable", detail: id };
}

async function answer(incoming: Incoming, context: Context): Promise<Settled> {
  const refused = refuse(incoming, context);
  if (refused) return { outgoing: problemOf(refused, context) };
  const [path, search] = splitTarget(incoming.target);
  if (path === "/healthz") return { outgoing: plain(200, "ok\n") };
  if (path === "/api/v1/openapi.json") return { outgoing: json(context.openapi) };
  if (path.startsWith("/api/")) return answerApi({ incoming, path, search }, context);
  if (path.startsWith("/s/")) return { outgoing: signIn(path.slice(3), context) };
  return { outgoing: consoleFile(path, incoming, context) };
}

/** What is refused before it is looked at. */
function refuse(incoming: Incoming, { hosts }: Context): Problem | undefined {
  if (incoming.method !== "GET" && incoming.method !== "HEAD") {
    return { problem: "method-not-allowed", detail: `${incoming.method} is not answered` };
  }
  if (incoming.target.length > TARGET_CHARS_MAX) return { problem: "too-large", detail: "the URL is too long" };
  const host = (incoming.headers["host"] ?? "").toLowerCase().replace(/:\d+$/, "");
  if (hosts && !hosts.has(host)) return { problem: "misdirected-request", detail: "unknown host name" };
  return undefined;
}

function splitTarget(target: string): readonly [string, string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}

type ApiCall = { readonly incoming: Incoming; readonly path: string; readonly search: string };

async function answerApi({ incoming, path, search }: ApiCall, context: Context): Promise<Settled> {
  const { authenticator, queries, limited } = context;
  const principal = await authenticator.authenticate(credentialsOf(incoming, context.secure));
  if (!principal) {
    const outgoing = problemOf(
      { problem: "unauthenticated", detail: `authentication mode: ${authenticator.mode}` },
      context,
    );
    return { outgoing: withHeaders(outgoing, { "www-authenticate": `Bearer realm="${PRODUCT}"` }) };
  }
  const waitSeconds = limited(`${principal.name} ${incoming.remote}`, queries.now());
  if (waitSeconds !== undefined) {
    const outgoing = problemOf({ problem: "rate-limited", detail: `wait ${waitSeconds} s` }, context);
    return { outgoing: withHeaders(outgoing, { "retry-after": String(waitSeconds) }), principal };
  }
  const match = matchRoute(context.routes, path);
  if (!match) return { outgoing: problemOf({ problem: "not-found", detail: "no such path" }, context), principal };
  const query = readQuery(search, match.route);
  const params = checkTexts(match.params, match.route.params);
  const wrong = "problem" in query ? query : "problem" in params ? params : undefined;
  if (wrong) return { outgoing: problemOf(wrong, context), principal };
  const me = { name: principal.name, mode: principal.mode, product: PRODUCT, version: queries.version };
  const answered = await match.route.answer({
    params: "texts" in params ? params.texts : {},
    query: "texts" in query ? query.texts : {},
    principal,
    queries,
    me,
  });
  if (answered.kind === "problem") return { outgoing: problemOf(answered, context), principal };
  return { outgoing: replyOf(answered, incoming.headers), principal };
}

type Read = { readonly texts: Texts } | Problem;

function readQuery(search: string, route: Route): Read {
  const pairs = [...new URLSearchParams(search)];
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return parameterProblem([{ pointer: `/${twice}`, message: "given twice" }]);
  return checkTexts(Object.fromEntries(pairs), route.query);
}

function checkTexts(texts: Texts, schema: Route["query"]): Read {
  const result = schema.safeParse(texts);
  if (result.success) return { texts: result.data };
  return parameterProblem(
    result.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ pointer: `/${key}`, message: unknownParameter(key, schema) }))
        : [{ pointer: `/${issue.path.join("/")}`, message: issue.message }],
    ),
  );
}

function unknownParameter(name: string, schema: Route["query"]): string {
  const known = "shape" in schema && typeof schema.shape === "object" && schema.shape ? Object.keys(schema.shape) : [];
  const meant = nearest(name, known);
  return meant ? `unknown parameter; did you mean ${meant}?` : "unknown parameter";
}

function parameterProblem(errors: NonNullable<Problem["errors"]>): Problem {
  const [first] = errors;
  const detail = first ? `${first.pointer.slice(1)}: ${first.message}` : "a parameter is not valid";
  return { problem: "invalid-parameter", detail, errors };
}

function credentialsOf({ headers }: Incoming, secure: boolean): Credentials {
  const bearer = /^Bearer ([\w.~+/=-]{1,16384})$/i.exec(headers["authorization"] ?? "")?.[1];
  const name = sessionCookie(secure);
  const cookies = (headers["cookie"] ?? "").split(/; */).map((pair) => pair.split("="));
  const session = cookies.find(([key]) => key === name)?.[1];
  return { ...(bearer !== undefined && { bearer }), ...(session !== undefined && { session }) };
}

function sessionCookie(secure: boolean): string {
  return secure ? "__Host-countersign-session" : "countersign-session";
}

/** Redeems a sign-in link. A link that is used up leads to the console all the same, which says how to sign in. */
function signIn(link: string, { authenticator, secure }: Context): Outgoing {
  const session = authenticator.redeem?.(link);
  const flags = `Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  const cookie = session === undefined ? {} : { "set-cookie": `${sessionCookie(secure)}=${session}; ${flags}` };
  const location = session === undefined ? "/?sign-in=used" : "/";
  return { status: 303, headers: { location, "cache-control": "no-store", ...cookie }, body: new Uint8Array() };
}

function consoleFile(path: string, { headers }: Incoming, { assets }: Context): Outgoing {
  const isPage = !/\.\w+$/.test(path);
  const asset = assets.get(isPage ? "/index.html" : path);
  if (!asset)
    return isPage ? plain(404, "The console has not been built: npm run build -w web\n") : plain(404, "not found\n");
  const cache = asset.immutable ? "public, max-age=31536000, immutable" : "no-cache";
  const common = { etag: asset.etag, "cache-control": cache, vary: "accept-encoding" };
  if (headers["if-none-match"] === asset.etag) return { status: 304, headers: common, body: new Uint8Array() };
  return sendAsset(asset, headers, common);
}

function sendAsset(asset: Asset, headers: Incoming["headers"], common: Outgoing["headers"]): Outgoing {
  const zipped = asset.gzip && /\bgzip\b/.test(headers["accept-encoding"] ?? "") ? asset.gzip : undefined;
  return {
    status: 200,
    headers: { ...common, "content-type": asset.contentType, ...(zipped && { "content-encoding": "gzip" }) },
    body: zipped ?? asset.bytes,
  };
}

/** A one-time link is a credential: the log has its path without it. */
function redactPath(target: string): string {
  return target.replace(/^\/s\/.*/, "/s/…").slice(0, 500);
}

function problemOf(found: Problem, { requestId }: Pick<Context, "requestId">): Outgoing {
  const body = toUtf8(JSON.stringify(toProblemJson(found, requestId)));
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  return { status: PROBLEMS[found.problem].status, headers, body };
}

function withHeaders(outgoing: Outgoing, headers: Outgoing["headers"]): Outgoing {
  return { ...outgoing, headers: { ...outgoing.headers, ...headers } };
}

function json(body: Uint8Array): Outgoing {
  return { status: 200, headers: { "content-type": "application/json", "cache-control": "no-cache" }, body };
}

function plain(status: number, text: string): Outgoing {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: toUtf8(text) };
}
