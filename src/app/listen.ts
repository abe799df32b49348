import type { Server } from "node:net";
import { Fault } from "../core/fault.ts";
import { asNodeError } from "./node-error.ts";

/** Where a server listens; port 0 is any that is free. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** Begins to listen, and returns the port. Faults: `server.port-in-use`, also for a port that only root may take. */
export async function listenOn(server: Server, { host, port }: ListenAddress): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const isTaken = ["EADDRINUSE", "EACCES"].includes(asNodeError(cause)?.code ?? "");
      reject(isTaken ? new Fault("server.port-in-use", `${host}:${port}`, { cause }) : cause);
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : port;
}
