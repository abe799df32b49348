import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bundle, TlogEntry } from "../bundle/bundle.ts";
import { readDetached, SIMPLE_SIGNING_MEDIA_TYPE } from "../bundle/detached.ts";
import { judgeSimpleSigning } from "../bundle/simple-signing.ts";
import { parseUtf8, toUtf8 } from "../bytes/utf8.ts";
import { digestRefOf } from "../digest.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { appendLegacyLayer, legacyTag, renderSimpleSigning, toLegacyLayer } from "./legacy.ts";

const IMAGE = digestRefOf(toUtf8("image"));
const PAYLOAD = renderSimpleSigning("r.example/app", IMAGE);
const BODY = toUtf8('{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{}}');
const BUNDLE: Bundle = {
  version: "0.3",
  key: { kind: "certificate", leaf: Uint8Array.of(1, 2), chain: [] },
  entries: [
    {
      logIndex: 7,
      logId: new Uint8Array(32).fill(9),
      kind: "hashedrekord",
      apiVersion: "0.0.1",
      integratedTime: 1_790_000_000,
      signedEntryTimestamp: Uint8Array.of(5),
      canonicalizedBody: BODY,
    },
  ],
  timestamps: [Uint8Array.of(8, 8)],
  content: { kind: "message", signature: Uint8Array.of(4) },
};
const parse = (bytes: Uint8Array): JsonValue => JSON.parse(parseUtf8(bytes) ?? "") as JsonValue;
const layerOf = (text: string) => ({ blob: toUtf8(text), descriptor: { digest: digestRefOf(toUtf8(text)) } });

function withoutPromise(entry: TlogEntry): TlogEntry {
  const { signedEntryTimestamp, ...rest } = entry;
  expect(signedEntryTimestamp).toBeDefined();
  return rest;
}

test("the payload is what a verifier of the older layout wants to read", () => {
  expect(judgeSimpleSigning(PAYLOAD, IMAGE)).toEqual({ kind: "pass" });
});

test("tags are cosign's", () => {
  expect(legacyTag(IMAGE, "sig")).toMatch(/^sha256-[0-9a-f]{64}\.sig$/);
});

test("a layer gives back the bundle it was made of, as far as the layout can hold it", () => {
  const layer = toLegacyLayer(BUNDLE, PAYLOAD, { chain: [Uint8Array.of(3)] });
  const annotations = layer?.descriptor["annotations"] as Record<string, string>;
  const read = readDetached({ mediaType: SIMPLE_SIGNING_MEDIA_TYPE, annotations, blob: PAYLOAD });
  const key = { kind: "certificate", leaf: Uint8Array.of(1, 2), chain: [Uint8Array.of(3)] };
  expect(read).toEqual({ ok: true, value: { ...BUNDLE, version: "detached", key } });
});

test.each<[string, Partial<Bundle>]>([
  ["no entry", { entries: [] }],
  ["an entry without a promise", { entries: BUNDLE.entries.map(withoutPromise) }],
  ["a bare key", { key: { kind: "public-key", hint: "" } }],
])("there is no layer for a bundle with %s", (_, change) => {
  expect(toLegacyLayer({ ...BUNDLE, ...change }, PAYLOAD, { chain: [] })).toBeUndefined();
});

describe("appendLegacyLayer", () => {
  test("keeps as many diff ids as layers, in their order", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), (texts) => {
        let before: { manifest: JsonValue; config: JsonValue } | undefined;
        for (const text of texts) {
          const after = appendLegacyLayer(before, layerOf(text));
          if (after) before = { manifest: parse(after.manifest), config: parse(after.config) };
        }
        const digests = texts.map((text) => digestRefOf(toUtf8(text)));
        expect(before).toMatchObject({
          manifest: { schemaVersion: 2, layers: digests.map((digest) => ({ digest })) },
          config: { rootfs: { type: "layers", diff_ids: digests } },
        });
      }),
    );
  });

  test("names the config that it gives", () => {
    const after = appendLegacyLayer(undefined, layerOf("a"));
    const { config } = parse(after?.manifest ?? new Uint8Array(0)) as JsonObject;
    expect(config).toMatchObject({ digest: digestRefOf(after?.config ?? new Uint8Array(0)) });
  });

  test("keeps what others wrote", () => {
    const before = {
      manifest: { schemaVersion: 2, mediaType: "m", annotations: { a: "b" }, layers: [{ digest: "x" }] },
      config: { author: "c", rootfs: { type: "layers", diff_ids: ["x"] } },
    };
    const after = appendLegacyLayer(before, layerOf("a"));
    expect(after && parse(after.manifest)).toMatchObject({
      mediaType: "m",
      annotations: { a: "b" },
      layers: [{ digest: "x" }, {}],
    });
    expect(after && parse(after.config)).toMatchObject({ author: "c" });
  });

  const layers = [{ digest: "x" }];
  test.each<[string, JsonValue, JsonValue]>([
    ["a manifest that is a list", [], { rootfs: { diff_ids: [] } }],
    ["a manifest without layers", {}, { rootfs: { diff_ids: [] } }],
    ["a config without diff ids", { layers }, {}],
    ["a config that is not JSON", { layers }, null],
    ["fewer diff ids than layers", { layers }, { rootfs: { diff_ids: [] } }],
  ])("refuses %s", (_, manifest, config) => {
    expect(appendLegacyLayer({ manifest, config }, layerOf("a"))).toBeUndefined();
  });
});
