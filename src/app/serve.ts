import type { Config } from "./config/config.ts";
import { parseListen } from "./config/units.ts";
import type { AccessRecord } from "./http/handler.ts";
import { serveMetrics } from "./http/metrics-server.ts";
import { createServer } from "./http/server.ts";
import type { Io } from "./io.ts";
import { renderExposition } from "./telemetry/exposition.ts";
import type { Log } from "./telemetry/log.ts";
import { toMetrics } from "./telemetry/metrics.ts";
import type { OpenServe } from "./wiring/serve.ts";
import { supervise, type SuperviseDeps } from "./workers/supervise.ts";

/** `api`: only answers; `follow`: only fills the store; `all`: both. */
export const ROLES = ["all", "api", "follow"] as const;
export type Role = (typeof ROLES)[number];

export type ServeRequest = { readonly config: Config; readonly role: Role; readonly log: Log };
export type ServeDeps = Omit<SuperviseDeps, "log"> & { readonly opened: OpenServe };

/** Runs the server and the workers until the signal fires, then lets what is at hand end. Faults: those of listening. */
export async function serve(io: Pick<Io, "signal">, deps: ServeDeps, request: ServeRequest): Promise<void> {
  const { config, role, log } = request;
  const { opened, clock, random } = deps;
  const closers: (() => Promise<void>)[] = [opened.close];
  let isUp = false;
  try {
    if (role !== "follow") closers.push(await listen(opened, config, log));
    closers.push(...(await listenForMetrics(opened, config, log)));
    isUp = true;
    const workers = role === "api" ? [] : opened.workers;
    await supervise({ clock, random, log }, [...workers, untilStopped], io.signal);
  } finally {
    // In turn, the newest first: nobody is answered out of a store that is closed.
    for (const close of closers.toReversed()) await close(); // oxlint-disable-line no-await-in-loop -- in order
    if (isUp) log("info", "server.stopped");
  }
}

/** Keeps `serve` alive where there is nothing to follow. */
const untilStopped = {
  name: "signal",
  run: (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    }),
};

async function listen(opened: OpenServe, config: Config, log: Log): Promise<() => Promise<void>> {
  const { host, port } = parseListen(config.server.listen) ?? { host: "127.0.0.1", port: 0 };
  const record = (access: AccessRecord): void => recordAccess(log, access);
  const server = await createServer({ ...opened.server, record }).listen(host, port);
  log("info", "server.started", { url: server.url, auth: opened.server.authenticator.mode });
  return server.close;
}

async function listenForMetrics(
  opened: OpenServe,
  config: Config,
  log: Log,
): Promise<readonly (() => Promise<void>)[]> {
  const at = parseListen(config.telemetry.metrics);
  if (!at) return [];
  const { queries } = opened;
  const render = async (): Promise<string> => {
    const [positions, misbehaviours, { containers }, incidents] = await Promise.all([
      queries.events.positions(),
      queries.events.misbehaviours(),
      queries.workloads(),
      queries.incidents(),
    ]);
    const { version } = queries;
    const families = toMetrics({ now: queries.now(), version, positions, misbehaviours, containers, incidents });
    return renderExposition([...families, ...opened.metrics()]);
  };
  const server = await serveMetrics(render, at);
  log("info", "server.started", { metrics: `${at.host}:${server.port}` });
  return [server.close];
}

function recordAccess(log: Log, { error, ...access }: AccessRecord): void {
  const why = error instanceof Error ? { error: error.message, stack: error.stack } : {};
  log(access.status >= 500 ? "error" : "info", "request.answered", { ...access, ...why });
}
