import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { httpClientContract } from "../../ports/http-client.contract.ts";
import { undiciHttpClient } from "./client.ts";

httpClientContract("undici", () => undiciHttpClient());

describe("TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-http-"));
  let server: Server;
  let request: { method: "GET"; url: string; bytesMax: number; timeoutMs: number };
  let ca: string;
  const never = new AbortController().signal;

  beforeAll(async () => {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", "-days", "2", ...made, ...name], { stdio: "ignore" });
    ca = readFileSync(cert, "utf8");
    server = createServer({ key: readFileSync(key), cert: ca }, (_, response) => void response.end("ok"));
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    request = { method: "GET", url, bytesMax: 100, timeoutMs: 5000 };
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
  });

  test("trusts the given anchors", async () => {
    const client = undiciHttpClient({ ca: [ca] });
    expect(await client.send(request, never)).toMatchObject({ status: 200 });
    await client.close();
  });

  test("trusts nobody else, whatever the environment says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
    const client = undiciHttpClient();
    await expect(client.send(request, never)).rejects.toMatchObject({ id: "http.unreachable" });
    await client.close();
  });

  test("expects the host's own name in the certificate", async () => {
    const client = undiciHttpClient({ ca: [ca], serverName: "other.example" });
    await expect(client.send(request, never)).rejects.toMatchObject({ id: "http.unreachable" });
    await client.close();
  });
});
