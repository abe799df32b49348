import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { waitUntil } from "../setup/wait-until.ts";

/** A server that is not ours, in a process of its own. */
export type ServerProcess = {
  readonly close: () => Promise<void>;
  /** What it has said so far: why it did not start, when it did not. */
  readonly said: () => string;
};

const READY_MS = 30_000;
const POLL_MS = 100;

/** Starts a program and waits until `url` answers with a status that is not an error of the server. */
export async function startServer(
  program: string,
  args: readonly string[],
  { url, folder }: { readonly url: string; readonly folder: string },
): Promise<ServerProcess> {
  let said = "";
  const env = { PATH: process.env["PATH"], HOME: folder };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((done) => void child.once("exit", () => done()));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => void (said += text));
  }
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  const ask = async (): Promise<void> => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said.slice(-2000)}`);
    const { status } = await fetch(url);
    if (status >= 500) throw new Error(`${url}: ${status}`);
  };
  try {
    await waitUntil(ask, { timeoutMs: READY_MS, everyMs: POLL_MS });
  } catch (error) {
    await close();
    throw new Error(`${program} did not start: ${said.slice(-2000)}`, { cause: error });
  }
  return { close, said: () => said };
}

/** Ports that are free now, for programs that cannot be told to take any. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => void server.close(done))));
  return ports;
}
