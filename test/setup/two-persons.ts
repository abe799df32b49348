import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { startApiServer, type ApiServer } from "../../src/adapters/virtual/cluster/api-server.ts";

/** A stand-in API server that knows ann and bob, who may write, and a reader, who may not, each by a token of their own. */
export type TwoPersons = {
  readonly api: ApiServer;
  /** Of each of them the configuration, `<name>.yaml`, and the kubeconfig that it names, `<name>.kube`. */
  readonly folder: string;
  readonly close: () => Promise<void>;
};

export async function openTwoPersons(): Promise<TwoPersons> {
  const accounts = ["ann", "bob"].map(
    (username) => ({ token: `token-of-${username}`, username, may: "write" }) as const,
  );
  const api = await startApiServer({ now: () => systemClock.now(), accounts });
  const folder = mkdtempSync(join(tmpdir(), "countersign-two-"));
  for (const { username, token } of [...accounts, { username: "reader", token: api.readerToken }]) {
    const kubeconfigFile = join(folder, `${username}.kube`);
    writeFileSync(kubeconfigFile, JSON.stringify(kubeconfigOf(api.url, token)));
    writeFileSync(join(folder, `${username}.yaml`), JSON.stringify({ clusters: [{ name: "prod", kubeconfigFile }] }));
  }
  return {
    api,
    folder,
    close: async () => {
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function kubeconfigOf(server: string, token: string): unknown {
  return {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server } }],
    users: [{ name: "u", user: { token } }],
  };
}
