import { bug } from "../../../core/bug.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { LogName } from "../../../core/drill/plan.ts";
import type { Vkey } from "../../../core/note/vkey.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { openLogEngine, type LogEngine } from "../log/engine.ts";
import { rekor1Signer, rekor2Signer, witnessSigner, type NoteSigner, type WitnessSigner } from "../log/note-signer.ts";
import type { KeySource } from "../sigstore/keys.ts";
import { memoryTileStore } from "../tile-store.ts";

/** A log with a key of its own and entries of others in it. */
export type DrillLog = {
  readonly generation: 1 | 2;
  readonly host: string;
  readonly signer: NoteSigner;
  readonly engine: LogEngine;
  /** Global index of its first entry; of a tiled log 0. */
  readonly offset: number;
};

export type DrillLogs = {
  readonly logs: Readonly<Record<LogName, DrillLog>>;
  /** Whose promises certificates carry: one that is trusted, one that is not. */
  readonly ct: Readonly<Record<"drill" | "unknown", NoteSigner>>;
  readonly witnesses: readonly WitnessSigner[];
  /** By nobody: what forged promises and checkpoints are signed with. */
  readonly forger: NoteSigner;
};

/** What a trusted root says of a log of the drill. */
export type TrustedDrillLog = {
  readonly host: string;
  readonly generation: 1 | 2;
  readonly signer: NoteSigner;
  readonly start: UnixMs;
  readonly end?: UnixMs;
};

const OFFSET = 1_000_000;
const TREE_ID = "4711";
/** So that no tree has one entry, whose proof is empty. */
const OTHERS = 5;
const DAY_MS = 86_400_000;

export async function openDrillLogs(keys: KeySource): Promise<DrillLogs> {
  const open = async (name: LogName, generation: 1 | 2): Promise<DrillLog> => {
    const host = `${name}.drill.localhost`;
    const { privateKey } = await keys(`log-${name}`, generation === 1 ? "p256" : "ed25519");
    const signer = generation === 1 ? rekor1Signer(host, privateKey) : rekor2Signer(host, privateKey);
    const origin = generation === 1 ? `${host} - ${TREE_ID}` : host;
    const engine = await openLogEngine({ store: memoryTileStore(), origin, signer });
    await Promise.all(Array.from({ length: OTHERS }, (_, i) => engine.append(toUtf8(`entry ${i} of ${host}`))));
    return { generation, host, signer, engine, offset: generation === 1 ? OFFSET : 0 };
  };
  const ctSigner = async (name: string): Promise<NoteSigner> =>
    rekor1Signer(`${name}.drill.localhost`, (await keys(name, "p256")).privateKey);
  const witness = async (name: string): Promise<WitnessSigner> =>
    witnessSigner(name, (await keys(`witness-${name}`, "ed25519")).privateKey);
  return {
    logs: {
      rekor1: await open("rekor1", 1),
      rekor2: await open("rekor2", 2),
      closed: await open("closed", 1),
      unknown: await open("unknown", 1),
      public: await open("public", 1),
    },
    ct: { drill: await ctSigner("ct"), unknown: await ctSigner("ct-unknown") },
    witnesses: await Promise.all(["w1", "w2"].map(witness)),
    forger: await ctSigner("forger"),
  };
}

/** The logs that are trusted; the shard that was closed is so for its first month alone. */
export function trustedLogs(
  { logs, ct }: DrillLogs,
  since: UnixMs,
): {
  readonly tlogs: readonly TrustedDrillLog[];
  readonly ctlogs: readonly TrustedDrillLog[];
} {
  const of = ({ host, generation, signer }: DrillLog): TrustedDrillLog => ({ host, generation, signer, start: since });
  return {
    tlogs: [of(logs.rekor1), of(logs.rekor2), { ...of(logs.closed), end: addMs(since, 30 * DAY_MS) }],
    ctlogs: [{ host: ct.drill.name, generation: 1, signer: ct.drill, start: since }],
  };
}

/** The public halves of the witnesses, for a verifier's configuration. */
export function witnessKeys({ witnesses }: DrillLogs): readonly Vkey[] {
  return witnesses.map(({ vkey }) => vkey);
}

export function witnessAt({ witnesses }: DrillLogs, index: number): WitnessSigner {
  return witnesses[index] ?? bug(`no witness ${index}`);
}
