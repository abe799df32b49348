import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { concatBytes } from "../../../core/bytes/bytes.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { importPublicKey } from "../../../core/crypto/public-key.ts";
import { parseSha256, sha256 } from "../../../core/digest.ts";
import { judgeConsistency } from "../../../core/merkle/consistency.ts";
import { judgeInclusion } from "../../../core/merkle/inclusion.ts";
import { leafHash, parseLeafIndex, parseTreeSize } from "../../../core/merkle/tree.ts";
import { addMs, parseUnixMs } from "../../../core/time.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../../../core/x509/extensions.ts";
import { parseSctList, verifySct } from "../../../core/x509/sct.ts";
import {
  distinguishedName,
  newIntermediate,
  newRoot,
  signCertificate,
  type Authority,
} from "../sigstore/certificate.ts";
import { keyUsage, poison, sctList } from "../sigstore/extension.ts";
import { newKeys } from "../sigstore/keys.ts";
import { memoryTileStore } from "../tile-store.ts";
import { startCt, type Ct, type CtOptions } from "./ct.ts";

const NOW = parseUnixMs(1_790_000_123_456) ?? bug("not an instant");
const VALIDITY = { notBefore: addMs(NOW, -1000), notAfter: addMs(NOW, 600_000) };
const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const ROOT = newRoot({ key: await newKeys("root", "p384"), subject: distinguishedName("o", "root"), ...VALIDITY });
const CA = newIntermediate(ROOT, {
  key: await newKeys("ca", "p256"),
  subject: distinguishedName("o", "ca"),
  purpose: EKU_CODE_SIGNING,
  ...VALIDITY,
});
const LEAF_KEY = await newKeys("leaf", "p256");
const EXTENSIONS = [keyUsage(KEY_USAGE.digitalSignature)];

type Sth = {
  readonly tree_size: number;
  readonly timestamp: number;
  readonly sha256_root_hash: string;
  readonly tree_head_signature: string;
};
type Entries = { readonly entries: readonly { readonly leaf_input: string; readonly extra_data: string }[] };
type Proof = { readonly leaf_index: number; readonly audit_path: readonly string[] };

let log: Ct;
let now = NOW;
let faults: NonNullable<CtOptions["faults"]>;
beforeEach(async () => {
  faults = {};
  now = NOW;
  const roots = [ROOT.certificate];
  log = await startCt({ store: memoryTileStore(), privateKey: KEY, roots, now: () => now, faults });
});
afterEach(async () => {
  await log.close();
});

const leaf = (extensions: readonly Uint8Array[], issuer: Authority = CA, serial = 1): Uint8Array =>
  signCertificate(issuer, {
    subject: distinguishedName(),
    spki: LEAF_KEY.spki,
    serial: Uint8Array.of(serial),
    extensions,
    ...VALIDITY,
  });
const precert = (serial = 1): Uint8Array => leaf([...EXTENSIONS, poison()], CA, serial);
const post = async (path: string, chain: readonly Uint8Array[]): Promise<Response> =>
  fetch(`${log.url}/ct/v1/${path}`, { method: "POST", body: JSON.stringify({ chain: chain.map(toBase64) }) });
const get = async <T>(path: string): Promise<T> => (await (await fetch(`${log.url}/ct/v1/${path}`)).json()) as T;
const fromBase64 = (text: string): Uint8Array => parseBase64(text) ?? bug("not base64");
const toHash = (text: string) => parseSha256(fromBase64(text)) ?? bug("not a hash");

describe("startCt", () => {
  test("promises a certificate whose SCT verifies, and keeps the promise", async () => {
    const promise = await log.addPreChain([precert(), CA.certificate, ROOT.certificate]);
    const certificate = parseCertificate(leaf([...EXTENSIONS, sctList([promise])]));
    if (!certificate.ok) throw new Error(certificate.detail);
    const list = parseSctList(certificate.value.sctList ?? new Uint8Array());
    const [sct] = list.ok ? list.value : [];
    const key = importPublicKey(log.instance.spki);
    const issuer = sha256(CA.key.spki);
    expect(sct && key.ok && verifySct(sct, certificate.value, issuer, key.value)).toBe(true);
  });

  test("answers a submission over HTTP, and the same one with the same time", async () => {
    const chain = [precert(), CA.certificate];
    const answer = await (await post("add-pre-chain", chain)).json();
    expect(answer).toMatchObject({ sct_version: 0, id: toBase64(log.instance.logId), timestamp: NOW, extensions: "" });
    now = addMs(NOW, 5000);
    expect(await log.addPreChain(chain)).toMatchObject({ timestamp: NOW });
    expect(log.log.head().size).toBe(1);
  });

  test("takes a final certificate too", async () => {
    const certificate = leaf(EXTENSIONS);
    const { signature } = (await (await post("add-chain", [certificate, CA.certificate])).json()) as {
      readonly signature: string;
    };
    const [entry] = await entriesOf("start=0&end=0");
    const signed = fromBase64(entry?.leaf_input ?? "");
    const [head, ecdsa] = [fromBase64(signature).slice(0, 2), fromBase64(signature).slice(4)];
    expect(head).toEqual(Uint8Array.of(4, 3));
    expect(verify("sha256", signed, spkiPem(), ecdsa)).toBe(true);
    expect(signed.subarray(15, 15 + certificate.length)).toEqual(certificate);
  });

  test("signs its tree head, and proves inclusion and growth under it", async () => {
    await log.addPreChain([precert(1), CA.certificate]);
    const first = await get<Sth>("get-sth");
    await Promise.all([2, 3, 4, 5].map((serial) => log.addPreChain([precert(serial), CA.certificate])));
    const sth = await get<Sth>("get-sth");
    expect(isSigned(first) && isSigned(sth)).toBe(true);
    const [from, to] = [parseTreeSize(first.tree_size), parseTreeSize(sth.tree_size)];
    const roots = { fromRoot: toHash(first.sha256_root_hash), toRoot: toHash(sth.sha256_root_hash) };
    const { consistency } = await get<{ readonly consistency: readonly string[] }>(
      `get-sth-consistency?first=${from}&second=${to}`,
    );
    const path = consistency.map(toHash);
    expect(judgeConsistency({ from: from ?? bug(""), to: to ?? bug(""), ...roots, path })).toEqual({ kind: "pass" });

    const entries = await entriesOf("start=3&end=9");
    expect(entries).toHaveLength(2);
    const hash = leafHash(fromBase64(entries[0]?.leaf_input ?? ""));
    const proof = await get<Proof>(`get-proof-by-hash?hash=${encodeURIComponent(toBase64(hash))}&tree_size=5`);
    const index = parseLeafIndex(proof.leaf_index) ?? bug("not an index");
    const audit = proof.audit_path.map(toHash);
    expect(index).toBe(3);
    expect(judgeInclusion({ leaf: hash, index, size: to ?? bug(""), root: roots.toRoot, path: audit })).toEqual({
      kind: "pass",
    });
  });

  test("gives the precertificate and its chain beside the entry", async () => {
    const chain = [CA.certificate, ROOT.certificate];
    const submitted = precert();
    await log.addPreChain([submitted, ...chain]);
    const [entry] = await entriesOf("start=0&end=0");
    const list = concatBytes(chain.map(vector24));
    expect(fromBase64(entry?.extra_data ?? "")).toEqual(concatBytes([vector24(submitted), vector24(list)]));
  });

  test.each<[string, () => readonly Uint8Array[]]>([
    ["no chain", () => []],
    ["a certificate for a precertificate", () => [leaf(EXTENSIONS), CA.certificate]],
    ["a precertificate of another issuer", () => [precert(), ROOT.certificate]],
    ["issuers in the wrong order", () => [precert(), ROOT.certificate, CA.certificate]],
    [
      "an issuer that the root did not sign",
      () => [leaf([...EXTENSIONS, poison()], STRANGER), STRANGER.certificate, ROOT.certificate],
    ],
    ["issuers of another root", () => [leaf([...EXTENSIONS, poison()], STRANGER), STRANGER.certificate]],
    ["a precertificate cut short", () => [precert().slice(0, -1), CA.certificate]],
    ["eleven certificates", () => [precert(), ...Array.from({ length: 10 }, () => CA.certificate)]],
  ])("refuses %s", async (_, make) => {
    expect((await post("add-pre-chain", make())).status).toBe(400);
    await expect(log.addPreChain(make())).rejects.toMatchObject({ id: "log.refused" });
    expect(log.log.head().size).toBe(0);
  });

  test.each<[string, number]>([
    ["get-entries?start=0&end=0", 400],
    ["get-entries?start=1&end=0", 400],
    ["get-entries?start=x&end=1", 400],
    ["get-sth-consistency?first=0&second=9", 400],
    ["get-proof-by-hash?hash=AAAA&tree_size=0", 400],
    [`get-proof-by-hash?hash=${toBase64(new Uint8Array(32))}&tree_size=0`, 404],
    ["get-nothing", 404],
  ])("answers %s with %d", async (path, status) => {
    expect((await fetch(`${log.url}/ct/v1/${path}`)).status).toBe(status);
  });

  test("names its roots", async () => {
    expect(await get("get-roots")).toEqual({ certificates: [toBase64(ROOT.certificate)] });
  });

  test("shows a reader what its faults let through", async () => {
    faults.mangle = () => toUtf8("{}");
    expect(await get("get-sth")).toEqual({});
  });
});

const STRANGER = newRoot({ key: await newKeys("x", "p256"), subject: distinguishedName("o", "x"), ...VALIDITY });

async function entriesOf(range: string): Promise<Entries["entries"]> {
  return (await get<Entries>(`get-entries?${range}`)).entries;
}

function vector24(bytes: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(bytes.length >> 16, bytes.length >> 8, bytes.length), bytes]);
}

/** TreeHeadSignature of RFC 6962 §3.5, written again here. */
function isSigned(sth: Sth): boolean {
  const head = new DataView(new ArrayBuffer(18));
  head.setUint8(1, 1);
  head.setBigUint64(2, BigInt(sth.timestamp));
  head.setBigUint64(10, BigInt(sth.tree_size));
  const signed = concatBytes([new Uint8Array(head.buffer), fromBase64(sth.sha256_root_hash)]);
  return verify("sha256", signed, spkiPem(), fromBase64(sth.tree_head_signature).slice(4));
}

function spkiPem() {
  return createPublicKey({ key: Buffer.from(log.instance.spki), format: "der", type: "spki" });
}
