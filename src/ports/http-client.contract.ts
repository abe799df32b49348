import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toUtf8 } from "../core/bytes/utf8.ts";
import type { HttpClient, HttpRequest } from "./http-client.ts";

type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** What every HttpClient must do, shown against a server on loopback. `open` is called once, `close` at the end. */
export function httpClientContract(name: string, open: () => HttpClient & { close(): Promise<void> }): void {
  describe(`HttpClient: ${name}`, () => {
    const client = open();
    const here = listening(routes());
    const other = listening(routes());
    const never = new AbortController().signal;
    const get = (path: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
      method: "GET",
      url: `${here.url()}${path}`,
      bytesMax: 1000,
      timeoutMs: 5000,
      ...changes,
    });
    afterAll(() => client.close());

    test.each([200, 204, 404, 409, 500, 503])("takes %i for an answer, not a failure", async (status) => {
      expect(await client.send(get(`/status/${status}`), never)).toMatchObject({ status });
    });

    test("sends method, headers and body as given", async () => {
      const request = get("/echo", { method: "POST", headers: { "x-a": "1" }, body: toUtf8("hello") });
      const { body } = await client.send(request, never);
      expect(JSON.parse(text(body))).toMatchObject({ method: "POST", header: "1", body: "hello" });
    });

    test("gives header names in lower case and joins repeated ones", async () => {
      const { headers } = await client.send(get("/headers"), never);
      expect(headers).toMatchObject({ "x-many": "a, b", "x-one": "c" });
    });

    test("gives a plain Uint8Array", async () => {
      const { body } = await client.send(get("/bytes/3"), never);
      expect(body.constructor).toBe(Uint8Array);
    });

    test.each([
      ["exactly at", "/bytes/1000"],
      ["compressed, exactly at", "/gzip/1000"],
    ])("reads a body %s the limit", async (_, path) => {
      expect((await client.send(get(path), never)).body).toHaveLength(1000);
    });

    test.each([
      ["one byte over", "/bytes/1001"],
      ["over, of undeclared length", "/chunked/1001"],
      ["over after decompression", "/gzip/1000000"],
    ])("refuses a body %s the limit", async (_, path) => {
      await expect(client.send(get(path), never)).rejects.toMatchObject({ id: "http.too-large" });
    });

    test("answers HEAD whatever length is declared", async () => {
      const { headers } = await client.send(get("/bytes/5000", { method: "HEAD" }), never);
      expect(headers["content-length"]).toBe("5000");
    });

    test.each(["/encoding/br", "/broken-gzip"])("refuses an encoding it cannot undo: %s", async (path) => {
      await expect(client.send(get(path), never)).rejects.toMatchObject({ id: "http.malformed" });
    });

    test.each([
      ["never answers", "/silent"],
      ["stops in the middle of the body", "/stalls"],
    ])("gives up on a server that %s", async (_, path) => {
      await expect(client.send(get(path, { timeoutMs: 40 }), never)).rejects.toMatchObject({ id: "http.timeout" });
    });

    test("rejects with the caller's own reason when the caller gives up", async () => {
      const caller = new AbortController();
      const sent = client.send(get("/silent"), caller.signal);
      caller.abort(new RangeError("enough"));
      await expect(sent).rejects.toThrow(RangeError);
      await expect(client.send(get("/status/200"), caller.signal)).rejects.toThrow(RangeError);
    });

    test.each([
      ["hangs up", "/hang-up"],
      ["hangs up in the middle of the body", "/half"],
    ])("reports a server that %s", async (_, path) => {
      await expect(client.send(get(path), never)).rejects.toMatchObject({ id: "http.unreachable" });
    });

    test("reports a closed port and an unknown name", async () => {
      const closed = listening(routes());
      await closed.start();
      const url = closed.url();
      await closed.stop();
      await expect(client.send(get("", { url }), never)).rejects.toMatchObject({ id: "http.unreachable" });
      const unknown = get("", { url: "https://no-such-host.invalid/" });
      await expect(client.send(unknown, never)).rejects.toMatchObject({ id: "http.unreachable" });
    });

    test.each([
      ["plain http off loopback", "http://registry.example/"],
      ["plain http to a private address", "http://10.0.0.1/"],
      ["link-local addresses", "https://169.254.169.254/latest/meta-data"],
      ["link-local addresses inside IPv6", "https://[::ffff:169.254.169.254]/"],
      ["the unspecified address", "https://0.0.0.0/"],
      ["other schemes", "file:///etc/passwd"],
      ["credentials in the URL", "https://user:password@registry.example/"],
      ["what is not a URL", "registry.example"],
    ])("refuses %s", async (_, url) => {
      await expect(client.send(get("", { url }), never)).rejects.toMatchObject({ id: "http.refused" });
    });

    describe("redirects", () => {
      test("are answers unless asked for", async () => {
        expect(await client.send(get(to("/bytes/1")), never)).toMatchObject({ status: 307 });
      });

      test.each([301, 302, 303, 307, 308])("%i is followed for GET", async (status) => {
        const answer = await client.send(get(to("/bytes/7", status), { redirectsMax: 1 }), never);
        expect(answer.body).toHaveLength(7);
      });

      test("are followed no further than asked", async () => {
        const twice = get(to(to("/bytes/7")), { redirectsMax: 1 });
        expect(await client.send(twice, never)).toMatchObject({ status: 307 });
      });

      test.each([
        [302, 302],
        [307, 200],
      ])("%i of a POST ends as %i: a body goes on only where that is the rule", async (status, expected) => {
        const request = get(to("/echo", status), { method: "POST", body: toUtf8("x"), redirectsMax: 3 });
        expect(await client.send(request, never)).toMatchObject({ status: expected });
      });

      test("keep credentials on the same origin and drop them on another", async () => {
        const headers = { authorization: "Bearer abc" };
        const same = await client.send(get(to("/echo"), { headers, redirectsMax: 1 }), never);
        const beyond = await client.send(get(to(`${other.url()}/echo`), { headers, redirectsMax: 1 }), never);
        expect(JSON.parse(text(same.body))).toMatchObject({ authorization: "Bearer abc" });
        expect(JSON.parse(text(beyond.body))).toMatchObject({ authorization: "" });
      });

      test.each(["http://169.254.169.254/", "http://registry.example/", "file:///etc/passwd"])(
        "to %s are refused",
        async (target) => {
          const request = get(to(target), { redirectsMax: 1 });
          await expect(client.send(request, never)).rejects.toMatchObject({ id: "http.refused" });
        },
      );
    });

    describe("stream", () => {
      test("gives chunks before the body has ended", async () => {
        const caller = new AbortController();
        const { status, body } = await client.stream(get("/ticks"), caller.signal);
        const first = await body[Symbol.asyncIterator]().next();
        expect([status, text(first.value as Uint8Array)]).toEqual([200, "tick\n"]);
        caller.abort(new RangeError("enough"));
      });

      test("ends with the body", async () => {
        const { body } = await client.stream(get("/chunked/20"), never);
        let read = 0;
        for await (const chunk of body) read += chunk.length;
        expect(read).toBe(20);
      });

      test.each([
        ["the pause is too long", "/ticks", { timeoutMs: 60 }, "http.timeout"],
        ["the body is too long", "/chunked/2000", {}, "http.too-large"],
        ["the server hangs up", "/half", {}, "http.unreachable"],
      ])("rejects when %s", async (_, path, changes, id) => {
        const drain = async (): Promise<void> => {
          const { body } = await client.stream(get(path, changes), never);
          for await (const chunk of body) expect(chunk.length).toBeGreaterThan(0);
        };
        await expect(drain()).rejects.toMatchObject({ id });
      });
    });
  });
}

const text = (body: Uint8Array): string => new TextDecoder().decode(body);
const to = (path: string, status = 307): string => `/redirect/${status}?to=${encodeURIComponent(path)}`;

function listening(handle: Route): { url(): string; start(): Promise<void>; stop(): Promise<void> } {
  const server: Server = createServer(handle);
  const start = (): Promise<void> => new Promise((done) => void server.listen(0, "127.0.0.1", done));
  const stop = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  beforeAll(start);
  afterAll(stop);
  return { url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`, start, stop };
}

/** A server whose path says how it behaves: `/bytes/12`, `/redirect/302?to=…`. */
function routes(): Route {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, kind = "", argument = ""] = url.pathname.split("/");
    BEHAVIOUR[kind]?.(response, argument, { url, request });
  };
}

type Behaviour = (
  response: ServerResponse,
  argument: string,
  seen: { readonly url: URL; readonly request: IncomingMessage },
) => void;

const BEHAVIOUR: Readonly<Record<string, Behaviour>> = {
  status: (response, code) => void response.writeHead(Number(code)).end(),
  bytes: (response, n) => void response.writeHead(200, { "content-length": n }).end(Buffer.alloc(Number(n), "a")),
  chunked: (response, n) => {
    response.write(Buffer.alloc(10, "a"));
    response.end(Buffer.alloc(Number(n) - 10, "a"));
  },
  gzip: (response, n) =>
    void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(Number(n)))),
  "broken-gzip": (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip"),
  encoding: (response, name) => void response.writeHead(200, { "content-encoding": name }).end("x"),
  headers: (response) => void response.writeHead(200, { "X-Many": ["a", "b"], "X-One": "c" }).end(),
  silent: () => undefined,
  stalls: (response) => void response.writeHead(200, { "content-length": 20 }).write("half"),
  ticks: (response) => void response.writeHead(200).write("tick\n"),
  "hang-up": (response) => void response.destroy(),
  half: (response) => {
    response.writeHead(200, { "content-length": 20 });
    response.write("half", () => void response.destroy());
  },
  redirect: (response, code, { url }) =>
    void response.writeHead(Number(code), { location: url.searchParams.get("to") ?? "" }).end("elsewhere"),
  echo: (response, _, { request }) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const { method } = request;
      const header = request.headers["x-a"] ?? "";
      const authorization = request.headers.authorization ?? "";
      response.end(JSON.stringify({ method, header, authorization, body: Buffer.concat(chunks).toString() }));
    });
  },
};
