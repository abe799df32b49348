import { expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf } from "../digest.ts";
import { mayBeNotation, NOTATION_ARTIFACT_TYPE, readSignatureManifest } from "./signature-manifest.ts";

const [IMAGE, BLOB] = [digestRefOf(toUtf8("image")), digestRefOf(toUtf8("blob"))] as const;
const LAYER = { mediaType: "application/jose+json", digest: BLOB, size: 100 };
const GOOD = { config: { mediaType: NOTATION_ARTIFACT_TYPE }, subject: { digest: IMAGE }, layers: [LAYER] };

test.each<[string, object, string]>([
  ["what notation pushes", {}, "ok"],
  ["an artifact type", { artifactType: NOTATION_ARTIFACT_TYPE, config: undefined }, "ok"],
  ["COSE", { layers: [{ ...LAYER, mediaType: "application/cose" }] }, "ok"],
  ["another artifact type", { artifactType: "application/vnd.other" }, "manifest-type"],
  ["another configuration", { config: { mediaType: "application/vnd.oci.empty.v1+json" } }, "manifest-type"],
  ["nothing that says what it is", { config: undefined }, "manifest-type"],
  ["another subject", { subject: { digest: BLOB } }, "subject-mismatch"],
  ["no subject", { subject: undefined }, "subject-mismatch"],
  ["no layers", { layers: [] }, "manifest-layers"],
  ["two layers", { layers: [LAYER, LAYER] }, "manifest-layers"],
  ["layers that are no list", { layers: LAYER }, "manifest-layers"],
  ["a layer of another type", { layers: [{ ...LAYER, mediaType: "application/json" }] }, "manifest-layers"],
  ["a layer without a digest", { layers: [{ ...LAYER, digest: undefined }] }, "manifest-layers"],
  ["a layer larger than any envelope", { layers: [{ ...LAYER, size: 2 ** 20 + 1 }] }, "too-large"],
])("a manifest with %s", (_, change, expected) => {
  const read = readSignatureManifest(toUtf8(JSON.stringify({ ...GOOD, ...change })), IMAGE);
  expect(read.ok ? "ok" : read.code).toBe(expected);
});

test("a manifest that is no object, or has a member twice", () => {
  expect(readSignatureManifest(toUtf8("[]"), IMAGE)).toMatchObject({ code: "manifest-type" });
  expect(readSignatureManifest(toUtf8('{"layers":[],"layers":[]}'), IMAGE)).toMatchObject({
    code: "json-duplicate-key",
  });
});

test("a referrer may be one when it says so, or says nothing", () => {
  expect([{ artifactType: NOTATION_ARTIFACT_TYPE }, {}, { artifactType: "x" }].map(mayBeNotation)).toEqual([
    true,
    true,
    false,
  ]);
});
