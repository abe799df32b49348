import { sign } from "node:crypto";
import { toHex } from "../../../core/bytes/hex.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import { renderCanonicalJson } from "../../../core/json/canonical.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../../core/time.ts";
import { jsonReply, serve, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import type { KeyPair, KeySource } from "./keys.ts";

export type TufTargets = Readonly<Record<string, Uint8Array>>;

/** A TUF repository (specification 1.0.x) with consistent snapshots, signed where it stands. */
export type TufRepository = {
  /** The first root: what a client starts from. */
  readonly root: Uint8Array;
  /** The file at a path, such as `timestamp.json` or `targets/<sha256>.trusted_root.json`. */
  file(path: string): Uint8Array | undefined;
  /** Exchanges the targets; the versions of targets, snapshot and timestamp go up. */
  publish(targets: TufTargets): void;
  /** Writes the next root with new keys under `name` for every role, signed by the old keys and the new. */
  rotateRoot(name: string): Promise<void>;
};

export type TufRepositoryOptions = {
  /** Ed25519; named `tuf-<role>`, or `<name>-<role>` after a rotation. */
  readonly keys: KeySource;
  readonly now: () => UnixMs;
  readonly targets: TufTargets;
  /** Of targets, snapshot and timestamp, at first: higher than any that a client has seen of this repository. */
  readonly version?: number;
  /** The first root expires `lifetimeMs` after this, so that it is the same bytes at every start; now, unless given. */
  readonly since?: UnixMs;
  readonly timestampLifetimeMs?: number;
  readonly lifetimeMs?: number;
};

const ROLES = ["root", "targets", "snapshot", "timestamp"] as const;
type Role = (typeof ROLES)[number];
type RoleKeys = Readonly<Record<Role, KeyPair>>;

const DAY_MS = 86_400_000;
/** Long against a demo that simulates the weeks before: clients compare with their own clock. */
const TIMESTAMP_LIFETIME_MS = 90 * DAY_MS;
const LIFETIME_MS = 3650 * DAY_MS;
const SPEC_VERSION = "1.0.31";

export async function newTufRepository(options: TufRepositoryOptions): Promise<TufRepository> {
  const { now, timestampLifetimeMs = TIMESTAMP_LIFETIME_MS, lifetimeMs = LIFETIME_MS } = options;
  const files = new Map<string, Uint8Array>();
  const expires = (): string => toExpiry(now(), lifetimeMs);
  let keys = await roleKeys(options.keys, "tuf");
  let rootVersion = 0;
  let version = (options.version ?? 1) - 1;
  let targets = options.targets;
  let stampedAt = now();

  const writeRoot = (next: RoleKeys, expiry: string): void => {
    rootVersion += 1;
    const signers = rootVersion === 1 ? [next.root] : [keys.root, next.root];
    keys = next;
    files.set(`${rootVersion}.root.json`, signed(rootOf(next, rootVersion, expiry), signers));
  };
  const writeTimestamp = (): void => {
    stampedAt = now();
    const snapshot = files.get(`${version}.snapshot.json`) ?? new Uint8Array(0);
    const meta = { "snapshot.json": { version, ...fingerprint(snapshot) } };
    const body = { ...head("timestamp", stamps(), toExpiry(stampedAt, timestampLifetimeMs)), meta };
    files.set("timestamp.json", signed(body, [keys.timestamp]));
  };
  // The timestamp is signed anew between two publications, and its version must go up each time.
  let restamps = 0;
  const stamps = (): number => version + restamps;
  const publish = (): void => {
    version += 1;
    const described = Object.entries(targets).map(([name, bytes]) => [name, fingerprint(bytes)] as const);
    const body = { ...head("targets", version, expires()), targets: Object.fromEntries(described) };
    const metadata = signed(body, [keys.targets]);
    const meta = { "targets.json": { version, ...fingerprint(metadata) } };
    files.set(`${version}.targets.json`, metadata);
    files.set(`${version}.snapshot.json`, signed({ ...head("snapshot", version, expires()), meta }, [keys.snapshot]));
    for (const [name, bytes] of Object.entries(targets)) files.set(`targets/${toHex(sha256(bytes))}.${name}`, bytes);
    writeTimestamp();
  };

  writeRoot(keys, toExpiry(options.since ?? now(), lifetimeMs));
  publish();
  return {
    root: files.get("1.root.json") ?? new Uint8Array(0),
    file: (path) => {
      if (path === "timestamp.json" && now() - stampedAt > timestampLifetimeMs / 2) {
        restamps += 1;
        writeTimestamp();
      }
      return files.get(path);
    },
    publish: (next) => {
      targets = next;
      publish();
    },
    rotateRoot: async (name) => {
      writeRoot(await roleKeys(options.keys, name), expires());
      publish();
    },
  };
}

/** Serves a repository; its URL is the mirror's. */
export async function startTufServer(repository: TufRepository, options: ListenOptions = {}): Promise<Listening> {
  return serve(
    ({ method, path }): Reply => {
      const file = method === "GET" || method === "HEAD" ? repository.file(path.slice(1)) : undefined;
      if (!file) return jsonReply(404, { message: "not found" });
      const fresh = path === "/timestamp.json" ? "no-cache" : "public, max-age=31536000, immutable";
      return { status: 200, headers: { "content-type": "application/json", "cache-control": fresh }, body: file };
    },
    BODY_BYTES_MAX,
    options,
  );
}

const BODY_BYTES_MAX = 1024;

async function roleKeys(source: KeySource, name: string): Promise<RoleKeys> {
  const [root, targets, snapshot, timestamp] = await Promise.all([
    source(`${name}-root`, "ed25519"),
    source(`${name}-targets`, "ed25519"),
    source(`${name}-snapshot`, "ed25519"),
    source(`${name}-timestamp`, "ed25519"),
  ]);
  return { root, targets, snapshot, timestamp };
}

function rootOf(keys: RoleKeys, version: number, expires: string): JsonObject {
  return {
    ...head("root", version, expires),
    consistent_snapshot: true,
    keys: Object.fromEntries(ROLES.map((role) => [keyId(keys[role]), toTufKey(keys[role])])),
    roles: Object.fromEntries(ROLES.map((role) => [role, { keyids: [keyId(keys[role])], threshold: 1 }])),
  };
}

function head(type: Role, version: number, expires: string): JsonObject {
  return { _type: type, spec_version: SPEC_VERSION, version, expires };
}

function toTufKey(key: KeyPair): JsonObject {
  return { keytype: "ed25519", scheme: "ed25519", keyval: { public: toHex(key.spki.subarray(-32)) } };
}

function keyId(key: KeyPair): string {
  return toHex(sha256(toUtf8(renderCanonicalJson(toTufKey(key)))));
}

function fingerprint(bytes: Uint8Array): JsonObject {
  return { length: bytes.length, hashes: { sha256: toHex(sha256(bytes)) } };
}

/**
 * Metadata with its signatures over the canonical form. TUF's own canonical JSON differs from RFC 8785 in the escapes
 * of control characters alone, of which there are none: keys are hexadecimal, names are ours.
 */
function signed(body: JsonObject, signers: readonly KeyPair[]): Uint8Array {
  const bytes = toUtf8(renderCanonicalJson(body));
  const signatures = signers.map((key) => ({
    keyid: keyId(key),
    sig: toHex(new Uint8Array(sign(null, bytes, key.privateKey))),
  }));
  return toUtf8(JSON.stringify({ signed: body, signatures }));
}

function toExpiry(now: UnixMs, lifetimeMs: number): string {
  return renderRfc3339(addMs(now, lifetimeMs - (now % 1000)));
}
