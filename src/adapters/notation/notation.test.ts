import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { at } from "../../../test/setup/make-certificate.ts";
import { root, signer } from "../../../test/setup/notation-world.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { RevocationQuestion } from "../../core/x509/assess-revocation.ts";
import type { StoreName } from "../../core/notation/rules.ts";
import { undiciHttpClient } from "../http/client.ts";
import { httpRevocationSource } from "./revocation-source.ts";
import { notationTrustFiles } from "./trust-files.ts";

const never = new AbortController().signal;

describe("notationTrustFiles", () => {
  let folder: string;
  const ACME: StoreName = { type: "ca", name: "acme" };
  const policy = {
    version: "1.0",
    trustPolicies: [
      {
        name: "p",
        registryScopes: ["*"],
        signatureVerification: { level: "strict" },
        trustStores: ["ca:acme"],
        trustedIdentities: ["*"],
      },
    ],
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "countersign-notation-"));
    mkdirSync(join(folder, "x509/ca/acme"), { recursive: true });
    return () => rmSync(folder, { recursive: true });
  });
  const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
  const files = () =>
    notationTrustFiles({ policies: ["oci.json", "old.json"].map((name) => join(folder, name)), store: folder });
  const read = (store: StoreName = ACME) => files().certificates([store], never);

  test("reads the first policy that is there", async () => {
    put("old.json", JSON.stringify(policy));
    expect((await files().policy(never)).statements).toHaveLength(1);
    put("oci.json", "{}");
    await expect(files().policy(never)).rejects.toMatchObject({ id: "notation.policy-invalid" });
  });

  test.each<[string, () => void, string]>([
    ["no policy", () => undefined, "notation.policy-missing"],
    ["a policy that is no JSON", () => put("oci.json", "x"), "notation.policy-invalid"],
    ["a policy that is a folder", () => mkdirSync(join(folder, "oci.json")), "notation.policy-invalid"],
    ["a policy larger than any", () => put("oci.json", " ".repeat(2 ** 20 + 1)), "notation.policy-invalid"],
    [
      "a policy behind a link",
      () => {
        put("real.json", JSON.stringify(policy));
        symlinkSync(join(folder, "real.json"), join(folder, "oci.json"));
      },
      "notation.policy-invalid",
    ],
  ])("refuses %s", async (_, make, id) => {
    make();
    await expect(files().policy(never)).rejects.toMatchObject({ id });
  });

  test("reads PEM and DER, and names what it passes over", async () => {
    put("x509/ca/acme/a.pem", renderPem("CERTIFICATE", root.der) + renderPem("CERTIFICATE", signer.der));
    put("x509/ca/acme/b.crt", root.der);
    put("x509/ca/acme/readme.txt", "not a certificate");
    mkdirSync(join(folder, "x509/ca/acme/old"));
    const { certificates, warnings } = await read();
    expect(certificates.map(({ der, store }) => [der.length, store.name])).toEqual([
      [root.der.length, "acme"],
      [signer.der.length, "acme"],
      [root.der.length, "acme"],
    ]);
    expect(warnings).toHaveLength(2);
  });

  test.each<[string, () => void, StoreName, string]>([
    ["a store that is not there", () => undefined, { type: "tsa", name: "acme" }, "notation.store-missing"],
    ["a store that is empty", () => undefined, ACME, "notation.store-missing"],
    ["a store of other files", () => put("x509/ca/acme/a.txt", root.der), ACME, "notation.store-missing"],
    ["a file that is no certificate", () => put("x509/ca/acme/a.pem", "x"), ACME, "notation.store-invalid"],
    ["a store that is a file", () => put("x509/ca/file", "x"), { type: "ca", name: "file" }, "notation.store-invalid"],
    [
      "a certificate behind a link",
      () => {
        put("real.pem", renderPem("CERTIFICATE", root.der));
        symlinkSync(join(folder, "real.pem"), join(folder, "x509/ca/acme/a.pem"));
      },
      ACME,
      "notation.store-invalid",
    ],
    [
      "a store behind a link",
      () => symlinkSync(join(folder, "x509/ca/acme"), join(folder, "x509/ca/link")),
      { type: "ca", name: "link" },
      "notation.store-invalid",
    ],
  ])("refuses %s", async (_, make, store, id) => {
    make();
    await expect(read(store)).rejects.toMatchObject({ id });
  });
});

describe("httpRevocationSource", () => {
  const http = undiciHttpClient({ plainHttp: "anywhere" });
  let server: Server;
  let base = "";
  let asked: string[] = [];
  let now: UnixMs = at("2026-02-01T00:00:00Z");
  const source = () => httpRevocationSource(http, { now: () => now });
  const crl = (path = "/good"): RevocationQuestion => ({ kind: "crl", url: `${base}${path}` });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        asked.push(`${request.method} ${request.url} ${request.headers["content-type"] ?? ""}`.trim());
        if (request.url === "/moved") response.writeHead(302, { location: `${base}/good` }).end();
        else if (request.url === "/gone") response.writeHead(404).end();
        else if (request.url === "/huge") response.end(Buffer.alloc(2 ** 20 + 1));
        else response.end(request.method === "POST" ? Buffer.concat(chunks) : "list");
      });
    });
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await http.close();
    await new Promise((done) => void server.close(done));
  });
  beforeEach(() => {
    asked = [];
    now = at("2026-02-01T00:00:00Z");
  });

  test("asks for lists, and posts requests of OCSP", async () => {
    const question = { kind: "ocsp", url: `${base}/ocsp`, request: Uint8Array.of(1, 2) } as const;
    expect(await source().ask(question, never)).toEqual({ question, bytes: Uint8Array.of(1, 2) });
    expect(await source().ask(crl(), never)).toMatchObject({ bytes: expect.any(Uint8Array) as Uint8Array });
    expect(asked).toEqual(["POST /ocsp application/ocsp-request", "GET /good"]);
  });

  test.each(["/moved", "/gone", "/huge"])("%s is a gap, and no redirect is followed", async (path) => {
    expect(await source().ask(crl(path), never)).toMatchObject({ gap: expect.any(String) as string });
    expect(asked).toEqual([`GET ${path}`]);
  });

  test.each(["http://127.0.0.1:1/", "http://169.254.169.254/latest", "nonsense"])("%s is a gap", async (url) => {
    expect(await source().ask({ kind: "crl", url }, never)).toMatchObject({ gap: expect.any(String) as string });
  });

  test("gives the signal's reason when it is told to stop", async () => {
    const reason = new Error("stop");
    await expect(source().ask(crl(), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("keeps what was judged good until it runs out, and nothing else", async () => {
    const kept = source();
    const reply = await kept.ask(crl(), never);
    await kept.ask(crl(), never);
    expect(asked).toHaveLength(2);
    kept.keep([reply], [{ question: crl(), until: addMs(now, 1000) }]);
    expect(await kept.ask(crl(), never)).toEqual(reply);
    expect(asked).toHaveLength(2);
    now = addMs(now, 1001);
    await kept.ask(crl(), never);
    expect(asked).toHaveLength(3);
  });

  test("keeps 16 MiB at most, the newest", async () => {
    const kept = source();
    const until = addMs(now, 1_000_000);
    const replies = Array.from({ length: 20 }, (_, i) => ({ question: crl(`/${i}`), bytes: new Uint8Array(2 ** 20) }));
    for (const reply of replies) kept.keep([reply], [{ question: reply.question, until }]);
    await kept.ask(crl("/19"), never);
    expect(asked).toEqual([]);
    await kept.ask(crl("/0"), never);
    expect(asked).toEqual(["GET /0"]);
  });
});
