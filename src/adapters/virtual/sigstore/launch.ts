import { Fault } from "../../../core/fault.ts";
import type { Listening, ListenOptions, Outage } from "../serve.ts";

/** The servers of an embedded Sigstore, as outages and ports are named after them. Issuers are `oidc`, `oidc-<name>`. */
export type ServiceName = "fulcio" | "ctlog" | "rekor1" | "rekor2" | "tsa" | "tuf" | "registry" | `oidc${string}`;

export type LaunchOptions = {
  /** The ports of the last start: what others remember of a service holds over a restart, if its port is still free. */
  readonly ports: Readonly<Record<string, number>>;
  readonly outage?: (service: ServiceName, call: Parameters<Outage>[0]) => ReturnType<Outage>;
};

/** Starts servers one after another and remembers them, so that they end together. */
export type Launcher = {
  launch<S extends Listening>(service: ServiceName, start: (options: ListenOptions) => Promise<S>): Promise<S>;
  /** The ports of all that have been started. */
  ports(): Readonly<Record<string, number>>;
  close(): Promise<void>;
};

export function newLauncher({ ports, outage }: LaunchOptions): Launcher {
  const started: Listening[] = [];
  const taken: Record<string, number> = {};
  return {
    launch: async (service, start) => {
      const switched = outage ? { outage: (call: Parameters<Outage>[0]) => outage(service, call) } : {};
      const server = await startOnPort(service, ports[service] ?? 0, (port) => start({ port, ...switched }));
      started.push(server);
      taken[service] = server.port;
      return server;
    },
    ports: () => taken,
    // Those who call others first: nobody is left waiting for an answer.
    close: async () => {
      await started
        .splice(0)
        .toReversed()
        .reduce(async (before, server) => {
          await before;
          await server.close();
        }, Promise.resolve());
    },
  };
}

/** A port that somebody took in the meantime is exchanged for a free one; but image references hold the registry's. */
async function startOnPort<S>(service: ServiceName, port: number, start: (port: number) => Promise<S>): Promise<S> {
  try {
    return await start(port);
  } catch (error) {
    const isTaken = error instanceof Fault && error.id === "server.port-in-use";
    if (!isTaken || service === "registry") throw error;
    return start(0);
  }
}
