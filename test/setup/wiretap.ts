import { connect, createServer, type AddressInfo, type Server } from "node:net";

/** Passes connections on to a service, and keeps what is sent to it. */
export type Wiretap = { readonly port: number; readonly heard: () => string; readonly close: () => Promise<void> };

export async function tap(port: number): Promise<Wiretap> {
  const chunks: Buffer[] = [];
  const server = createServer((client) => {
    const service = connect(port, "127.0.0.1");
    client.on("data", (chunk) => void chunks.push(chunk));
    client.pipe(service).pipe(client);
    client.on("error", () => service.destroy());
    service.on("error", () => client.destroy());
  });
  await listen(server);
  return { port: portOf(server), heard: () => Buffer.concat(chunks).toString("latin1"), close: () => close(server) };
}

/** Listens on a free port of this machine. */
export function listen(server: Server): Promise<void> {
  return new Promise((done) => void server.listen(0, "127.0.0.1", done));
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((done) => void server.close(() => done()));
}
