import { join } from "node:path";
import { Updater } from "tuf-js";
import { sameDigest, sha256, toDigestRef, type Sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { TrustMaterial, TrustRootSource } from "../../ports/trust-root-source.ts";
import { dropSet, newSet, readCurrent, readIfThere, useSet, writeToSet } from "./cache.ts";
import { boundedFetcher, type RecordingFetcher } from "./fetcher.ts";
import { checkSigningConfig, checkTrustedRoot } from "./material.ts";
import { verifySet, walkRoots, type VerifiedSet } from "./metadata.ts";

export type TufSourceOptions = {
  readonly http: HttpClient;
  readonly clock: Pick<Clock, "now">;
  /** Where the metadata is; targets are below `targets/`. */
  readonly url: string;
  /** The root to start from: shipped, or given by the operator. Never fetched on first use. */
  readonly root: Uint8Array;
  /** The operator's pin of that root. */
  readonly rootSha256?: Sha256;
  /** A folder of this repository alone. */
  readonly cacheFolder: string;
  /** The name of the signing config's target; `signing_config.v0.2.json` unless given. */
  readonly signingConfigTarget?: string;
  /** A set that was fetched less than this ago is used without asking: 6 hours unless given. */
  readonly refreshAfterMs?: number;
  /** Used when the repository never answered: the copy that is shipped. */
  readonly fallback?: TrustRootSource;
};

/** `refresh` asks the repository whatever the age of the last set, and fails where `read` would fall back to it. */
export type TufSource = TrustRootSource & { refresh(signal: AbortSignal): Promise<TrustMaterial> };

const TRUSTED_ROOT = "trusted_root.json";
const SIGNING_CONFIG = "signing_config.v0.2.json";
const REFRESH_AFTER_MS = 6 * 3_600_000;
/** Nobody who verifies a hundred signatures waits a hundred times for a host that is down. */
const RETRY_AFTER_MS = 60_000;

/**
 * A trust domain whose documents come from a TUF repository (specification 1.0.x). The last good set is kept, checked
 * again from the pinned root at every read, and used while the repository cannot be reached or answers badly.
 * Faults: `trust.unreachable`, `trust.invalid`, `trust.pin-mismatch`, `trust.rollback`, `trust.expired`, `store.…`.
 */
export function tufSource(options: TufSourceOptions): TufSource {
  const { clock, refreshAfterMs = REFRESH_AFTER_MS } = options;
  const checkPin = (): void => {
    const digest = sha256(options.root);
    if (!options.rootSha256 || sameDigest(digest, options.rootSha256)) return;
    throw new Fault("trust.pin-mismatch", `the first root of ${options.url} is ${toDigestRef(digest)}`);
  };
  let failure: { readonly fault: Fault; readonly at: UnixMs } | undefined;
  return {
    read: async (signal) => {
      signal.throwIfAborted();
      checkPin();
      const kept = await readKept(options);
      const now = clock.now();
      const isYoung = kept && kept.refreshedAt <= now && now < addMs(kept.refreshedAt, refreshAfterMs);
      if (isYoung && now < kept.set.expires) return toMaterial(kept.set, options, FRESH);
      const isRecent = failure && failure.at <= now && now < addMs(failure.at, RETRY_AFTER_MS);
      if (failure && isRecent) return withoutRepository(options, kept, failure.fault, signal);
      try {
        return await refresh(options, kept, signal);
      } catch (error) {
        if (!(error instanceof Fault) || signal.aborted) throw error;
        failure = { fault: error, at: now };
        return withoutRepository(options, kept, error, signal);
      }
    },
    refresh: async (signal) => {
      signal.throwIfAborted();
      checkPin();
      return refresh(options, await readKept(options), signal);
    },
  };
}

const FRESH = { state: "fresh", reason: "" } as const;

type Kept = { readonly folder: string; readonly refreshedAt: UnixMs; readonly set: VerifiedSet };

/**
 * The last good set; `undefined` when there is none, or what lies there does not follow from the pinned root. Another
 * process may exchange the set while it is read: then the new one is read.
 */
async function readKept(options: TufSourceOptions, tried?: string): Promise<Kept | undefined> {
  const current = await readCurrent(options.cacheFolder);
  if (!current || current.folder === tried) return undefined;
  try {
    return { ...current, set: await verifyFolder(options, current.folder) };
  } catch (error) {
    if (error instanceof Fault) throw error;
    return readKept(options, current.folder);
  }
}

async function verifyFolder(options: TufSourceOptions, folder: string): Promise<VerifiedSet> {
  const names = [TRUSTED_ROOT, options.signingConfigTarget ?? SIGNING_CONFIG];
  return verifySet(options.root, async (name) => readIfThere(join(folder, name)), names);
}

async function refresh(options: TufSourceOptions, kept: Kept | undefined, signal: AbortSignal): Promise<TrustMaterial> {
  const folder = await newSet(options.cacheFolder, kept);
  try {
    const set = await fetchSet(options, folder, signal);
    const material = toMaterial(set, options, FRESH);
    const latest = await readKept(options);
    // Another process may have been faster, and seen more: the set in use never grows older.
    if (latest && latest.set.timestampVersion > set.timestampVersion) {
      await dropSet(folder);
      return toMaterial(latest.set, options, FRESH);
    }
    await useSet(options.cacheFolder, folder, options.clock.now());
    return material;
  } catch (error) {
    await dropSet(folder);
    throw error;
  }
}

async function fetchSet(options: TufSourceOptions, folder: string, signal: AbortSignal): Promise<VerifiedSet> {
  const fetcher = boundedFetcher(options.http, signal);
  try {
    const start = await walkRoots(options.root, async (name) => readIfThere(join(folder, name)));
    await writeToSet(folder, "root.json", start.bytes);
    await update(options, folder, fetcher);
    const roots = [...fetcher.fetched].filter(([name]) => name.endsWith(".root.json"));
    await Promise.all(roots.map(async ([name, bytes]) => writeToSet(folder, name, bytes)));
    return await verifyFolder(options, folder);
  } catch (error) {
    signal.throwIfAborted();
    throw toTrustFault(error, fetcher, options.url);
  }
}

/** The library does the client's workflow (§5); expiry is by the machine's clock. */
async function update(options: TufSourceOptions, folder: string, fetcher: RecordingFetcher): Promise<void> {
  const base = options.url.replace(/\/+$/, "");
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: base,
    targetDir: join(folder, "targets"),
    targetBaseUrl: `${base}/targets`,
    fetcher,
  });
  await updater.refresh();
  const names = [TRUSTED_ROOT, options.signingConfigTarget ?? SIGNING_CONFIG];
  await Promise.all(
    names.map(async (name) => {
      const info = await updater.getTargetInfo(name);
      if (info && (await updater.findCachedTarget(info)) === undefined) await updater.downloadTarget(info);
    }),
  );
}

/** What the library throws for hostile metadata is anything at all, often as text inside other text. */
function toTrustFault(error: unknown, fetcher: RecordingFetcher, url: string): unknown {
  const fault = fetcher.firstFault() ?? error;
  if (fault instanceof Fault || !(error instanceof Error)) return fault;
  const subject = `${url}: ${error.message.slice(0, 300)}`;
  if (/is less than current version/.test(error.message)) return new Fault("trust.rollback", subject, { cause: error });
  return new Fault(/ is expired/.test(error.message) ? "trust.expired" : "trust.invalid", subject, { cause: error });
}

/** A failed refresh keeps the last good set, and says so; its age decides between `stale` and `expired`. */
async function withoutRepository(
  options: TufSourceOptions,
  kept: Kept | undefined,
  fault: Fault,
  signal: AbortSignal,
): Promise<TrustMaterial> {
  if (kept) {
    const { expires } = kept.set;
    const expired = expires <= options.clock.now();
    const why = `${fault.id}: ${fault.subject}`;
    const reason = expired ? `expired at ${renderRfc3339(expires)}; ${why}` : why;
    return toMaterial(kept.set, options, { state: expired ? "expired" : "stale", reason });
  }
  if (!options.fallback || fault.id !== "trust.unreachable") throw fault;
  const shipped = await options.fallback.read(signal);
  return { ...shipped, reason: `${shipped.reason}; ${fault.id}: ${fault.subject}` };
}

function toMaterial(
  set: VerifiedSet,
  options: TufSourceOptions,
  freshness: Pick<TrustMaterial, "state" | "reason">,
): TrustMaterial {
  const trustedRoot = set.targets.get(TRUSTED_ROOT);
  const name = options.signingConfigTarget ?? SIGNING_CONFIG;
  const signingConfig = set.targets.get(name);
  if (!trustedRoot) throw new Fault("trust.invalid", `${options.url} has no ${TRUSTED_ROOT}`);
  return {
    trustedRoot: checkTrustedRoot(trustedRoot, `${options.url}: ${TRUSTED_ROOT}`),
    ...(signingConfig && { signingConfig: checkSigningConfig(signingConfig, `${options.url}: ${name}`) }),
    ...freshness,
  };
}
