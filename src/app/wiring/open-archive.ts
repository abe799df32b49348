import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { tokenFile } from "../../adapters/system/token-file.ts";
import { tektonResults } from "../../adapters/tekton-results/archive.ts";
import { backfillRuns } from "../../capabilities/correlate/backfill-runs.ts";
import type { ClusterStore } from "../../ports/cluster-store.ts";
import type { ClusterConfig } from "../config/config.ts";
import { readInput } from "../read-input.ts";

export type OpenArchive = {
  readonly backfill: ReturnType<typeof backfillRuns>;
  readonly close: () => Promise<void>;
};

const PEM_BYTES_MAX = 1024 * 1024;

/** Opens the Tekton Results of a cluster, where it has one; `undefined` where none is configured. Faults: `input.missing`. */
export async function openArchive(
  { results }: Pick<ClusterConfig, "results">,
  store: ClusterStore,
): Promise<OpenArchive | undefined> {
  if (!results) return undefined;
  const { url, caFile, tokenFile: path } = results;
  const ca = caFile === undefined ? undefined : new TextDecoder().decode(await readInput(caFile, PEM_BYTES_MAX));
  const http = undiciHttpClient({ plainHttp: "cluster-local", ...(ca !== undefined && { ca: [ca] }) });
  const archive = tektonResults(http, { url, ...(path !== undefined && { token: tokenFile(path) }) });
  return { backfill: backfillRuns({ archive, store, clock: systemClock }), close: () => http.close() };
}
