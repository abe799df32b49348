import type { KeyObject } from "node:crypto";
import { bug } from "../../../core/bug.ts";
import { renderPem } from "../../../core/bytes/pem.ts";
import { ENTRY_BYTES_MAX } from "../../../core/merkle/tiles.ts";
import type { UnixMs } from "../../../core/time.ts";
import type { VerifyPrehashed } from "../../../ports/prehash-verifier.ts";
import type { TileStore } from "../../../ports/tile-store.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import { openLogEngine, type LogEngine } from "./engine.ts";
import { mangled, type LogFaults } from "./faults.ts";
import type { LogInstance } from "./instance.ts";
import { rekor1Signer, type NoteSigner } from "./note-signer.ts";
import { judgeProposedEntry, PROPOSAL_BYTES_MAX } from "./rekor1-proposal.ts";
import {
  problem,
  readByIndex,
  readById,
  renderLogInfo,
  renderProof,
  retrieve,
  search,
  type Rekor1State,
} from "./rekor1-reads.ts";
import { entryIdOf, openSearchIndex, renderAppended, renderExtra, type Shard } from "./rekor1-shard.ts";

export type Rekor1Options = ListenOptions & {
  readonly store: TileStore;
  /** Decimal, below 2^63. */
  readonly treeId: string;
  /** The trees before this one, oldest first. */
  readonly inactive?: readonly { readonly treeId: string; readonly store: TileStore }[];
  /** Signs its checkpoints; free text, as that of a real Rekor is. `localhost` unless given. */
  readonly hostname?: string;
  /** ECDSA P-256; one for all trees. */
  readonly privateKey: KeyObject;
  readonly now: () => UnixMs;
  /** Whether a signature fits a digest; `() => true` takes all on trust, for who replays a history of his own. */
  readonly verifyPrehashed: VerifyPrehashed;
  readonly batchMs?: number;
  readonly faults?: LogFaults;
};

/** `log` is that of the active tree. */
export type Rekor1 = Listening & { readonly instance: LogInstance; readonly log: LogEngine };

const ENTRIES = "/api/v1/log/entries";

/**
 * Starts a log that speaks Rekor v1 (rekor `openapi.yaml`): uploads of `hashedrekord` and `dsse`, entries, proofs, the
 * search index. Unlike a real one it answers an upload only when the entry is durable. Faults: those of the store and of `serve`.
 */
export async function startRekor1(options: Rekor1Options): Promise<Rekor1> {
  const signer = rekor1Signer(options.hostname ?? "localhost", options.privateKey);
  const shards = await openShards(options, signer);
  const active = shards.at(-1) ?? bug("a log without a tree");
  const state: Rekor1State = {
    shards,
    active,
    index: await openSearchIndex(shards),
    verifyPrehashed: options.verifyPrehashed,
  };
  const answer = async (exchange: Exchange): Promise<Reply> => {
    if (exchange.method === "POST" && exchange.path === ENTRIES) return upload(state, options, exchange);
    const honest = await read(state, exchange);
    return mangled(options.faults ?? {}, exchange, honest);
  };
  const listening = await serve(answer, PROPOSAL_BYTES_MAX, options);
  return {
    ...listening,
    log: active.log,
    instance: {
      baseUrl: `http://localhost:${listening.port}`,
      spki: signer.spki,
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      logId: signer.keyId,
    },
    close: async () => {
      await listening.close();
      await Promise.all(shards.map(({ log }) => log.close()));
    },
  };
}

async function openShards(options: Rekor1Options, signer: NoteSigner): Promise<readonly Shard[]> {
  const { inactive = [], treeId, store, batchMs = 0 } = options;
  const shards: Shard[] = [];
  for (const tree of [...inactive, { treeId, store }]) {
    const origin = `${signer.name} - ${tree.treeId}`;
    // oxlint-disable-next-line no-await-in-loop -- each offset is the length of those before
    const log = await openLogEngine({ store: tree.store, origin, signer, batchMs, extras: true });
    const before = shards.at(-1);
    const offset = before ? before.offset + before.log.head().size : 0;
    shards.push({ treeId: tree.treeId, offset, log, signer });
  }
  return shards;
}

async function upload(state: Rekor1State, options: Rekor1Options, { body: request }: Exchange): Promise<Reply> {
  const proposed = judgeProposedEntry(request, options.verifyPrehashed);
  if (!proposed.ok) return problem(400, `error processing entry: ${proposed.detail}`);
  const { body, indexKeys } = proposed.value;
  if (body.length > ENTRY_BYTES_MAX) return problem(400, "error processing entry: the entry is too large");
  const { active } = state;
  const integratedTime = Math.floor(options.now() / 1000);
  const appended =
    options.faults?.pretend === true
      ? await active.log.pretend(body)
      : await active.log.append(body, renderExtra({ integratedTime, indexKeys }));
  const entryId = entryIdOf(active, appended.leaf);
  const location = `${ENTRIES}/${entryId}`;
  if (appended.duplicate) {
    const message = `an equivalent entry already exists in the transparency log with UUID ${entryId}`;
    return problem(409, message, { location });
  }
  if (options.faults?.pretend !== true) state.index.add(entryId, indexKeys);
  const entry = await renderAppended(active, { body, integratedTime }, appended);
  return jsonReply(201, entry, { location, etag: entryId });
}

async function read(state: Rekor1State, exchange: Exchange): Promise<Reply> {
  const { method, path, query } = exchange;
  switch (`${method} ${path}`) {
    case "GET /ping":
      return { status: 200, headers: { "content-type": "text/plain" }, body: "." };
    case "GET /api/v1/log":
      return renderLogInfo(state);
    case "GET /api/v1/log/publicKey":
      return {
        status: 200,
        headers: { "content-type": "application/x-pem-file" },
        body: renderPem("PUBLIC KEY", state.active.signer.spki),
      };
    case "GET /api/v1/log/proof":
      return renderProof(state, query);
    case `GET ${ENTRIES}`:
      return readByIndex(state, query);
    case `POST ${ENTRIES}/retrieve`:
      return retrieve(state, exchange);
    case "POST /api/v1/index/retrieve":
      return search(state, exchange);
    default:
      return method === "GET" && path.startsWith(`${ENTRIES}/`)
        ? readById(state, path.slice(ENTRIES.length + 1))
        : problem(404, `path ${path.slice(0, 100)} was not found`);
  }
}
