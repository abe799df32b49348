import crypto, { type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join, resolve } from "node:path";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { bug } from "../src/core/bug.ts";
import { compileTrust } from "../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../src/core/trust/trusted-root.ts";
import { judgeBundle } from "../src/core/verify/judge-bundle.ts";
import type { VerifyPolicy } from "../src/core/verify/policy.ts";
import { readPublicKeyPem } from "../src/core/verify/public-key-pem.ts";
import type { Bench, BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };

/**
 * What it costs to judge one bundle: whole JSON bytes in, verdict out, artifact given as bytes, identity policy on, and
 * nothing kept between calls but the trusted root. The floor is OpenSSL's part that no verifier can share between two
 * bundles: the import of the leaf's key and the signature verifications, on prepared inputs.
 */
const CASES: readonly { readonly name: string; readonly title: string }[] = [
  { name: "happy-path-v0.3", title: "Rekor v1 public-good, artifact" },
  { name: "happy-path-intoto-in-dsse-v3", title: "Rekor v1 public-good, attestation" },
  { name: "rekor2-happy-path", title: "Rekor v2 + TSA, artifact" },
  { name: "rekor2-dsse-happy-path", title: "Rekor v2 + TSA, attestation" },
  { name: "bundle-with-sct-with-extensions", title: "Rekor v2 + TSA, private CA" },
  { name: "intoto-with-custom-trust-root", title: "private, all P-256" },
  { name: "managed-key-happy-path", title: "key, Rekor v1" },
  { name: "managed-key-and-trusted-root", title: "key, Rekor v2 + TSA" },
];

const FLOOR_MAX_P384 = 1.25;
const FLOOR_MAX_P256 = 1.4;
const PEER_MIN = 6;
const ROUNDS = 15;
/** The CPU clock of a thread may tick in steps of 4 ms: forty of them, and three sides still share the machine's mood. */
const ROUND_MICROSECONDS = 160_000;
/** So that the compiler has finished with a side before it is timed. */
const WARM_UP_CALLS = 1500;
/** The resident set moves by a few MiB by itself; a leak of 20 bytes a verification would pass this at a million. */
const MEMORY_MIB_MAX = 16;
const MEMORY_RUNS = 1_000_000;

const FIXTURES = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "verification/conformance");

type Case = {
  readonly id: string;
  readonly bundle: string;
  readonly artifact: string;
  readonly trustedRoot: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly key?: string;
};

export const verifyBench: Bench = {
  name: "verify",
  run: async () => {
    const index = join(FIXTURES, "index.json");
    if (!existsSync(index)) return [];
    const { cases } = JSON.parse(readFileSync(index, "utf8")) as { cases: readonly Case[] };
    const prepared = CASES.map(({ name, title }) => {
      const given = cases.find(({ id }) => id === name) ?? bug(`no case ${name}`);
      return prepare(given, `${title} (${name})`);
    });
    return [...prepared.map(measure), measureMemory(prepared)];
  },
};

type Prepared = {
  readonly title: string;
  readonly ours: () => void;
  readonly peer: () => void;
  readonly floor: () => void;
  readonly hasP384: boolean;
};

const read = (file: string): Buffer => readFileSync(join(FIXTURES, file));

function prepare(given: Case, title: string): Prepared {
  const bundle = new Uint8Array(read(given.bundle));
  const bytes = new Uint8Array(read(given.artifact));
  const root = readTrustedRoot(read(given.trustedRoot));
  const trust = compileTrust(root.ok ? root.value : bug(root.detail));
  const compiled = trust.ok ? trust.value : bug(trust.detail);
  const policy = policyOf(given);
  const ours = (): void => {
    const { verdict } = judgeBundle(bundle, { kind: "bytes", bytes }, compiled, policy);
    if (verdict.kind !== "pass") bug(`${given.id} is not accepted`);
  };
  const { floor, hasP384 } = floorOf(ours);
  return { title, ours, peer: peerOf(given, bundle, bytes), floor, hasP384 };
}

function policyOf({ key, identity = "", issuer = "" }: Case): VerifyPolicy {
  if (key === undefined) return { identity: { issuer, san: identity } };
  const imported = readPublicKeyPem(read(key));
  return { key: imported.ok ? imported.value : bug(imported.detail) };
}

function peerOf(
  { trustedRoot, key, identity, issuer = "" }: Case,
  bundle: Uint8Array,
  artifact: Uint8Array,
): () => void {
  const root = TrustedRoot.fromJSON(JSON.parse(read(trustedRoot).toString()));
  const publicKey = key === undefined ? undefined : crypto.createPublicKey(read(key));
  const material = publicKey
    ? toTrustMaterial(root, () => ({ publicKey, validFor: () => true }))
    : toTrustMaterial(root);
  const verifier = new Verifier(material);
  const policy =
    identity === undefined || key !== undefined
      ? undefined
      : {
          subjectAlternativeName: `^${identity.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)}$`,
          extensions: { issuer },
        };
  const whole = Buffer.from(artifact);
  return () => {
    const entity = toSignedEntity(bundleFromJSON(JSON.parse(Buffer.from(bundle).toString("utf8"))), whole);
    verifier.verify(entity, policy);
  };
}

type Verification = {
  readonly algorithm: string | null | undefined;
  readonly data: Uint8Array;
  readonly key: KeyObject;
  readonly signature: Uint8Array;
};

/** Runs one verification with a recorder around OpenSSL's entry points, and replays what it called. */
function floorOf(run: () => void): { readonly floor: () => void; readonly hasP384: boolean } {
  run();
  const verifications: Verification[] = [];
  const imported: { readonly spki: Uint8Array; readonly key: KeyObject }[] = [];
  const { verify, createPublicKey } = crypto;
  crypto.verify = ((algorithm: string | null, data: Uint8Array, key: KeyObject, signature: Uint8Array) => {
    verifications.push({ algorithm, data: data.slice(), key, signature: signature.slice() });
    return verify(algorithm, data, key, signature);
  }) as typeof verify;
  crypto.createPublicKey = ((input: { readonly key: Uint8Array }) => {
    const key = createPublicKey(input as never);
    imported.push({ spki: input.key.slice(), key });
    return key;
  }) as typeof createPublicKey;
  syncBuiltinESMExports();
  run();
  Object.assign(crypto, { verify, createPublicKey });
  syncBuiltinESMExports();

  const floor = (): void => {
    const fresh = imported.map(({ spki }) => createPublicKey({ key: spki as Buffer, format: "der", type: "spki" }));
    for (const { algorithm, data, key, signature } of verifications) {
      const at = imported.findIndex((other) => other.key === key);
      if (!verify(algorithm, data, fresh[at] ?? key, signature)) bug("a recorded signature is not good");
    }
  };
  floor();
  const hasP384 = verifications.some(({ key }) => key.asymmetricKeyDetails?.namedCurve === "secp384r1");
  return { floor, hasP384 };
}

function measure({ title, ours, peer, floor, hasP384 }: Prepared): BenchRow {
  const sides = [floor, ours, peer];
  timed(ours, WARM_UP_CALLS);
  timed(peer, WARM_UP_CALLS / 10);
  const callCounts = sides.map((side) => Math.ceil(ROUND_MICROSECONDS / timed(side, 100)));
  const rounds = Array.from({ length: ROUNDS }, () => sides.map((side, i) => timed(side, callCounts[i] ?? 1)));
  const [floorTime = 0, oursTime = 0, peerTime = 0] = sides.map((_, i) =>
    lowerQuartile(rounds.map((round) => round[i] ?? 0)),
  );
  const floorMax = hasP384 ? FLOOR_MAX_P384 : FLOOR_MAX_P256;
  return {
    case: title,
    unit: "µs of CPU",
    floor: floorTime,
    ours: oursTime,
    peer: peerTime,
    peerName: "@sigstore/verify",
    goal: hasP384 ? budgets.verify["with P-384 in the chain"] : budgets.verify["all P-256"],
    met: oursTime <= floorTime * floorMax && peerTime >= oursTime * PEER_MIN,
  };
}

/** Microseconds of this thread's CPU per call: the wall clock would count the neighbours of a shared machine. */
function timed(run: () => void, calls: number): number {
  const start = process.threadCpuUsage();
  for (let i = 0; i < calls; i++) run();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / calls;
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? 0;
}

/** `VERIFY_MEMORY_RUNS=1000000` for the whole promise; it takes half an hour. Fewer can break it, and cannot keep it. */
function measureMemory(prepared: readonly Prepared[]): BenchRow {
  const runs = Number(process.env["VERIFY_MEMORY_RUNS"] ?? 20_000);
  const verify = (count: number): void => {
    for (let i = 0; i < count; i++) prepared[i % prepared.length]?.ours();
  };
  verify(Math.min(5000, runs));
  const before = process.memoryUsage.rss();
  verify(runs);
  const grownMib = Math.max(0, (process.memoryUsage.rss() - before) / 2 ** 20);
  return {
    case: `memory grown over ${runs} verifications`,
    unit: "MiB",
    floor: null,
    ours: grownMib,
    peer: null,
    peerName: null,
    goal: budgets.verify.memory,
    met: grownMib >= MEMORY_MIB_MAX ? false : runs >= MEMORY_RUNS ? true : null,
  };
}
