import { expect, test } from "vitest";
import { parseUtf8, toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf } from "../digest.ts";
import { parseRfc3339, type UnixMs } from "../time.ts";
import { renderReferrerManifest } from "./referrer.ts";
import { renderAttestationStatement, renderImageStatement } from "./statements.ts";

const IMAGE = digestRefOf(toUtf8("image"));
const BUNDLE = digestRefOf(toUtf8("bundle"));
const AT = parseRfc3339("2026-01-02T03:04:05Z") as UnixMs;
const SIGN = "https://sigstore.dev/cosign/sign/v1";

test("a referrer is the manifest that Cosign v3 writes, byte for byte", () => {
  const manifest = renderReferrerManifest({
    bundle: { digest: BUNDLE, size: 6 },
    content: "dsse-envelope",
    predicateType: SIGN,
    createdAt: AT,
    subject: { mediaType: "application/vnd.oci.image.index.v1+json", digest: IMAGE, size: 5 },
  });
  const type = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  expect(parseUtf8(manifest)).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",` +
      `"config":{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"${empty}","artifactType":"${type}"},` +
      `"layers":[{"mediaType":"${type}","size":6,"digest":"${BUNDLE}"}],` +
      `"annotations":{"dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":"${SIGN}",` +
      `"org.opencontainers.image.created":"2026-01-02T03:04:05Z"},` +
      `"subject":{"mediaType":"application/vnd.oci.image.index.v1+json","size":5,"digest":"${IMAGE}"},` +
      `"artifactType":"${type}"}`,
  );
});

test("an image statement says nothing but that it is signed", () => {
  expect(parseUtf8(renderImageStatement(IMAGE))).toBe(
    `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${IMAGE.slice(7)}"}}],` +
      `"predicateType":"${SIGN}","predicate":{}}`,
  );
  expect(parseUtf8(renderImageStatement(IMAGE, { env: "prod" }))).toContain('"annotations":{"env":"prod"}');
});

test("an attestation names the repository and the digest", () => {
  const said = { name: "r.example/app", digest: IMAGE, predicateType: "https://example.com/t", predicate: { a: 1 } };
  expect(parseUtf8(renderAttestationStatement(said))).toBe(
    `{"_type":"https://in-toto.io/Statement/v1",` +
      `"subject":[{"name":"r.example/app","digest":{"sha256":"${IMAGE.slice(7)}"}}],` +
      `"predicateType":"https://example.com/t","predicate":{"a":1}}`,
  );
});
