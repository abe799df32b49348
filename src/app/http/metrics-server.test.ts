import { expect, test } from "vitest";
import { serveMetrics } from "./metrics-server.ts";

test("serves the text of each scrape, and nothing else", async () => {
  let scrapes = 0;
  const server = await serveMetrics(async () => `scrape ${(scrapes += 1)}`, { host: "127.0.0.1", port: 0 });
  const get = (path: string, method = "GET"): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  const first = await get("/metrics");
  expect(first.headers.get("content-type")).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  expect(await first.text()).toBe("scrape 1");
  expect(await (await get("/metrics")).text()).toBe("scrape 2");
  expect((await get("/")).status).toBe(404);
  expect((await get("/metrics", "POST")).status).toBe(404);
  await server.close();
});

test("a scrape that fails is 503, with nothing of the cause", async () => {
  const server = await serveMetrics(() => Promise.reject(new Error("/data/store.db")), { host: "127.0.0.1", port: 0 });
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect([response.status, await response.text()]).toEqual([503, ""]);
  await server.close();
});
