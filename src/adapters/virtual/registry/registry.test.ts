import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { digestRefOf } from "../../../core/digest.ts";
import { startRegistry, type RegistryOptions, type VirtualRegistry } from "./registry.ts";

const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const CONFIG = toUtf8("{}");
const LAYER = toUtf8("layer");
const UNKNOWN = digestRefOf(toUtf8("unknown"));

type Refused = { readonly bytes?: Uint8Array; readonly mediaType?: string; readonly reference?: string };

describe("startRegistry", () => {
  test("answers the version check", async () => {
    const { url } = await start();
    const response = await fetch(`${url}/v2/`);
    expect(response.status).toBe(200);
    expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  });

  describe("blobs", () => {
    test("are pushed in one request", async () => {
      const { url } = await start();
      const response = await post(`${url}/v2/a/b/blobs/uploads/?digest=${digestRefOf(LAYER)}`, LAYER);
      expect(response.status).toBe(201);
      expect(response.headers.get("location")).toBe(`/v2/a/b/blobs/${digestRefOf(LAYER)}`);
      await expectBlob(url);
    });

    test("are pushed in two requests", async () => {
      const { url } = await start();
      const location = await begin(url);
      const response = await fetch(`${url}${location}?digest=${digestRefOf(LAYER)}`, { method: "PUT", body: LAYER });
      expect(response.status).toBe(201);
      await expectBlob(url);
    });

    test("are pushed in chunks, which must follow one another", async () => {
      const { url } = await start();
      const location = await begin(url);
      const first = await patch(`${url}${location}`, LAYER.slice(0, 2), "0-1");
      expect([first.status, first.headers.get("range")]).toEqual([202, "0-1"]);
      expect((await patch(`${url}${location}`, LAYER.slice(3), "3-4")).status).toBe(416);
      expect((await patch(`${url}${location}`, LAYER.slice(2), "2-4")).status).toBe(202);
      const status = await fetch(`${url}${location}`);
      expect([status.status, status.headers.get("range")]).toEqual([204, "0-4"]);
      const closed = await fetch(`${url}${location}?digest=${digestRefOf(LAYER)}`, { method: "PUT" });
      expect(closed.status).toBe(201);
      await expectBlob(url);
      expect((await fetch(`${url}${location}`)).status).toBe(404);
    });

    test("are refused when they are not what the digest says", async () => {
      const { url } = await start();
      const response = await post(`${url}/v2/a/b/blobs/uploads/?digest=${digestRefOf(CONFIG)}`, LAYER);
      expect(await codeOf(response)).toEqual([400, "DIGEST_INVALID"]);
    });

    test("mount when they are there, and begin an upload when not", async () => {
      const { url, pushBlob } = await start();
      const mount = `${url}/v2/c/blobs/uploads/?mount=${digestRefOf(LAYER)}&from=a/b`;
      expect((await post(mount, "")).status).toBe(202);
      pushBlob(LAYER);
      expect((await post(mount, "")).status).toBe(201);
    });

    test("are bounded", async () => {
      const { url } = await start({ blobBytesMax: 4 });
      expect((await post(`${url}/v2/a/blobs/uploads/?digest=${digestRefOf(LAYER)}`, LAYER)).status).toBe(413);
      const location = await begin(url);
      expect((await patch(`${url}${location}`, LAYER.slice(0, 3), "0-2")).status).toBe(202);
      expect(await codeOf(await patch(`${url}${location}`, LAYER.slice(3), "3-4"))).toEqual([413, "SIZE_INVALID"]);
    });

    test("are refused when the registry is full", async () => {
      const { url } = await start({ contentBytesMax: 4 });
      const response = await post(`${url}/v2/a/b/blobs/uploads/?digest=${digestRefOf(LAYER)}`, LAYER);
      expect(await codeOf(response)).toEqual([403, "DENIED"]);
    });
  });

  describe("manifests", () => {
    test("are pushed under a tag and pulled by it and by digest", async () => {
      const { url } = await filled();
      const manifest = imageManifest({});
      const pushed = await put(`${url}/v2/a/b/manifests/v1`, manifest, IMAGE);
      expect([pushed.status, pushed.headers.get("docker-content-digest")]).toEqual([201, digestRefOf(manifest)]);
      expect(pushed.headers.get("oci-subject")).toBeNull();
      const pulled = await Promise.all(["v1", digestRefOf(manifest)].map(async (reference) => pull(url, reference)));
      expect(pulled).toEqual([
        { mediaType: IMAGE, bytes: manifest },
        { mediaType: IMAGE, bytes: manifest },
      ]);
      const head = await fetch(`${url}/v2/a/b/manifests/v1`, { method: "HEAD" });
      expect(head.headers.get("content-length")).toBe(String(manifest.length));
    });

    test.each<[string, string, Refused]>([
      ["no JSON", "MANIFEST_INVALID", { bytes: toUtf8("{") }],
      ["no object", "MANIFEST_INVALID", { bytes: toUtf8("[]") }],
      ["a member twice", "MANIFEST_INVALID", { bytes: toUtf8('{"a":1,"a":1}') }],
      ["another media type", "MANIFEST_INVALID", { mediaType: INDEX }],
      ["a subject that is no descriptor", "MANIFEST_INVALID", { bytes: imageManifest({ subject: "x" }) }],
      ["no config", "MANIFEST_BLOB_UNKNOWN", { bytes: imageManifest({ config: {} }) }],
      ["a missing layer", "MANIFEST_BLOB_UNKNOWN", { bytes: imageManifest({ layers: [{ digest: UNKNOWN }] }) }],
      ["a missing child", "MANIFEST_BLOB_UNKNOWN", { bytes: imageManifest({ manifests: [{ digest: UNKNOWN }] }) }],
      ["another digest", "DIGEST_INVALID", { reference: UNKNOWN }],
      ["a malformed reference", "MANIFEST_UNKNOWN", { reference: "-v1" }],
      ["more than 4 MiB", "SIZE_INVALID", { bytes: imageManifest({ annotations: { a: "x".repeat(4_194_304) } }) }],
    ])("are refused with %s", async (_, code, { bytes = imageManifest({}), mediaType = IMAGE, reference = "v1" }) => {
      const { url } = await filled();
      const response = await put(`${url}/v2/a/b/manifests/${reference}`, bytes, mediaType);
      expect((await codeOf(response))[1]).toBe(code);
    });

    test("are deleted by tag, or by digest with their tags", async () => {
      const { url } = await filled();
      const manifest = imageManifest({});
      await put(`${url}/v2/a/b/manifests/v1`, manifest, IMAGE);
      await put(`${url}/v2/a/b/manifests/v2`, manifest, IMAGE);
      expect((await fetch(`${url}/v2/a/b/manifests/v1`, { method: "DELETE" })).status).toBe(202);
      expect((await fetch(`${url}/v2/a/b/manifests/v1`)).status).toBe(404);
      expect((await fetch(`${url}/v2/a/b/manifests/v2`)).status).toBe(200);
      expect((await fetch(`${url}/v2/a/b/manifests/${digestRefOf(manifest)}`, { method: "DELETE" })).status).toBe(202);
      expect((await fetch(`${url}/v2/a/b/manifests/v2`)).status).toBe(404);
    });
  });

  describe("referrers", () => {
    test("are listed once pushed, filtered when asked", async () => {
      const { url, subject, signature, sbom } = await withReferrers();
      const all = await referrers(url, subject);
      expect(all.headers.get("content-type")).toBe(INDEX);
      expect(await digestsOf(all)).toEqual([digestRefOf(signature), digestRefOf(sbom)]);
      const filtered = await referrers(url, subject, `?artifactType=${encodeURIComponent(BUNDLE)}`);
      expect(filtered.headers.get("oci-filters-applied")).toBe("artifactType");
      const index = (await filtered.json()) as { manifests: readonly unknown[] };
      expect(index.manifests).toEqual([
        {
          mediaType: IMAGE,
          digest: digestRefOf(signature),
          size: signature.length,
          artifactType: BUNDLE,
          annotations: { a: "b" },
        },
      ]);
    });

    test("of something unknown are none", async () => {
      const { url } = await start();
      expect(await digestsOf(await referrers(url, digestRefOf(LAYER)))).toEqual([]);
    });

    test("come in pages when told", async () => {
      const { url, subject, sbom } = await withReferrers({ referrersPerPage: 1 });
      const first = await referrers(url, subject);
      const next = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
      const second = await fetch(`${url}${next}`);
      expect(await digestsOf(second)).toEqual([digestRefOf(sbom)]);
      expect(second.headers.get("link")).toBeNull();
    });

    test("are unknown to a registry without the API, which does not promise to know the subject", async () => {
      const { url, subject, response } = await withReferrers({ referrersApi: false });
      expect((await referrers(url, subject)).status).toBe(404);
      expect(response.headers.get("oci-subject")).toBeNull();
    });

    test("go with their manifest", async () => {
      const { url, subject, signature, sbom } = await withReferrers();
      await fetch(`${url}/v2/a/b/manifests/${digestRefOf(signature)}`, { method: "DELETE" });
      expect(await digestsOf(await referrers(url, subject))).toEqual([digestRefOf(sbom)]);
    });
  });

  test("lists tags in order and in pages", async () => {
    const { url, pushManifest } = await filled();
    for (const tag of ["b", "a", "c"]) pushManifest("a/b", { mediaType: IMAGE, bytes: imageManifest({}), tag });
    const all = await (await fetch(`${url}/v2/a/b/tags/list`)).json();
    expect(all).toEqual({ name: "a/b", tags: ["a", "b", "c"] });
    const first = await fetch(`${url}/v2/a/b/tags/list?n=2`);
    expect(await first.json()).toEqual({ name: "a/b", tags: ["a", "b"] });
    expect(first.headers.get("link")).toBe('</v2/a/b/tags/list?n=2&last=b>; rel="next"');
    expect((await fetch(`${url}/v2/other/tags/list`)).status).toBe(404);
  });

  test.each([
    "/v2/A/manifests/v1",
    "/v2/a//b/tags/list",
    "/v2/a/../b/blobs/x",
    "/v2/a/nothing",
    `/v2/${"a".repeat(256)}/tags/list`,
  ])("refuses %s", async (path) => {
    const { url } = await start();
    expect((await fetch(`${url}${path}`)).status).toBeGreaterThanOrEqual(400);
  });

  describe("with a file", () => {
    test("has the same content after a restart", async () => {
      const path = await newPath();
      const first = await withReferrers({ path });
      await fetch(`${first.url}/v2/a/b/manifests/gone`, { method: "DELETE" });
      await first.close();
      const second = await start({ path });
      expect(await digestsOf(await referrers(second.url, first.subject))).toHaveLength(2);
      expect((await fetch(`${second.url}/v2/a/b/manifests/v1`)).status).toBe(200);
      await expectBlob(second.url);
    });
  });

  test("breaks as the fault switch says", async () => {
    const { url } = await start({
      outage: ({ number }) => (number === 1 ? "reset" : number === 2 ? { status: 503 } : undefined),
    });
    await expect(fetch(`${url}/v2/`)).rejects.toThrow("fetch failed");
    expect((await fetch(`${url}/v2/`)).status).toBe(503);
    expect((await fetch(`${url}/v2/`)).status).toBe(200);
  });
});

const started: VirtualRegistry[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((registry) => registry.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(options: RegistryOptions = {}): Promise<VirtualRegistry> {
  const registry = await startRegistry(options);
  started.push(registry);
  return registry;
}

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "registry-"));
  folders.push(folder);
  return join(folder, "content", "registry.journal");
}

async function filled(options: RegistryOptions = {}): Promise<VirtualRegistry> {
  const registry = await start(options);
  registry.pushBlob(CONFIG);
  registry.pushBlob(LAYER);
  return registry;
}

async function withReferrers(options: RegistryOptions = {}) {
  const registry = await filled(options);
  const image = imageManifest({});
  const subject = registry.pushManifest("a/b", { mediaType: IMAGE, bytes: image, tag: "v1" });
  const signature = imageManifest({ subject: { digest: subject }, artifactType: BUNDLE, annotations: { a: "b" } });
  const sbom = imageManifest({ subject: { digest: subject } });
  const response = await put(`${registry.url}/v2/a/b/manifests/${digestRefOf(signature)}`, signature, IMAGE);
  registry.pushManifest("a/b", { mediaType: IMAGE, bytes: sbom });
  return { ...registry, subject, signature, sbom, response };
}

function imageManifest(extra: Record<string, unknown>): Uint8Array {
  const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestRefOf(CONFIG), size: CONFIG.length };
  const layers = [{ mediaType: "application/octet-stream", digest: digestRefOf(LAYER), size: LAYER.length }];
  return toUtf8(JSON.stringify({ schemaVersion: 2, mediaType: IMAGE, config, layers, ...extra }));
}

async function expectBlob(url: string): Promise<void> {
  const response = await fetch(`${url}/v2/a/b/blobs/${digestRefOf(LAYER)}`);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(LAYER);
}

async function pull(url: string, reference: string) {
  const response = await fetch(`${url}/v2/a/b/manifests/${reference}`, { headers: { accept: IMAGE } });
  return { mediaType: response.headers.get("content-type"), bytes: new Uint8Array(await response.arrayBuffer()) };
}

async function begin(url: string): Promise<string> {
  const response = await post(`${url}/v2/a/b/blobs/uploads/`, "");
  expect(response.status).toBe(202);
  return response.headers.get("location") ?? "";
}

async function post(url: string, body: string | Uint8Array): Promise<Response> {
  return fetch(url, { method: "POST", body: typeof body === "string" ? body : new Uint8Array(body) });
}

async function patch(url: string, body: Uint8Array<ArrayBuffer>, range: string): Promise<Response> {
  return fetch(url, { method: "PATCH", body, headers: { "content-range": range } });
}

async function put(url: string, body: Uint8Array, mediaType: string): Promise<Response> {
  return fetch(url, { method: "PUT", body: new Uint8Array(body), headers: { "content-type": mediaType } });
}

async function referrers(url: string, digest: string, query = ""): Promise<Response> {
  return fetch(`${url}/v2/a/b/referrers/${digest}${query}`);
}

async function digestsOf(response: Response): Promise<readonly string[]> {
  const { manifests } = (await response.json()) as { manifests: readonly { digest: string }[] };
  return manifests.map(({ digest }) => digest);
}

async function codeOf(response: Response): Promise<readonly [number, string | undefined]> {
  const { errors } = (await response.json()) as { errors: readonly { code: string }[] };
  return [response.status, errors[0]?.code];
}
