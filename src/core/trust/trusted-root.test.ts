import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64 } from "../bytes/base64.ts";
import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { JsonValue } from "../json/json.ts";
import { readClientTrustConfig } from "./client-trust-config.ts";
import { readSigningConfig } from "./signing-config.ts";
import { readTrustedRoot } from "./trusted-root.ts";

type Members = { [name: string]: JsonValue };

const b64 = (length: number): string => toBase64(new Uint8Array(length).fill(1));
const validFor: Members = { start: "2025-01-01T00:00:00Z", end: "2026-01-01T00:00:00Z" };
const log: Members = {
  baseUrl: "https://rekor.example",
  hashAlgorithm: "SHA2_256",
  publicKey: { rawBytes: b64(91), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor },
  logId: { keyId: b64(32) },
};
const authority: Members = {
  subject: { organization: "example", commonName: "ca" },
  uri: "https://ca.example",
  certChain: { certificates: [{ rawBytes: b64(300) }, { rawBytes: b64(300) }] },
  validFor,
};
const root: Members = {
  mediaType: "application/vnd.dev.sigstore.trustedroot.v0.2+json",
  tlogs: [{ ...log, operator: "example", checkpointKeyId: { keyId: b64(4) } }],
  certificateAuthorities: [authority],
  ctlogs: [log],
  timestampAuthorities: [authority],
};
const service: Members = { url: "https://fulcio.example", majorApiVersion: 1, validFor, operator: "example" };
const config: Members = {
  mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
  caUrls: [service],
  oidcUrls: [service],
  rekorTlogUrls: [service],
  tsaUrls: [service],
  rekorTlogConfig: { selector: "ANY" },
  tsaConfig: { selector: "EXACT", count: 1 },
};
const both: Members = {
  mediaType: "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
  trustedRoot: root,
  signingConfig: config,
};

const bytes = (value: JsonValue): Uint8Array => toUtf8(JSON.stringify(value));
const read = (value: JsonValue) => readTrustedRoot(bytes(value));
const withLog = (change: Members): Members => ({ ...root, tlogs: [{ ...log, ...change }] });
const withKey = (change: Members): Members => withLog({ publicKey: { ...(log["publicKey"] as Members), ...change } });
const withAuthority = (change: Members): Members => ({
  ...root,
  certificateAuthorities: [{ ...authority, ...change }],
});

describe("readTrustedRoot", () => {
  test.each([
    ["v0.2", root],
    ["v0.1", { ...root, mediaType: "application/vnd.dev.sigstore.trustedroot.v0.1+json" }],
    [
      "v0.1 by its first media type",
      { ...root, mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1" },
    ],
    ["one without logs", { mediaType: root["mediaType"] ?? null, certificateAuthorities: [authority] }],
    ["a key that is still good", withKey({ validFor: { start: "2025-01-01T00:00:00.123Z", end: null } })],
  ])("reads %s", (_, value) => {
    expect(read(value)).toMatchObject({ ok: true });
  });

  test("gives a checkpoint key id only where there is one", () => {
    for (const checkpointKeyId of [undefined, null, {}, { keyId: null }]) {
      const document = { ...root, tlogs: [{ ...log, ...(checkpointKeyId !== undefined && { checkpointKeyId }) }] };
      const root1 = read(document);
      expect(root1.ok && Object.keys(root1.value.tlogs[0] ?? {})).not.toContain("checkpointKeyId");
    }
    expect(read(root)).toMatchObject({ value: { tlogs: [{ checkpointKeyId: new Uint8Array(4).fill(1) }] } });
  });

  test("gives the same id to the same document, whatever its white space and order", () => {
    const reordered = Object.fromEntries(Object.entries(root).toReversed());
    const spaced = readTrustedRoot(toUtf8(JSON.stringify(reordered, undefined, 2)));
    expect(spaced).toEqual(read(root));
    const other = read({ ...root, ctlogs: [] });
    expect(other.ok && spaced.ok && toHex(other.value.trustId) !== toHex(spaced.value.trustId)).toBe(true);
  });

  test.each<[string, JsonValue, string]>([
    [
      "an unknown version",
      { ...root, mediaType: "application/vnd.dev.sigstore.trustedroot.v0.3+json" },
      "trust-media-type",
    ],
    ["no media type", { ...root, mediaType: null }, "trust-media-type"],
    ["an unknown member", { ...root, extra: [] }, "unknown-field"],
    ["an unknown member of a log", withLog({ extra: 1 }), "unknown-field"],
    ["a key without times", withKey({ validFor: null }), "trust-validity-start-missing"],
    ["a key without a start", withKey({ validFor: { end: "2026-01-01T00:00:00Z" } }), "trust-validity-start-missing"],
    ["an authority without a start", withAuthority({ validFor: {} }), "trust-validity-start-missing"],
    ["a time that is no time", withKey({ validFor: { start: "2025-02-30T00:00:00Z" } }), "trust-validity"],
    [
      "an end before the start",
      withKey({ validFor: { start: "2025-01-02T00:00:00Z", end: "2025-01-01T00:00:00Z" } }),
      "trust-validity",
    ],
    ["a log without a key", withLog({ publicKey: null }), "field-missing"],
    ["a log without an id", withLog({ logId: {} }), "field-missing"],
    ["a log without a hash", withLog({ hashAlgorithm: "" }), "field-missing"],
    ["a key in base64url", withKey({ rawBytes: "-_-_" }), "base64"],
    ["an authority without certificates", withAuthority({ certChain: { certificates: [] } }), "trust-chain-empty"],
    [
      "an authority with eleven certificates",
      withAuthority({ certChain: { certificates: Array.from({ length: 11 }, () => ({ rawBytes: b64(3) })) } }),
      "trust-too-many",
    ],
    ["257 logs", { ...root, tlogs: Array.from({ length: 257 }, () => log) }, "trust-too-many"],
    ["logs that are no list", { ...root, tlogs: {} }, "field-type"],
    ["a list", [root], "trust-media-type"],
  ])("refuses %s", (_, value, code) => {
    expect(read(value)).toMatchObject({ ok: false, code });
  });
});

describe("readSigningConfig", () => {
  const readConfig = (change: Members) => readSigningConfig(bytes({ ...config, ...change }));

  test("reads v0.2", () => {
    expect(readConfig({})).toMatchObject({
      ok: true,
      value: {
        caUrls: [{ url: "https://fulcio.example", majorApiVersion: 1, operator: "example" }],
        rekorTlogConfig: { selector: "any" },
        tsaConfig: { selector: "exact", count: 1 },
      },
    });
    expect(readConfig({ tsaConfig: { selector: "ALL" }, rekorTlogConfig: null })).toMatchObject({
      value: { tsaConfig: { selector: "all" }, rekorTlogConfig: { selector: "any" } },
    });
  });

  test.each<[string, Members, string]>([
    [
      "v0.1, which had another shape",
      { mediaType: "application/vnd.dev.sigstore.signingconfig.v0.1+json" },
      "signing-config-media-type",
    ],
    ["a service without a URL", { caUrls: [{ ...service, url: "" }] }, "field-missing"],
    ["a service without a start", { caUrls: [{ ...service, validFor: null }] }, "trust-validity-start-missing"],
    ["an unknown selector", { tsaConfig: { selector: "SOME" } }, "signing-config-selector"],
    ["exactly none", { tsaConfig: { selector: "EXACT", count: 0 } }, "signing-config-selector"],
    ["a negative version", { caUrls: [{ ...service, majorApiVersion: -1 }] }, "int"],
    ["65 services", { caUrls: Array.from({ length: 65 }, () => service) }, "signing-config-too-many"],
    ["an unknown member", { extra: 1 }, "unknown-field"],
  ])("refuses %s", (_, change, code) => {
    expect(readConfig(change)).toMatchObject({ ok: false, code });
  });
});

describe("readClientTrustConfig", () => {
  test("reads both documents, the root under the id it has alone", () => {
    const read1 = readClientTrustConfig(bytes(both));
    expect(read1).toMatchObject({ ok: true, value: { signingConfig: { caUrls: [{ operator: "example" }] } } });
    expect(read1.ok && { ok: true, value: read1.value.trustedRoot }).toEqual(read(root));
  });

  test.each<[string, Members, string]>([
    ["another media type", { mediaType: "application/json" }, "client-trust-media-type"],
    ["no trusted root", { trustedRoot: null }, "trust-media-type"],
    ["no signing config", { signingConfig: null }, "signing-config-media-type"],
    ["a bad trusted root", { trustedRoot: { ...root, extra: 1 } }, "unknown-field"],
    ["an unknown member", { extra: 1 }, "unknown-field"],
  ])("refuses %s", (_, change, code) => {
    expect(readClientTrustConfig(bytes({ ...both, ...change }))).toMatchObject({ ok: false, code });
  });
});

test("none of the readers throws, whatever any one member is replaced by", () => {
  const places = pathsOf(both);
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), (path, value) => {
      const document = structuredClone(both);
      let at = document;
      for (const name of path.slice(0, -1)) at = at[name] as Members;
      at[path.at(-1) ?? ""] = JSON.parse(JSON.stringify(value)) as JsonValue;
      expect(readClientTrustConfig(bytes(document))).toHaveProperty("ok");
      expect(read(document["trustedRoot"] ?? null)).toHaveProperty("ok");
    }),
    { numRuns: 300 },
  );
});

function pathsOf(value: JsonValue): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[name], ...pathsOf(member).map((rest) => [name, ...rest])]);
}
