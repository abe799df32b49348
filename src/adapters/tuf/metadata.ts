import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from "@tufjs/models";
import { Readable } from "node:stream";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { parseRfc3339, type UnixMs } from "../../core/time.ts";

/** Reads one kept file of a set by name; `undefined` when it is not there. */
export type ReadFile = (name: string) => Promise<Uint8Array | undefined>;

/** A set of metadata and targets, every signature and hash of it checked again; only its age is left to judge. */
export type VerifiedSet = {
  /** The newest root reached from the pinned one. */
  readonly root: Uint8Array;
  readonly rootVersion: number;
  readonly timestampVersion: number;
  /** When the first of the four roles expires. */
  readonly expires: UnixMs;
  readonly targets: ReadonlyMap<string, Uint8Array>;
};

/** tuf-js takes as many steps at most (specification §5.3, `maxRootRotations`). */
const ROOTS_MAX = 256;

/**
 * Walks from the pinned root to the newest one that is kept (TUF specification §5.3.4 – §5.3.7). Throws the library's
 * errors, whatever is wrong: the caller takes it as "not a set".
 */
export async function walkRoots(
  pinned: Uint8Array,
  readFile: ReadFile,
): Promise<{ readonly root: Metadata<Root>; readonly bytes: Uint8Array }> {
  let bytes = pinned;
  let root = Metadata.fromJSON(MetadataKind.Root, parse(pinned));
  root.verifyDelegate(MetadataKind.Root, root);
  const last = root.signed.version + ROOTS_MAX;
  for (let version = root.signed.version + 1; version <= last; version++) {
    // oxlint-disable-next-line no-await-in-loop -- each root is checked with the one before
    const next = await readFile(`${version}.root.json`);
    if (!next) break;
    const candidate = Metadata.fromJSON(MetadataKind.Root, parse(next));
    root.verifyDelegate(MetadataKind.Root, candidate);
    candidate.verifyDelegate(MetadataKind.Root, candidate);
    if (candidate.signed.version !== version) throw new Error(`root ${version} says ${candidate.signed.version}`);
    bytes = next;
    root = candidate;
  }
  return { root, bytes };
}

/** Checks a whole set again, from the pinned root down to the bytes of the targets named. Throws as `walkRoots`. */
export async function verifySet(
  pinned: Uint8Array,
  readFile: ReadFile,
  names: readonly string[],
): Promise<VerifiedSet> {
  const { root, bytes } = await walkRoots(pinned, readFile);
  const timestamp = Metadata.fromJSON(MetadataKind.Timestamp, parse(await readThere(readFile, "timestamp.json")));
  root.verifyDelegate(MetadataKind.Timestamp, timestamp);
  const snapshotBytes = await readThere(readFile, "snapshot.json");
  timestamp.signed.snapshotMeta.verify(Buffer.from(snapshotBytes));
  const snapshot = Metadata.fromJSON(MetadataKind.Snapshot, parse(snapshotBytes));
  root.verifyDelegate(MetadataKind.Snapshot, snapshot);
  const targetsBytes = await readThere(readFile, "targets.json");
  snapshot.signed.meta["targets.json"]?.verify(Buffer.from(targetsBytes));
  const targets = Metadata.fromJSON(MetadataKind.Targets, parse(targetsBytes));
  root.verifyDelegate(MetadataKind.Targets, targets);
  checkVersions(timestamp.signed, snapshot.signed, targets.signed);
  const roles = [root.signed, timestamp.signed, snapshot.signed, targets.signed];
  return {
    root: bytes,
    rootVersion: root.signed.version,
    timestampVersion: timestamp.signed.version,
    expires: firstExpiry(roles.map((role) => role.expires)),
    targets: await readTargets(targets.signed, readFile, names),
  };
}

/** Against mixing and matching: each role names the version of the one below (§5.5.4, §5.6.4). */
function checkVersions(timestamp: Timestamp, snapshot: Snapshot, targets: Targets): void {
  const matches =
    timestamp.snapshotMeta.version === snapshot.version && snapshot.meta["targets.json"]?.version === targets.version;
  if (!matches) throw new Error("timestamp, snapshot and targets are not of one set");
}

async function readTargets(
  role: Targets,
  readFile: ReadFile,
  names: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = await Promise.all(
    names.map(async (name): Promise<readonly (readonly [string, Uint8Array])[]> => {
      const target = role.targets[name];
      if (!target) return [];
      const bytes = await readThere(readFile, `targets/${encodeURIComponent(name)}`);
      await target.verify(Readable.from([Buffer.from(bytes)]));
      return [[name, bytes]];
    }),
  );
  return new Map(found.flat());
}

async function readThere(readFile: ReadFile, name: string): Promise<Uint8Array> {
  const bytes = await readFile(name);
  if (!bytes) throw new Error(`no ${name}`);
  return bytes;
}

function firstExpiry(expiries: readonly string[]): UnixMs {
  const [first, ...others] = expiries.map((text) => {
    const at = parseRfc3339(text);
    if (at === undefined) throw new Error("an expiry is not a time");
    return at;
  });
  if (first === undefined) throw new Error("no expiry");
  return others.reduce((earliest, at) => (at < earliest ? at : earliest), first);
}

function parse(bytes: Uint8Array): ReturnType<typeof JSON.parse> {
  return JSON.parse(parseUtf8(bytes) ?? "");
}
