import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import { jsonReply, serve, type Answer, type Exchange, type Listening, type ListenOptions } from "./serve.ts";

describe("serve", () => {
  test("gives the request whole, and sends the answer", async () => {
    const seen: Exchange[] = [];
    const { url } = await start((exchange) => {
      seen.push(exchange);
      return jsonReply(201, { ok: true }, { "x-name": "value" });
    });
    const response = await fetch(`${url}/a%20b/?c=d&c=e`, { method: "POST", body: "body" });
    expect([response.status, response.headers.get("x-name"), await response.json()]).toEqual([
      201,
      "value",
      { ok: true },
    ]);
    expect(seen).toMatchObject([{ method: "POST", path: "/a%20b/" }]);
    expect(seen[0]?.query.getAll("c")).toEqual(["d", "e"]);
    expect(new TextDecoder().decode(seen[0]?.body)).toBe("body");
    expect(Object.getPrototypeOf(seen[0]?.body)).toBe(Uint8Array.prototype);
  });

  test("answers HEAD with the length of what GET would give, and nothing else", async () => {
    const { url } = await start(() => ({ status: 200, body: "four" }));
    const response = await fetch(url, { method: "HEAD" });
    expect([response.headers.get("content-length"), await response.text()]).toEqual(["4", ""]);
  });

  test("refuses a body beyond the limit, and not one at it", async () => {
    const { url } = await start(({ body }) => ({ status: 200, body: String(body.length) }), 4);
    expect(await (await fetch(url, { method: "POST", body: "four" })).text()).toBe("4");
    const refused = await fetch(url, { method: "POST", body: "fives" });
    expect([refused.status, refused.headers.get("connection")]).toEqual([413, "close"]);
  });

  test("goes on after a client that went away in the middle of its request", async () => {
    const { url, port } = await start(() => ({ status: 204 }));
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc", () => {
          socket.destroy();
          resolve();
        });
      });
    });
    expect((await fetch(url)).status).toBe(204);
  });

  test("tells a fault of its own as 500", async () => {
    const { url } = await start(() => {
      throw new Fault("store.read-only", "/data");
    });
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining("/data") });
  });

  test("counts requests for the fault switch", async () => {
    const { url } = await start(() => ({ status: 200 }), 0, {
      outage: ({ number, method, path }) => (number === 2 ? jsonReply(503, { method, path }) : undefined),
    });
    expect((await fetch(url)).status).toBe(200);
    expect(await (await fetch(`${url}/x`)).json()).toEqual({ method: "GET", path: "/x" });
    expect((await fetch(url)).status).toBe(200);
  });

  test("says that a port is taken", async () => {
    const { port } = await start(() => ({ status: 200 }));
    await expect(serve(() => ({ status: 200 }), 0, { port })).rejects.toMatchObject({ id: "server.port-in-use" });
  });
});

const started: Listening[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(answer: Answer, bodyBytesMax = 1024, options: ListenOptions = {}): Promise<Listening> {
  const server = await serve(answer, bodyBytesMax, options);
  started.push(server);
  return server;
}
