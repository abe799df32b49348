import { undiciHttpClient } from "../../adapters/http/client.ts";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { sqliteClusterStore } from "../../adapters/sqlite/cluster-store.ts";
import { openDatabaseToRead } from "../../adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../adapters/sqlite/event-store.ts";
import { sqliteSignatureStore } from "../../adapters/sqlite/signature-store.ts";
import { gatherWorld } from "../../capabilities/correlate/gather-world.ts";
import { consistencyFromStore, pathFromStore } from "../../capabilities/follow/stored-proof.ts";
import {
  exportEvidence,
  exportMisbehaviour,
  type Exported,
  type ExportRequest,
} from "../../capabilities/investigate/export-evidence.ts";
import { verifyEvidence, type VerifyEvidence } from "../../capabilities/investigate/verify-evidence.ts";
import { readBundle } from "../../core/bundle/read.ts";
import { correlate } from "../../core/correlate/correlate.ts";
import { indexWorld, type WorldIndex } from "../../core/correlate/index-world.ts";
import type { LogName, SigningEvent } from "../../core/entry/signing-event.ts";
import { renderCorrelation } from "../../core/evidence/correlation-member.ts";
import { Fault } from "../../core/fault.ts";
import { PRODUCT } from "../../core/names.ts";
import type { Registry } from "../../ports/registry.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { packageVersion } from "../package-version.ts";
import type { LogsSetup } from "./logs.ts";
import { estateNames } from "./look.ts";
import { openRegistry } from "./registry.ts";
import { storePathOf } from "./stores.ts";
import { openTrusts, type OpenTrusts } from "./trusts.ts";

/** What evidence is made from: a store beside its writer, the trust roots, the registries that hold the bundles. */
export type EvidenceWorld = {
  readonly exportEvents: (request: ExportRequest) => Promise<Exported>;
  /** The newest contradiction of a log; `undefined` when it has none. */
  readonly exportContradiction: (log: LogName) => Promise<Uint8Array | undefined>;
  readonly close: () => Promise<void>;
};

/** Needs nothing of an installation: no configuration, no store, no network. */
export function openEvidenceVerification(): VerifyEvidence {
  return verifyEvidence(verifyPrehashed);
}

/** Opens what `evidence export` needs. `tell` hears of what could not be had. Faults: those of configuration, store and trust roots. */
export async function openEvidence(setup: LogsSetup, tell: (sentence: string) => void): Promise<EvidenceWorld> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const http = undiciHttpClient();
  const trusts = await openTrusts(config, setup.env, http);
  await http.close();
  const { registry, close: closeRegistry } = await openRegistry(config, setup.env);
  const database = openDatabaseToRead(setup.store ?? storePathOf(config));
  const [store, signatures] = [sqliteEventStore(database), sqliteSignatureStore(database)];
  const product = { name: PRODUCT, version: packageVersion() };
  const trustedRootOf = (log: LogName) => rootOf(config, trusts, log);
  let gathered: Promise<WorldIndex> | undefined;
  const worldOnce = (): Promise<WorldIndex> => {
    gathered ??= gatherWorld({ clusters: sqliteClusterStore(database), signatures }, estateNames(config)).then(
      ({ world }) => indexWorld(world),
    );
    return gathered;
  };
  return {
    exportEvents: exportEvidence({
      store,
      inclusionOf: (log, index, size) => pathFromStore(store, log, { index, size }),
      consistencyOf: (log, from, to) => consistencyFromStore(store, log, [from, to]),
      trustedRootOf,
      bundleOf: (event) => bundleOf({ registry, signatures, tell }, event),
      correlationOf: async (event) => renderCorrelation(correlate(await worldOnce(), event)),
      product,
    }),
    exportContradiction: async (log) => {
      const found = (await store.misbehaviours()).find((one) => one.log === log);
      const root = trustedRootOf(log);
      return found && root && exportMisbehaviour(found, root.bytes, product);
    },
    close: async () => {
      database.close();
      await closeRegistry();
    },
  };
}

/** The domain that names the log, else the only one there is. A later tree of a Rekor v1 is `<name>.<tree id>`. */
function rootOf({ trust }: Config, trusts: OpenTrusts, log: LogName) {
  const { domains } = trust;
  const naming = domains.find(({ logs }) => logs.some((name) => log === name || log.startsWith(`${name}.`)));
  const name = (naming ?? (domains.length === 1 ? domains[0] : undefined))?.name;
  const [bytes, compiled] = name === undefined ? [] : [trusts.documents.get(name), trusts.compiled.get(name)];
  return bytes && compiled && { bytes, compiled };
}

type BundleWorld = {
  readonly registry: Registry;
  readonly signatures: SignatureStore;
  readonly tell: (sentence: string) => void;
};

const BUNDLE_MS = 15_000;
const BUNDLE_BYTES_MAX = 4 * 1024 * 1024;

/** The bundle of an event out of the registry where it was once found. Without it the file is good, and says less. */
async function bundleOf(
  { registry, signatures, tell }: BundleWorld,
  event: SigningEvent,
): Promise<Uint8Array | undefined> {
  for (const { repository, bundle } of await signatures.linksOf(event)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the first that is there is enough
      const bytes = await registry.blob(repository, bundle, BUNDLE_BYTES_MAX, AbortSignal.timeout(BUNDLE_MS));
      if (bytes && readBundle(bytes).ok) return bytes;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      tell(`the bundle ${bundle} could not be had from ${repository}: ${error.id}`);
    }
  }
  return undefined;
}
