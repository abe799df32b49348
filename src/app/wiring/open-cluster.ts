import { undiciHttpClient } from "../../adapters/http/client.ts";
import { kubernetesCluster } from "../../adapters/kubernetes/cluster.ts";
import type { ClusterCredential } from "../../adapters/kubernetes/connection.ts";
import { kubernetesIssuer } from "../../adapters/kubernetes/issuer.ts";
import { readInCluster, readKubeconfig } from "../../adapters/kubernetes/kubeconfig.ts";
import { kubernetesOperator } from "../../adapters/kubernetes/operator.ts";
import { kubernetesWriter } from "../../adapters/kubernetes/writer.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { tokenFile } from "../../adapters/system/token-file.ts";
import { unreachable } from "../../core/bug.ts";
import type { Cluster } from "../../ports/cluster.ts";
import type { ClusterIssuer } from "../../ports/cluster-issuer.ts";
import type { ClusterOperator } from "../../ports/cluster-operator.ts";
import type { ClusterWriter } from "../../ports/cluster-writer.ts";
import type { TokenSource } from "../../ports/token-source.ts";
import type { ClusterConfig } from "../config/config.ts";

/** One configured cluster: what it shows, how it issues tokens, what it is told, and the connections to close. */
export type OpenCluster = {
  readonly cluster: Cluster;
  readonly issuer: ClusterIssuer;
  readonly writer: ClusterWriter;
  readonly operator: ClusterOperator;
  readonly server: string;
  readonly close: () => Promise<void>;
};

/** Opens a cluster by its kubeconfig, or the one this process runs in. Nothing is asked yet. Faults: `config.missing`, `config.invalid`. */
export async function openCluster(
  { name, kubeconfigFile }: ClusterConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenCluster> {
  const { server, tls, credential } = await (kubeconfigFile === null
    ? readInCluster(env)
    : readKubeconfig(kubeconfigFile));
  const http = undiciHttpClient(tls);
  const token = tokenOf(credential);
  const session = { name, server, http, clock: systemClock, random: systemRandom, ...(token && { token }) };
  return {
    cluster: kubernetesCluster(session),
    issuer: kubernetesIssuer(session),
    writer: kubernetesWriter(session),
    operator: kubernetesOperator(session),
    server,
    close: () => http.close(),
  };
}

function tokenOf(credential: ClusterCredential): TokenSource | undefined {
  switch (credential.kind) {
    case "none":
      return undefined;
    case "token":
      return { read: async () => credential.token };
    case "token-file":
      return tokenFile(credential.path);
    default:
      return unreachable(credential);
  }
}
