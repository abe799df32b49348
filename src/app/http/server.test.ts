import { afterEach, describe, expect, test } from "vitest";
import { IMAGE, LOOKED_AT, smallQueries } from "../../../test/setup/queries.ts";
import { Fault } from "../../core/fault.ts";
import { secret } from "../../core/secret.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Random } from "../../ports/random.ts";
import type { Assets } from "./assets.ts";
import { bearerTokens, oneTimeLink, openToLoopback } from "./auth.ts";
import type { AccessRecord } from "./handler.ts";
import type { Queries } from "./queries.ts";
import { ROUTES } from "./routes.ts";
import { ProblemSchema } from "./schemas.ts";
import { createServer, type ApiServer, type ServerDeps } from "./server.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const assets: Assets = new Map([
  ["/index.html", { bytes: text("<!doctype html>"), contentType: "text/html", etag: '"1"', immutable: false }],
  ["/assets/a-1.js", { bytes: text("1"), contentType: "text/javascript", etag: '"2"', immutable: true }],
]);
/** Counts, so that ids differ and tests do not. */
function countingRandom(): Random {
  let count = 0;
  return { bytes: (length) => new Uint8Array(length).fill((count += 1)) };
}

const running: ApiServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(change: Partial<ServerDeps> = {}, queries?: Queries): Promise<ApiServer> {
  const deps: ServerDeps = {
    queries: queries ?? (await smallQueries()),
    authenticator: openToLoopback,
    assets,
    random: countingRandom(),
    ...change,
  };
  const server = await createServer(deps).listen("127.0.0.1", 0);
  running.push(server);
  return server;
}

type Got = { readonly status: number; readonly headers: Headers; readonly body: unknown };
async function get(server: ApiServer, path: string, headers: Record<string, string> = {}): Promise<Got> {
  const response = await fetch(`${server.url}${path}`, { headers, redirect: "manual" });
  const body = await response.text();
  return { status: response.status, headers: response.headers, body: body.startsWith("{") ? JSON.parse(body) : body };
}

describe("the API", () => {
  /** One request per route that it answers with 200. */
  const PATHS: Readonly<Record<string, string>> = {
    listEvents: "/api/v1/events",
    getEvent: "/api/v1/events/rekor-private/3",
    getEventBundle: "/api/v1/events/rekor-private/3/bundle",
    getEventProof: "/api/v1/events/rekor-private/3/proof",
    listIdentities: "/api/v1/identities",
    getArtifact: `/api/v1/artifacts/${IMAGE}`,
    getArtifactStory: `/api/v1/artifacts/${IMAGE}/story`,
    listWorkloads: "/api/v1/workloads",
    listIncidents: "/api/v1/incidents",
    listLogs: "/api/v1/logs",
    getHealth: "/api/v1/health",
    getMe: "/api/v1/me",
    search: "/api/v1/search?q=payments-prod/builder",
  };

  test.each(ROUTES.map((route) => [route.operation, route] as const))(
    "%s answers with what its schema says",
    async (operation, route) => {
      const { status, body } = await get(await start(), PATHS[operation] ?? "none");
      expect(status).toBe(200);
      expect(route.response.safeParse(body)).toMatchObject({ success: true });
    },
  );

  test.each(ROUTES.map((route) => [route.operation] as const))("%s refuses an unknown parameter", async (operation) => {
    const path = PATHS[operation] ?? "none";
    const { status, body } = await get(await start(), `${path}${path.includes("?") ? "&" : "?"}sinse=1h`);
    expect(status).toBe(400);
    expect(ProblemSchema.parse(body)).toMatchObject({ type: "urn:countersign:problem:invalid-parameter" });
  });

  test.each(ROUTES.map((route) => [route.operation] as const))("%s refuses a stranger", async (operation) => {
    const server = await start({ authenticator: bearerTokens([{ name: "ci", token: secret("right") }]) });
    const path = PATHS[operation] ?? "none";
    const strangers = await Promise.all([get(server, path), get(server, path, { authorization: "Bearer wrong" })]);
    expect(strangers.map(({ status }) => status)).toEqual([401, 401]);
    expect((await get(server, path, { authorization: "Bearer right" })).status).toBe(200);
  });

  test.each([
    ["/api/v1/events/rekor-private/99", 404],
    ["/api/v1/events/rekor-private/03", 400],
    ["/api/v1/events/rekor-private/-1", 400],
    ["/api/v1/events/rekor-private/3/nothing", 404],
    ["/api/v1/artifacts/sha256:ab", 400],
    [`/api/v1/artifacts/sha256:${"0".repeat(64)}/story`, 404],
    ["/api/v1/events?limit=501", 400],
    ["/api/v1/events?limit=0", 400],
    ["/api/v1/events?since=yesterday", 400],
    ["/api/v1/events?since=400d", 400],
    ["/api/v1/events?since=1h&since=2h", 400],
    ["/api/v1/events?digest=md5:1", 400],
    ["/api/v1/events?cursor=AAAA", 400],
    ["/api/v1/search", 400],
    ["/api/v2/events", 404],
    ["/api/v1/%zz", 404],
    ["/api/v1/events/%2e%2e/3", 404],
  ])("%s is answered with %i and a problem", async (path, status) => {
    const got = await get(await start(), path);
    expect(got.status).toBe(status);
    expect(got.headers.get("content-type")).toBe("application/problem+json");
    expect(ProblemSchema.parse(got.body).status).toBe(status);
  });

  test("an artifact that nobody knows is an empty answer with its coverage, not a 404", async () => {
    const { status, body } = await get(await start(), `/api/v1/artifacts/sha256:${"0".repeat(64)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ events: [], workloads: [], coverage: { complete: true } });
  });

  test("suggests the parameter that was meant", async () => {
    const { body } = await get(await start(), "/api/v1/events?sinse=1h");
    expect(body).toMatchObject({ errors: [{ pointer: "/sinse", message: "unknown parameter; did you mean since?" }] });
  });

  test("lists what runs now, not what has ended or has not begun", async () => {
    const small = await smallQueries();
    const [first, ...rest] = (await small.workloads()).containers;
    if (!first) throw new Error("the small world runs something");
    const { startedAt: _, ...waiting } = first;
    const ended = { ...first, pod: "ended", finishedAt: LOOKED_AT };
    const containers = [...rest, ended, { ...waiting, pod: "waiting" }];
    const queries = { ...small, workloads: async () => ({ containers, gaps: [] }) };
    const { body } = await get(await start({}, queries), "/api/v1/workloads");
    expect((body as { items: { pod: string }[] }).items.map(({ pod }) => pod)).toEqual(["tools-1"]);
  });

  test("an empty list over a log that nobody follows is not complete", async () => {
    const small = await smallQueries();
    const queries = { ...small, events: { ...small.events, positions: async () => [] } };
    const { body } = await get(await start({}, queries), "/api/v1/events?identity=nobody");
    expect(body).toMatchObject({ items: [], coverage: { complete: false, coveredTo: null } });
  });

  test.each([
    ["a follower that lags", { indexedUpto: 5 }],
    ["a disputed log", { state: "disputed" as const, reason: "two roots of one size" }],
    ["a follower that stopped an hour ago", { updatedAt: (LOOKED_AT - 3_600_000) as UnixMs }],
    ["a log read from its middle", { startIndex: 2 }],
  ])("%s is a gap in the coverage", async (_, change) => {
    const small = await smallQueries();
    const positions = (await small.events.positions()).map((position) => ({ ...position, ...change }));
    const queries = { ...small, events: { ...small.events, positions: async () => positions } };
    const { body } = await get(await start({}, queries), "/api/v1/events");
    expect(body).toMatchObject({ coverage: { complete: false, gaps: [{ source: "log", name: "rekor-private" }] } });
  });

  test("pages through all events once, in order, and refuses the cursor for another query", async () => {
    const server = await start();
    const seen: number[] = [];
    let next = "/api/v1/events?limit=3";
    for (let page = 0; page < 3; page++) {
      // oxlint-disable-next-line no-await-in-loop -- each page is asked with the cursor of the one before
      const body = (await get(server, next)).body as { items: { index: number }[]; next: string | null };
      seen.push(...body.items.map(({ index }) => index));
      if (body.next !== null) next = `/api/v1/events?limit=3&cursor=${body.next}`;
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0]);
    const foreign = await get(server, `${next}&namespace=payments-prod`);
    expect(foreign.body).toMatchObject({ type: "urn:countersign:problem:cursor-mismatch" });
  });

  test("filters by identity in both spellings, by namespace and by digest", async () => {
    const server = await start();
    const countOf = async (query: string): Promise<number> =>
      ((await get(server, `/api/v1/events?${query}`)).body as { items: unknown[] }).items.length;
    const san = encodeURIComponent("https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder");
    expect(await countOf(`identity=${san}`)).toBe(7);
    expect(await countOf("identity=ns/payments-prod/sa/builder")).toBe(7);
    expect(await countOf("namespace=payments-prod")).toBe(7);
    expect(await countOf("namespace=payments")).toBe(0);
    expect(await countOf(`digest=${IMAGE}`)).toBe(1);
  });

  test("answers 304 to the ETag of a list while nothing but the clock moves", async () => {
    let now = LOOKED_AT;
    const queries = await smallQueries({ now: () => now });
    const server = await start({}, queries);
    const query = "/api/v1/events?since=2026-09-21T00:00:00Z&until=2026-09-23T00:00:00Z";
    const first = await get(server, query);
    now = (now + 1000) as UnixMs;
    expect((await get(server, query, { "if-none-match": first.headers.get("etag") ?? "" })).status).toBe(304);
  });

  test("gives lists as CSV, formulas defused", async () => {
    const small = await smallQueries();
    const queries = {
      ...small,
      expectationsOf: async () => new Map(),
      workloads: async () => {
        const { containers } = await small.workloads();
        return { containers: containers.map((container) => ({ ...container, image: "=cmd()" })), gaps: [] };
      },
    };
    const { headers, body } = await get(await start({}, queries), "/api/v1/workloads", { accept: "text/csv" });
    expect(headers.get("content-type")).toContain("text/csv");
    expect(body).toContain("prod-eu,payments-prod,api-7d9f,api,'=cmd(),");
  });

  test("a fault of the store is 503 and a bug 500, each with a request id and nothing of the cause", async () => {
    const records: AccessRecord[] = [];
    const small = await smallQueries();
    const failing = (error: unknown): Queries => ({
      ...small,
      incidents: async () => {
        throw error;
      },
    });
    const record = (access: AccessRecord): void => void records.push(access);
    const busy = await get(
      await start({ record }, failing(new Fault("store.busy", "/data/x.db"))),
      "/api/v1/incidents",
    );
    const bug = await get(await start({ record }, failing(new TypeError("at /src/secret"))), "/api/v1/incidents");
    expect([busy.status, bug.status]).toEqual([503, 500]);
    expect(JSON.stringify([busy.body, bug.body])).not.toMatch(/\/data|\/src|TypeError/);
    expect(records.map(({ requestId }) => requestId)).toEqual([
      busy.headers.get("x-request-id"),
      bug.headers.get("x-request-id"),
    ]);
    expect(records.every(({ error }) => error instanceof Error)).toBe(true);
  });
});

describe("the server", () => {
  test.each(["/", "/api/v1/me", "/api/v1/nothing", "/assets/a-1.js", "/s/x", "/healthz"])(
    "%s carries the security headers",
    async (path) => {
      const { headers } = await get(await start(), path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{16}$/);
    },
  );

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("answers %s with 405", async (method) => {
    const server = await start();
    expect((await fetch(`${server.url}/api/v1/events`, { method })).status).toBe(405);
  });

  test("answers a foreign host name with 421: a page that points its own name at loopback learns nothing", async () => {
    const { request } = await import("node:http");
    const server = await start();
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${server.url}/api/v1/me`, { headers: { host: "attacker.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject);
      asked.end();
    });
    expect(status).toBe(421);
  });

  test("serves the console for its own paths, and 404 for a file that is not there", async () => {
    const server = await start();
    expect((await get(server, "/events/rekor-private/3")).body).toBe("<!doctype html>");
    expect((await get(server, "/assets/a-1.js")).headers.get("cache-control")).toContain("immutable");
    expect((await get(server, "/assets/b.js")).status).toBe(404);
    expect((await get(server, "/", { "if-none-match": '"1"' })).status).toBe(304);
  });

  test.each([
    ["nobody is kept out", openToLoopback],
    ["the way in is a link for one machine", oneTimeLink({ now: () => LOOKED_AT }, countingRandom()).authenticator],
  ])("does not listen beyond loopback when %s", async (_, authenticator) => {
    const deps = { queries: await smallQueries(), authenticator, assets, random: countingRandom() };
    await expect(createServer(deps).listen("0.0.0.0", 0)).rejects.toMatchObject({ id: "server.insecure-listen" });
  });

  test("says which port is taken", async () => {
    const { port } = await start();
    const deps = { queries: await smallQueries(), authenticator: openToLoopback, assets, random: countingRandom() };
    await expect(createServer(deps).listen("127.0.0.1", port)).rejects.toMatchObject({ id: "server.port-in-use" });
  });

  test("limits how often one caller asks, and says how long to wait", async () => {
    const server = await start({ requestsPerMinute: 2 });
    const answers = [await get(server, "/api/v1/me"), await get(server, "/api/v1/me"), await get(server, "/api/v1/me")];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.headers.get("retry-after")).toBe("60");
  });
});

describe("the one-time link", () => {
  test("gives one session, once, in a cookie that scripts cannot read", async () => {
    const { server, link } = await startLinked();
    expect((await get(server, "/api/v1/me")).status).toBe(401);
    const first = await get(server, `/s/${link}`);
    expect(first.headers.get("set-cookie")).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await get(server, "/api/v1/me", { cookie: cookieOf(first) })).body).toMatchObject({ mode: "demo" });
    const second = await get(server, `/s/${link}`);
    expect(second.headers.get("set-cookie")).toBeNull();
    expect(second.headers.get("location")).toBe("/?sign-in=used");
  });

  test("is not redeemed by a guess", async () => {
    const { server, link } = await startLinked();
    expect((await get(server, `/s/${link}x`)).headers.get("set-cookie")).toBeNull();
    expect((await get(server, `/s/${link}`)).headers.get("set-cookie")).not.toBeNull();
  });

  test.each([
    ["30 minutes without a request", [31 * 60_000], 401],
    ["8 hours, however busy", Array.from({ length: 17 }, () => 29 * 60_000), 401],
    ["29 minutes", [29 * 60_000], 200],
  ])("the session after %s", async (_, waits, status) => {
    const { server, link, later } = await startLinked();
    const cookie = cookieOf(await get(server, `/s/${link}`));
    let last = 0;
    for (const ms of waits) {
      later(ms);
      // oxlint-disable-next-line no-await-in-loop -- each request renews the session for the next
      last = (await get(server, "/api/v1/me", { cookie })).status;
    }
    expect(last).toBe(status);
  });
});

async function startLinked(): Promise<{ server: ApiServer; link: string; later: (ms: number) => void }> {
  let now = LOOKED_AT;
  const { authenticator, link } = oneTimeLink({ now: () => now }, countingRandom());
  const server = await start({ authenticator });
  return { server, link, later: (ms) => void (now = (now + ms) as UnixMs) };
}
function cookieOf({ headers }: Got): string {
  return (headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}
