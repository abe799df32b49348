import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { renderPem } from "../../core/bytes/pem.ts";
import type { UnixMs } from "../../core/time.ts";
import { httpClientContract } from "../../ports/http-client.contract.ts";
import { distinguishedName, newRoot, signCertificate } from "../virtual/sigstore/certificate.ts";
import { subjectAltName } from "../virtual/sigstore/extension.ts";
import { newKeys } from "../virtual/sigstore/keys.ts";
import { undiciHttpClient } from "./client.ts";

httpClientContract("undici", () => undiciHttpClient());

/** A server's key and its certificate for `localhost`, and the CA above it, in PEM. */
async function newServerIdentity(): Promise<{ key: string; cert: string; ca: string }> {
  const now = Date.now();
  const validity = { notBefore: (now - 60_000) as UnixMs, notAfter: (now + 600_000) as UnixMs };
  const [caKey, key] = await Promise.all([newKeys("ca", "p256"), newKeys("server", "p256")]);
  const ca = newRoot({ key: caKey, subject: distinguishedName("test", "ca"), ...validity });
  const extensions = [subjectAltName({ type: "dns", value: "localhost" })];
  const cert = signCertificate(ca, { subject: distinguishedName(), spki: key.spki, extensions, ...validity });
  return {
    key: key.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: renderPem("CERTIFICATE", cert),
    ca: renderPem("CERTIFICATE", ca.certificate),
  };
}

describe("TLS", () => {
  let server: Server;
  let request: { method: "GET"; url: string; bytesMax: number; timeoutMs: number };
  let ca: string;
  const never = new AbortController().signal;

  beforeAll(async () => {
    const identity = await newServerIdentity();
    ({ ca } = identity);
    server = createServer(identity, (_, response) => void response.end("ok"));
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    request = { method: "GET", url, bytesMax: 100, timeoutMs: 5000 };
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
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

  // Node reads it once, at its start, so it takes a process of its own.
  test("trusts no anchor that the environment adds", async () => {
    const folder = mkdtempSync(join(tmpdir(), "countersign-http-"));
    const extra = join(folder, "ca.pem");
    writeFileSync(extra, ca);
    const script = `
      import { undiciHttpClient } from ${JSON.stringify(join(import.meta.dirname, "client.ts"))};
      const client = undiciHttpClient();
      await client.send(${JSON.stringify(request)}, new AbortController().signal).then(
        ({ status }) => console.log(status),
        ({ id }) => console.log(id),
      );
      await client.close();`;
    const args = ["--input-type=module", "--eval", script];
    const said = await new Promise((done) => {
      execFile(process.execPath, args, { env: { NODE_EXTRA_CA_CERTS: extra } }, (_, out) => done(out.trim()));
    });
    rmSync(folder, { recursive: true });
    expect(said).toBe("http.unreachable");
  });

  test("expects the host's own name in the certificate", async () => {
    const client = undiciHttpClient({ ca: [ca], serverName: "other.example" });
    await expect(client.send(request, never)).rejects.toMatchObject({ id: "http.unreachable" });
    await client.close();
  });
});
