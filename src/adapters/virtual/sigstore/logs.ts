import type { UnixMs } from "../../../core/time.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { startCt, type Ct } from "../log/ct.ts";
import { startRekor1, type Rekor1 } from "../log/rekor1.ts";
import { startRekor2, type Rekor2 } from "../log/rekor2.ts";
import { hostOf, type SigstoreNames } from "./documents.ts";
import type { KeySource } from "./keys.ts";
import type { Launcher } from "./launch.ts";

/** What the logs are started with. */
export type LogsStart = {
  readonly launcher: Launcher;
  readonly keys: KeySource;
  readonly names: SigstoreNames;
  readonly openStore: (name: string) => Promise<TileStore>;
};

export type LogsOptions = {
  readonly now: () => UnixMs;
  readonly verifyPrehashed: VerifyPrehashed;
  readonly batchMs?: number;
  /** Whose certificates the CT log takes. */
  readonly roots: readonly Uint8Array[];
};

export type Logs = { readonly ct: Ct; readonly rekor1: Rekor1; readonly rekor2: Rekor2 };

/** Any will do: it tells the trees of one Rekor v1 apart. */
const TREE_ID = "4242424242424242";

/** Starts a CT log and a Rekor of each version, each with a key and a store of its own. */
export async function startLogs(start: LogsStart, options: LogsOptions): Promise<Logs> {
  const { launcher, keys, names, openStore } = start;
  const { now, verifyPrehashed, batchMs = 0, roots } = options;
  const common = { now, verifyPrehashed, batchMs };
  const open = async (name: string, kind: "p256" | "ed25519") => {
    const { privateKey } = await keys(name, kind);
    const store = await openStore(name);
    return { ...common, privateKey, store };
  };
  // One after the other: when one cannot be opened, nothing is still being opened behind the caller's back.
  const ctlog = await open("ctlog", "p256");
  const v1 = await open("rekor1", "p256");
  const v2 = await open("rekor2", "ed25519");
  const ctOrigin = hostOf(names, "ctlog");
  const ct = await launcher.launch("ctlog", (listen) => startCt({ ...ctlog, ...listen, origin: ctOrigin, roots }));
  const hostname = hostOf(names, "rekor1");
  const rekor1 = await launcher.launch("rekor1", (listen) =>
    startRekor1({ ...v1, ...listen, treeId: TREE_ID, hostname }),
  );
  const origin = hostOf(names, "rekor2");
  const rekor2 = await launcher.launch("rekor2", (listen) => startRekor2({ ...v2, ...listen, origin }));
  return { ct, rekor1, rekor2 };
}
