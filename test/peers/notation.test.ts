import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { ociRegistry } from "../../src/adapters/oci/registry.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { integer } from "../../src/core/asn1/writer.ts";
import { renderPem } from "../../src/core/bytes/pem.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { addMs, renderRfc3339 } from "../../src/core/time.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import { CODE_SIGNING, extendedKeyUsage, extension, keyUsage } from "../setup/make-certificate.ts";
import { makeCose, makeJws } from "../setup/make-notation.ts";
import { crlPoints, makeCrl, makeOcsp, ocspAccess } from "../setup/make-revocation.ts";
import { GOOD, IDENTITY, makeSigner, root, rootKey, signerKey } from "../setup/notation-world.ts";
import { never, openPeerWorld, peer, type PeerWorld, type Ran } from "./peer-world.ts";

const CRL_NUMBER = [extension("2.5.29.20", integer(1))];

const DAY_MS = 86_400_000;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const NOTATION = peer("notation-v1.3.2") ?? "";
const OURS = "x509.subject: C=US, ST=WA, L=Seattle, O=Notary, CN=ours";
const THEIRS = "x509.subject: C=US, ST=WA, L=Seattle, O=Notary, CN=theirs";

const fromNow = (deltaMs: number): string => renderRfc3339(addMs(systemClock.now(), deltaMs)).replace(/\.\d+Z$/, "Z");

describe.skipIf(NOTATION === "")("notation v1.3.2 and countersign", () => {
  let world: PeerWorld;
  beforeAll(async () => {
    world = await openPeerWorld();
    await mkdir(world.at(".config/notation"), { recursive: true });
    for (const name of ["ours", "theirs"]) {
      // oxlint-disable-next-line no-await-in-loop -- both write one file of settings
      await notation(["cert", "generate-test", name]);
    }
    await policy({});
  });
  afterAll(() => world.close());

  const notation = (args: readonly string[]): Promise<Ran> => world.run(NOTATION, args);
  const verify = (ref: string, ...more: readonly string[]): Promise<Ran> =>
    world.countersign(["verify", "--notation", ref, "-o", "json", ...more]);
  const sign = (ref: string, key: string, ...more: readonly string[]): Promise<Ran> =>
    notation(["sign", "--insecure-registry", "--key", key, ...more, ref]);
  const policy = (change: object): Promise<void> => {
    const statement = {
      name: "peers",
      registryScopes: ["*"],
      signatureVerification: { level: "strict" },
      trustStores: ["ca:ours"],
      trustedIdentities: [OURS],
      ...change,
    };
    const document = JSON.stringify({ version: "1.0", trustPolicies: [statement] });
    return writeFile(join(world.folder, ".config/notation/trustpolicy.json"), document);
  };
  /** Exit codes of both on the same image, folder and policy: theirs is 0 or not, ours says why. */
  const both = async (ref: string): Promise<readonly [theirs: boolean, ours: boolean]> => {
    const [theirs, ours] = await Promise.all([notation(["verify", "--insecure-registry", ref]), verify(ref)]);
    return [theirs.exit === 0, ours.exit === 0];
  };

  test.each(["jws", "cose"])("we verify what it signs in %s, and so does it", async (format) => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "ours", "--signature-format", format, "--expiry", "24h")).toMatchObject({ exit: 0 });
    expect(await both(ref)).toEqual([true, true]);
    const answer = JSON.parse((await verify(ref)).out) as object;
    expect(answer).toMatchObject({
      verdict: { kind: "pass" },
      policy: { name: "peers", level: "strict" },
      signatures: [{ layout: "notation", format, signer: "CN=ours,O=Notary,L=Seattle,ST=WA,C=US" }],
    });
  });

  test("neither accepts an image that is not signed, or signed by somebody else", async () => {
    const [plain, other] = await Promise.all([world.newImage(), world.newImage()]);
    expect(await sign(other.ref, "theirs")).toMatchObject({ exit: 0 });
    expect([await both(plain.ref), await both(other.ref)]).toEqual([
      [false, false],
      [false, false],
    ]);
    expect((await verify(plain.ref)).out).toContain("no-signature");
    expect((await verify(other.ref)).out).toContain("cert-unknown-issuer");
  });

  test("both ask who signed, beneath one root", async () => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "theirs")).toMatchObject({ exit: 0 });
    await policy({ trustStores: ["ca:ours", "ca:theirs"] });
    expect(await both(ref)).toEqual([false, false]);
    expect((await verify(ref)).out).toContain("notation-identity");
    await policy({ trustStores: ["ca:ours", "ca:theirs"], trustedIdentities: [OURS, THEIRS] });
    expect(await both(ref)).toEqual([true, true]);
    await policy({});
  });

  test("one good signature among others is enough", async () => {
    const { ref } = await world.newImage();
    for (const key of ["theirs", "theirs", "ours"]) {
      // oxlint-disable-next-line no-await-in-loop -- each is attached after the one before
      expect(await sign(ref, key)).toMatchObject({ exit: 0 });
    }
    expect(await both(ref)).toEqual([true, true]);
  });

  test("where it passes what nobody looked at, we leave the question open", async () => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "theirs")).toMatchObject({ exit: 0 });
    await policy({ signatureVerification: { level: "audit" } });
    expect(await both(ref)).toEqual([true, false]);
    expect(await verify(ref)).toMatchObject({ exit: 3 });
    await policy({});
  });

  describe("revocation, and chains of our own making", () => {
    let server: Server;
    let base = "";
    /** What lies at each place now. */
    const places = new Map<string, Uint8Array>();
    beforeAll(async () => {
      server = createServer((request, response) => {
        request.resume();
        // Requests of OCSP may come as a part of the path.
        const place = [...places].find(([path]) => request.url?.startsWith(path));
        const bytes = place?.[1];
        response.writeHead(bytes ? 200 : 404).end(bytes);
      });
      await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const store = world.at(".config/notation/truststore/x509/ca/made");
      await mkdir(store, { recursive: true });
      await writeFile(join(store, "root.pem"), renderPem("CERTIFICATE", root.der));
      await policy({ trustStores: ["ca:made"], trustedIdentities: [IDENTITY] });
    });
    afterAll(async () => {
      await policy({});
      await new Promise((done) => void server.close(done));
    });

    const updates = { thisUpdate: fromNow(-DAY_MS), nextUpdate: fromNow(DAY_MS) };
    const issuer = { key: rootKey, certificate: root };
    const made = (serial: number, ...extensions: readonly Uint8Array[]): Certificate =>
      makeSigner({
        serial,
        notBefore: fromNow(-DAY_MS),
        notAfter: fromNow(DAY_MS),
        extensions: [keyUsage(1), extendedKeyUsage([CODE_SIGNING]), ...extensions],
      });

    /** An image with one envelope of our own builders attached. */
    async function signed(leaf: Certificate, make = makeJws): Promise<string> {
      const { repository, digest, ref } = await world.newImage();
      const http = undiciHttpClient();
      const registry = ociRegistry(http);
      const image = await registry.manifest(repository, digest, never);
      const target = { mediaType: MANIFEST, digest, size: image?.descriptor.size ?? 0 };
      const [config, layer] = await Promise.all([
        registry.pushBlob(repository, toUtf8("{}"), never),
        registry.pushBlob(
          repository,
          make({ ...GOOD, chain: [leaf, root], target, signingTime: fromNow(-60_000) }),
          never,
        ),
      ]);
      const manifest = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { ...config, mediaType: "application/vnd.cncf.notary.signature" },
        layers: [{ ...layer, mediaType: make === makeJws ? "application/jose+json" : "application/cose" }],
        annotations: { "io.cncf.notary.x509chain.thumbprint#S256": "[]" },
        subject: target,
      };
      await registry.pushManifest(repository, { mediaType: MANIFEST, bytes: toUtf8(JSON.stringify(manifest)) }, never);
      await http.close();
      return ref;
    }

    test.each([
      ["JWS", makeJws],
      ["COSE", makeCose],
    ])("both accept what our builders make in %s", async (_, make) => {
      expect(await both(await signed(made(100), make))).toEqual([true, true]);
    });

    test.each<[string, (leaf: Certificate) => Uint8Array | undefined, boolean]>([
      [
        "names others",
        () => makeCrl({ issuer, revoked: [Uint8Array.of(1)], ...updates, extensions: CRL_NUMBER }),
        true,
      ],
      [
        "names the signer",
        (leaf) => makeCrl({ issuer, revoked: [leaf.serial], ...updates, extensions: CRL_NUMBER }),
        false,
      ],
      [
        "has run out",
        () =>
          makeCrl({ issuer, thisUpdate: fromNow(-2 * DAY_MS), nextUpdate: fromNow(-DAY_MS), extensions: CRL_NUMBER }),
        false,
      ],
      [
        "is by another key",
        () => makeCrl({ issuer: { key: signerKey, certificate: root }, ...updates, extensions: CRL_NUMBER }),
        false,
      ],
      ["is not there", () => undefined, false],
    ])("both read a list that %s", async (name, list, accepted) => {
      const path = `/${encodeURIComponent(name)}.crl`;
      const leaf = made(101 + places.size, crlPoints([[`${base}${path}`]]));
      const bytes = list(leaf);
      if (bytes) places.set(path, bytes);
      expect(await both(await signed(leaf))).toEqual([accepted, accepted]);
    });

    test.each<["good" | "revoked" | "unknown", boolean]>([
      ["good", true],
      ["revoked", false],
      ["unknown", false],
    ])("both read a response of OCSP that says %s", async (status, accepted) => {
      const leaf = made(200 + places.size, ocspAccess(`${base}/ocsp-${status}`));
      places.set(
        `/ocsp-${status}`,
        makeOcsp({ certificate: leaf, issuer: root, responder: issuer, status, byName: true, ...updates }),
      );
      expect(await both(await signed(leaf))).toEqual([accepted, accepted]);
    });
  });

  test("both refuse a policy whose identities overlap", async () => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "ours")).toMatchObject({ exit: 0 });
    await policy({ trustedIdentities: [OURS, "x509.subject: C=US, ST=WA, O=Notary"] });
    expect(await both(ref)).toEqual([false, false]);
    expect(await verify(ref)).toMatchObject({ exit: 2 });
    await policy({});
  });
});
