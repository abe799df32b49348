import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cpuMsOf } from "./process-cpu.ts";

/** The webhook as it runs in a cluster: a process of its own. */
export type WebhookProcess = {
  readonly port: number;
  /** CPU time used so far, in milliseconds. */
  readonly cpuMs: () => number;
  readonly rssMib: () => number;
  readonly stop: () => Promise<void>;
};

/** How the webhook's image starts Node: without it V8 takes what the machine has before it looks for what is not needed. */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=4", "--heap-growing-percent=20"];

const MAIN = fileURLToPath(new URL("../src/cmd/webhook/main.ts", import.meta.url));

/** Starts the webhook on free ports over a folder with `config.yaml` and `policy.yaml`. */
export async function startWebhookProcess(folder: string): Promise<WebhookProcess> {
  const files = [
    "--config",
    `${folder}/config.yaml`,
    "--policy",
    `${folder}/policy.yaml`,
    "--cert-dir",
    `${folder}/served`,
  ];
  const ports = [
    "--name",
    "localhost",
    "--listen",
    "127.0.0.1:0",
    "--health-listen",
    "127.0.0.1:0",
    "--cluster",
    "prod",
  ];
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...files, ...ports], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { HOME: folder },
  });
  const port = await listeningPort(child);
  return {
    port,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    rssMib: () => statusKib(child.pid ?? 0, "VmRSS") / 1024,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGTERM");
      }),
  };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error("no output of the webhook");
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { event?: string; port?: number };
    if (event.event !== "server.started" || event.port === undefined) continue;
    // Its log goes on; a pipe that nobody empties would stop it.
    child.stdout.resume();
    return event.port;
  }
  throw new Error("the webhook ended before it listened");
}

function statusKib(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}
