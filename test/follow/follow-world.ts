import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { rekor1Reader } from "../../src/adapters/rekor1/reader.ts";
import { rekor2Reader } from "../../src/adapters/rekor2/reader.ts";
import { virtualEventStore } from "../../src/adapters/virtual/event-store.ts";
import type { LogEngine } from "../../src/adapters/virtual/log/engine.ts";
import type { LogInstance } from "../../src/adapters/virtual/log/instance.ts";
import type { LogFaults } from "../../src/adapters/virtual/log/faults.ts";
import { startRekor1 } from "../../src/adapters/virtual/log/rekor1.ts";
import { renderExtra } from "../../src/adapters/virtual/log/rekor1-shard.ts";
import { startRekor2 } from "../../src/adapters/virtual/log/rekor2.ts";
import { memoryTileStore } from "../../src/adapters/virtual/tile-store.ts";
import { followStep } from "../../src/capabilities/follow/follow-step.ts";
import type { FollowedLog, FollowPorts, StepReport } from "../../src/capabilities/follow/followed-log.ts";
import { toBase64 } from "../../src/core/bytes/base64.ts";
import { renderPem } from "../../src/core/bytes/pem.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { leafJudge, type IssuingCa } from "../../src/core/entry/leaf-judge.ts";
import { addMs, parseRfc3339, type UnixMs } from "../../src/core/time.ts";
import type { TileStore } from "../../src/ports/tile-store.ts";
import {
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  fulcioText,
  keyUsage,
  makeCertificate,
  makeCertificateDer,
  newPair,
  signWith,
  subjectAltName,
  uri,
  type Pair,
} from "../setup/make-certificate.ts";
import { trustedLogOf } from "../setup/log-judge.ts";

/** When the certificates of these worlds are valid, and when their clocks begin. */
export const START: UnixMs = parseRfc3339("2026-01-01T00:00:05Z") ?? (0 as UnixMs);
export const ISSUER = "https://oidc.prod-eu.example";
export const never: AbortSignal = new AbortController().signal;

/** A certificate authority, and certificates of it, or of nobody, for one service account each. */
export type SignerPool = {
  readonly ca: IssuingCa;
  readonly certificate: (team: string) => Uint8Array;
  /** The body of an entry whose signature is that of its certificate's key over the digest of the text. */
  readonly signed: (team: string, text: string, kind: "rekor1" | "rekor2") => Uint8Array;
  /** Says the same, and is of another authority. */
  readonly impostor: (team: string) => Uint8Array;
};

export function signerPool(): SignerPool {
  const [root, other] = [authority("root"), authority("other")];
  return {
    ca: { issuer: root.certificate, window: {} },
    certificate: (team) => leafOf(root, team),
    signed: (team, text, kind) => {
      const key = newPair();
      const certificate = leafOf(root, team, key);
      const signature = signWith(key, toUtf8(text));
      return kind === "rekor1" ? rekor1Body(text, certificate, signature) : rekor2Body(text, certificate, signature);
    },
    impostor: (team) => leafOf(other, team),
  };
}

type Issuer = { readonly key: Pair; readonly subject: string };

function leafOf(issuer: Issuer, team: string, key: Pair = newPair()): Uint8Array {
  const extensions = [
    keyUsage(1),
    extendedKeyUsage([CODE_SIGNING]),
    subjectAltName([uri(`https://kubernetes.io/namespaces/${team}/serviceaccounts/builder`)]),
    fulcioText(8, ISSUER),
  ];
  return makeCertificateDer({ key, subject: "", issuer, extensions });
}

function authority(subject: string) {
  const key = newPair();
  const extensions = [basicConstraints(), keyUsage(32)];
  const validity = { notBefore: "2025-01-01T00:00:00Z", notAfter: "2035-01-01T00:00:00Z" };
  return { key, subject, certificate: makeCertificate({ key, subject, extensions, ...validity }) };
}

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();
/** In place of a signature: logs check it, followers need not. */
const noSignature = (text: string): Uint8Array => digestOf(`signature of ${text}`);

/** The body of a hashedrekord as a Rekor v2 logs it. */
export function rekor2Body(text: string, certificate: Uint8Array, signed: Uint8Array = noSignature(text)): Uint8Array {
  const verifier = {
    keyDetails: "PKIX_ECDSA_P256_SHA_256",
    x509Certificate: { rawBytes: toBase64(certificate) },
  };
  const data = { algorithm: "SHA2_256", digest: toBase64(digestOf(text)) };
  const signature = { content: toBase64(signed), verifier };
  const spec = { hashedRekordV002: { data, signature } };
  return toUtf8(JSON.stringify({ apiVersion: "0.0.2", kind: "hashedrekord", spec }));
}

/** The same as a Rekor v1 logs it. */
export function rekor1Body(text: string, certificate: Uint8Array, signed: Uint8Array = noSignature(text)): Uint8Array {
  const publicKey = { content: toBase64(toUtf8(renderPem("CERTIFICATE", certificate))) };
  const data = { hash: { algorithm: "sha256", value: digestOf(text).toString("hex") } };
  const signature = { content: toBase64(signed), publicKey };
  return toUtf8(JSON.stringify({ apiVersion: "0.0.1", kind: "hashedrekord", spec: { data, signature } }));
}

/** A log on a socket, what it can be made to do wrong, and how it is followed. */
export type ServedLog = {
  readonly log: FollowedLog;
  readonly url: string;
  readonly instance: LogInstance;
  readonly engine: LogEngine;
  readonly faults: LogFaults;
  readonly append: (...texts: readonly string[]) => Promise<void>;
  readonly appendBodies: (...bodies: readonly Uint8Array[]) => Promise<void>;
};

export type FollowWorld = {
  readonly ports: FollowPorts;
  readonly pool: SignerPool;
  /** One step along a log, into the store of the world. */
  readonly step: (served: ServedLog) => Promise<StepReport>;
  readonly serveRekor2: (options?: ServeOptions) => Promise<ServedLog>;
  readonly serveRekor1: (options?: ServeOptions & Rekor1Trees) => Promise<ServedLog>;
  /** Moves the clock of the world. */
  readonly pass: (deltaMs: number) => void;
  readonly close: () => Promise<void>;
};

type ServeOptions = { readonly key?: KeyObject; readonly store?: TileStore; readonly origin?: string };
type Rekor1Trees = {
  readonly treeId?: string;
  readonly inactive?: readonly { readonly treeId: string; readonly store: TileStore }[];
};

export const logKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

export function openFollowWorld(store: FollowPorts["store"] = virtualEventStore()): FollowWorld {
  let now = START;
  const http = undiciHttpClient();
  const pool = signerPool();
  const closing: (() => Promise<void>)[] = [() => http.close()];
  const clock = { now: () => now, sleep: async (_: number, signal: AbortSignal) => signal.throwIfAborted() };
  const ports = { store, clock };
  const step = followStep(ports);
  const judgeLeaf = leafJudge([pool.ca]);
  const certificates = new Map<string, Uint8Array>();
  const certificateOf = (text: string): Uint8Array => {
    const team = text.split(" ", 1)[0] ?? text;
    const known = certificates.get(team) ?? pool.certificate(team);
    certificates.set(team, known);
    return known;
  };

  return {
    ports,
    pool,
    step: (served) => step(served.log, never),
    pass: (deltaMs) => {
      now = addMs(now, deltaMs);
    },
    serveRekor2: async (options = {}) => {
      const faults: LogFaults = {};
      const rekor = await startRekor2({
        store: options.store ?? memoryTileStore(),
        privateKey: options.key ?? generateKeyPairSync("ed25519").privateKey,
        verifyPrehashed: () => true,
        faults,
        ...(options.origin !== undefined && { origin: options.origin }),
      });
      closing.push(() => rekor.close());
      const appendBodies = async (...bodies: readonly Uint8Array[]): Promise<void> => {
        await Promise.all(bodies.map((body) => rekor.log.append(body)));
      };
      const reader = rekor2Reader(http, { url: rekor.url });
      return {
        log: { name: "rekor2", reader, keys: [trustedLogOf(rekor.instance)], judgeLeaf, start: "beginning" },
        url: rekor.url,
        instance: rekor.instance,
        engine: rekor.log,
        faults,
        appendBodies,
        append: (...texts) => appendBodies(...texts.map((text) => rekor2Body(text, certificateOf(text)))),
      };
    },
    serveRekor1: async (options = {}) => {
      const faults: LogFaults = {};
      const rekor = await startRekor1({
        store: options.store ?? memoryTileStore(),
        treeId: options.treeId ?? "41",
        privateKey: options.key ?? logKey(),
        verifyPrehashed: () => true,
        now: () => now,
        faults,
        ...(options.inactive && { inactive: options.inactive }),
      });
      closing.push(() => rekor.close());
      const appendBodies = async (...bodies: readonly Uint8Array[]): Promise<void> => {
        const extra = renderExtra({ integratedTime: Math.floor(now / 1000), indexKeys: [] });
        await Promise.all(bodies.map((body) => rekor.log.append(body, extra)));
      };
      const reader = rekor1Reader(http, { url: rekor.url });
      return {
        log: { name: "rekor1", reader, keys: [trustedLogOf(rekor.instance)], judgeLeaf, start: "beginning" },
        url: rekor.url,
        instance: rekor.instance,
        engine: rekor.log,
        faults,
        appendBodies,
        append: (...texts) => appendBodies(...texts.map((text) => rekor1Body(text, certificateOf(text)))),
      };
    },
    close: async () => {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

/** `count` distinct texts of a few teams. */
export function someTexts(count: number, salt = ""): readonly string[] {
  const teams = ["payments-prod", "observability", "base-images"];
  return Array.from({ length: count }, (_, i) => `${teams[i % teams.length]} ${salt}${i}`);
}
