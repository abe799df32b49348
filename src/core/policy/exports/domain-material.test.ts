import { describe, expect, test } from "vitest";
import type { TrustedRoot } from "../../trust/trusted-root.ts";
import { toDomainMaterial, type KnownLog } from "./domain-material.ts";

const tlog = (baseUrl: string, keyDetails = "PKIX_ECDSA_P256_SHA_256") => ({
  baseUrl,
  keyDetails,
  key: new Uint8Array(1),
  validFor: {},
});
const A = tlog("https://a.example/");
const B = tlog("https://b.example");
const TILED = tlog("https://c.example", "PKIX_ED25519");

function namesOf(tlogs: readonly object[], logs: readonly KnownLog[] = []) {
  const root = { tlogs, ctlogs: [], certificateAuthorities: [], timestampAuthorities: [] } as unknown as TrustedRoot;
  return toDomainMaterial(root, { isPublic: false, logs }).logs.map(({ name, type }) => `${name} ${type}`);
}

const known = (name: string, type: KnownLog["type"], url: string): KnownLog => ({ name, type, url });

describe("toDomainMaterial", () => {
  test("names logs as the configuration does, and others by their hosts", () => {
    expect(namesOf([A, TILED], [known("first", "rekor1", "https://a.example")])).toEqual([
      "first rekor1",
      "c.example rekor2",
    ]);
  });

  test("knows a log that is asked at another address, where it is the only one of its kind", () => {
    const asked = [known("one", "rekor1", "http://localhost:1"), known("two", "rekor2", "http://localhost:2")];
    expect(namesOf([A, TILED], asked)).toEqual(["one rekor1", "two rekor2"]);
    expect(namesOf([A, B], asked)).toEqual(["a.example rekor1", "b.example rekor1"]);
    expect(namesOf([A], [...asked, known("three", "rekor1", "http://localhost:3")])).toEqual(["a.example rekor1"]);
  });
});
