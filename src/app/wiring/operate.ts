import { breakGlassDesk, type BreakGlassDesk } from "../../capabilities/admit/break-glass.ts";
import { readDocuments } from "../../adapters/manifests/documents.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { breakGlassOf } from "../webhook/load-policy.ts";
import { openCluster } from "./open-cluster.ts";

/** Which cluster a person means, and where the webhook runs in it. */
export type OperateSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly cluster?: string | undefined;
  readonly namespace: string;
};

export type OpenDesk = { readonly cluster: string; readonly desk: BreakGlassDesk; readonly close: () => Promise<void> };

/** Opens the emergencies of one cluster, in the name of its kubeconfig's user. Faults: those of the configuration. */
export async function openBreakGlass(setup: OperateSetup): Promise<OpenDesk> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const cluster = clusterOf(config, setup.cluster);
  const { operator, close } = await openCluster(cluster, setup.env);
  const read = (path: string, text: string) => {
    const { documents } = readDocuments([{ path, bytes: toUtf8(text) }]);
    return breakGlassOf(documents, config, systemClock.now());
  };
  const desk = breakGlassDesk({ operator, now: () => systemClock.now(), read }, setup.namespace);
  return { cluster: cluster.name, desk, close };
}

function clusterOf({ clusters }: Config, name: string | undefined): Config["clusters"][number] {
  const found = name === undefined && clusters.length === 1 ? clusters[0] : clusters.find((one) => one.name === name);
  if (found) return found;
  const known = clusters.map((one) => one.name).join(", ");
  throw new Fault(
    "config.invalid",
    name === undefined ? `clusters: --cluster, one of: ${known}` : `clusters: no "${name}"`,
  );
}
