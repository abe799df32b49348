import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf } from "../../core/digest.ts";
import { secret } from "../../core/secret.ts";
import type { HttpClient, HttpHeaders, HttpRequest } from "../../ports/http-client.ts";
import { ociRegistry } from "./registry.ts";
import type { CredentialsOf } from "./session.ts";

const never = new AbortController().signal;
const MANIFEST = toUtf8('{"schemaVersion":2}');
const BEARER = 'Bearer realm="https://auth.example/token?x=1",service="registry.example"';
const ada: CredentialsOf = async (host) =>
  host === "registry.example" ? { username: "ada", password: secret("s3cret") } : undefined;
const nobody: CredentialsOf = async () => undefined;

type Answer = { readonly status: number; readonly headers?: HttpHeaders; readonly body?: Uint8Array };

/** A server that is a function from request to answer. */
function server(answer: (request: HttpRequest) => Answer): HttpClient & { readonly asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  return {
    asked,
    send: async (request) => {
      asked.push(request);
      return { headers: {}, body: new Uint8Array(0), ...answer(request) };
    },
    stream: () => Promise.reject(new Error("not used")),
  };
}

/** A registry that wants one of the given values of `authorization`, and a realm that gives tokens in turn. */
function guarded(challenge: string, accepted: readonly string[], tokens: readonly Answer[] = []) {
  let given = 0;
  return server(({ url, headers }) => {
    if (url.startsWith("https://auth.example/")) return tokens[given++] ?? { status: 500 };
    const isWelcome = accepted.includes(headers?.["authorization"] ?? "");
    return isWelcome ? { status: 200, body: MANIFEST } : { status: 401, headers: { "www-authenticate": challenge } };
  });
}
const token = (value: unknown, name = "token"): Answer => ({
  status: 200,
  body: toUtf8(JSON.stringify({ [name]: value })),
});
/** A registry that sends the bytes of an upload elsewhere. */
const uploads = (location: string) =>
  server(({ method, url, headers }) => {
    if (url.startsWith("https://auth.example/")) return token("abc");
    if (headers?.["authorization"] === undefined && url.startsWith("https://registry.example/")) {
      return { status: 401, headers: { "www-authenticate": BEARER } };
    }
    const answers = { HEAD: { status: 404 }, POST: { status: 202, headers: { location } }, PUT: { status: 201 } };
    return method === "HEAD" || method === "POST" || method === "PUT" ? answers[method] : { status: 500 };
  });

const read = (http: HttpClient, credentialsOf: CredentialsOf, name = "registry.example/a/b") =>
  ociRegistry(http, { credentialsOf }).manifest(name, "v1", never);

test("gives a user and a password where they are asked for", async () => {
  const http = guarded('Basic realm="r"', ["Basic YWRhOnMzY3JldA=="]);
  expect((await read(http, ada))?.bytes).toEqual(MANIFEST);
  expect(http.asked.map(({ headers }) => headers?.["authorization"])).toEqual([undefined, "Basic YWRhOnMzY3JldA=="]);
});

test("fetches a token with the user's password, for the service and the scope", async () => {
  const http = guarded(BEARER, ["Bearer abc"], [token("abc")]);
  expect((await read(http, ada))?.bytes).toEqual(MANIFEST);
  expect(http.asked[1]).toMatchObject({
    url: "https://auth.example/token?x=1&service=registry.example&scope=repository%3Aa%2Fb%3Apull",
    headers: { authorization: "Basic YWRhOnMzY3JldA==" },
  });
});

test("fetches a token without a name where there is none, and asks for the scope it is told", async () => {
  const http = guarded(`${BEARER},scope="repository:a/b:pull"`, ["Bearer abc"], [token("abc", "access_token")]);
  expect((await read(http, nobody))?.bytes).toEqual(MANIFEST);
  expect(http.asked[1]?.headers).toBeUndefined();
  expect(http.asked[1]?.url).toContain("scope=repository%3Aa%2Fb%3Apull");
});

test("keeps a token until it is refused, then fetches another, once", async () => {
  const http = guarded(BEARER, ["Bearer one"], [token("one"), token("two")]);
  const registry = ociRegistry(http, { credentialsOf: ada });
  await registry.manifest("registry.example/a", "v1", never);
  await registry.manifest("registry.example/a", "v1", never);
  expect(http.asked).toHaveLength(4);
  const refusing = guarded(BEARER, [], [token("one"), token("two"), token("three")]);
  await expect(read(refusing, ada)).rejects.toMatchObject({ id: "registry.unauthorized" });
  expect(refusing.asked).toHaveLength(3);
});

test("keeps the token of one repository from another", async () => {
  const http = guarded(BEARER, ["Bearer one", "Bearer two"], [token("one"), token("two")]);
  const registry = ociRegistry(http, { credentialsOf: ada });
  await registry.manifest("registry.example/a", "v1", never);
  await registry.manifest("registry.example/b", "v1", never);
  expect(
    http.asked.map(({ headers }) => headers?.["authorization"]).filter((value) => value === "Bearer one"),
  ).toHaveLength(1);
});

test.each<[string, HttpClient, string]>([
  ["no credentials", guarded('Basic realm="r"', ["x"]), "registry.unauthorized"],
  ["a realm that refuses", guarded(BEARER, ["x"], [{ status: 401 }]), "registry.unauthorized"],
  ["a realm that is down", guarded(BEARER, ["x"], [{ status: 503 }]), "registry.unreachable"],
  ["a realm without a token", guarded(BEARER, ["x"], [token(1)]), "registry.malformed"],
  ["a token with a line break", guarded(BEARER, ["x"], [token("a\r\nx-evil: 1")]), "registry.malformed"],
  ["a realm that is not a URL", guarded('Bearer realm="x"', ["x"]), "registry.malformed"],
  ["a realm without TLS", guarded('Bearer realm="http://auth.example/"', ["x"]), "http.refused"],
  ["a challenge that is none", guarded("Negotiate", ["x"]), "registry.unauthorized"],
])("%s is a fault", async (_, http, id) => {
  await expect(read(http, nobody)).rejects.toMatchObject({ id });
});

test("never shows a password or a token", async () => {
  const http = guarded(BEARER, [], [token("t0ken")]);
  const error: unknown = await read(http, ada).catch((thrown: unknown) => thrown);
  expect(inspect(error, { depth: 10 })).not.toMatch(/s3cret|czNjcmV0|t0ken/);
});

describe("answers that are not what they should be", () => {
  const answering = (status: number, headers: HttpHeaders = {}, body = MANIFEST) =>
    server(() => ({ status, headers, body }));

  test.each<[string, HttpClient, string]>([
    ["forbidden", answering(403), "registry.unauthorized"],
    ["push-back", answering(429), "registry.unreachable"],
    ["an error of the server", answering(500), "registry.unreachable"],
    ["a refusal", answering(400), "registry.refused"],
    ["a redirect without end", answering(307), "registry.malformed"],
    [
      "a digest that is not the content's",
      answering(200, { "docker-content-digest": digestRefOf(toUtf8("x")) }),
      "registry.digest-mismatch",
    ],
    ["a manifest that is not JSON", answering(200, {}, toUtf8("<html>")), "registry.malformed"],
    ["two media types", answering(200, { "content-type": "a/b" }, toUtf8('{"mediaType":"a/c"}')), "registry.malformed"],
  ])("%s", async (_, http, id) => {
    await expect(read(http, nobody)).rejects.toMatchObject({ id });
  });

  const digest = digestRefOf(MANIFEST);
  test("other bytes than the digest says", async () => {
    const http = answering(200, {}, toUtf8('{"schemaVersion":3}'));
    const registry = ociRegistry(http);
    const mismatch = { id: "registry.digest-mismatch" };
    await expect(registry.manifest("registry.example/a", digest, never)).rejects.toMatchObject(mismatch);
    await expect(registry.blob("registry.example/a", digest, 100, never)).rejects.toMatchObject(mismatch);
  });

  test("referrers without end", async () => {
    const page = { link: '</v2/a/referrers/x?page=2>; rel="next"' };
    const http = answering(200, page, toUtf8('{"schemaVersion":2,"manifests":[]}'));
    const listed = ociRegistry(http).referrers("registry.example/a", digest, never);
    await expect(listed).rejects.toMatchObject({ id: "registry.too-large" });
    expect(http.asked).toHaveLength(50);
  });

  test("a next page at another host is not a next page", async () => {
    const page = { link: '<https://elsewhere.example/v2/a/referrers/x>; rel="next"' };
    const http = answering(200, page, toUtf8('{"schemaVersion":2,"manifests":[]}'));
    expect(await ociRegistry(http).referrers("registry.example/a", digest, never)).toEqual([]);
    expect(http.asked).toHaveLength(1);
  });

  test("an upload at another host is sent no credentials, and none without TLS", async () => {
    const beyond = uploads("https://uploads.example/u?x=1");
    await ociRegistry(beyond, { credentialsOf: ada }).pushBlob("registry.example/a", MANIFEST, never);
    const last = beyond.asked.at(-1);
    expect(last?.url).toBe(`https://uploads.example/u?x=1&digest=${encodeURIComponent(digest)}`);
    expect(last?.headers).not.toHaveProperty("authorization");
    const plain = ociRegistry(uploads("http://uploads.example/u"), { credentialsOf: ada });
    await expect(plain.pushBlob("registry.example/a", MANIFEST, never)).rejects.toMatchObject({ id: "http.refused" });
  });
});

describe("a strict session", () => {
  test("takes tokens from its own host and the hosts named, and says the scope itself", async () => {
    const challenge = `${BEARER},scope="repository:a/b:delete"`;
    const named = guarded(challenge, ["Bearer abc"], [token("abc")]);
    await strictly(named, ["auth.example"]).manifest("registry.example/a/b", "v1", never);
    expect(named.asked[1]?.url).toContain("scope=repository%3Aa%2Fb%3Apull");
    const stranger = guarded(challenge, ["Bearer abc"], [token("abc")]);
    await expect(strictly(stranger).manifest("registry.example/a/b", "v1", never)).rejects.toMatchObject({
      id: "http.refused",
    });
    expect(stranger.asked).toHaveLength(1);
  });

  test("follows a redirect of a blob, and of nothing else", async () => {
    const moved = server(() => ({ status: 307, headers: { location: "https://cdn.example/x" } }));
    await expect(strictly(moved).manifest("registry.example/a/b", "v1", never)).rejects.toMatchObject({
      id: "http.refused",
    });
    const blob = digestRefOf(MANIFEST);
    const found = server(() => ({ status: 200, body: MANIFEST }));
    await strictly(found).blob("registry.example/a/b", blob, 100, never);
    expect([moved.asked[0]?.redirectsMax, found.asked[0]?.redirectsMax]).toEqual([0, 3]);
  });
});

function strictly(http: HttpClient, authHosts: readonly string[] = []) {
  return ociRegistry(http, { credentialsOf: ada, strict: { authHosts: () => authHosts } });
}
