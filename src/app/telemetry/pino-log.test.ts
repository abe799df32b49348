import { expect, test } from "vitest";
import { pinoLog } from "./pino-log.ts";

function said(
  level: "info" | "error",
  act: (log: ReturnType<typeof pinoLog>) => void,
): readonly Record<string, unknown>[] {
  const lines: string[] = [];
  act(pinoLog((line) => void lines.push(line), level));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("one JSON line per event, with its level and fields", () => {
  const [line] = said("info", (log) => log("warn", "worker.restarted", { worker: "follow", failures: 2 }));
  expect(line).toMatchObject({ level: "warn", event: "worker.restarted", worker: "follow", failures: 2 });
  expect(line?.["time"]).toMatch(/^\d{4}-\d{2}-\d{2}T/);
});

test("says nothing below its level", () => {
  expect(said("error", (log) => log("info", "server.started"))).toEqual([]);
});

test.each(["authorization", "cookie", "token", "password", "secret", "session"])("never prints a %s", (name) => {
  const [line] = said("info", (log) => log("info", "request.answered", { [name]: "eyJhbGciOi" }));
  expect(line?.[name]).toBe("[secret]");
});
