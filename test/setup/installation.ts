import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { API_VERSION } from "../../src/core/names.ts";
import { rootOf } from "../follow/evidence-world.ts";
import type { FollowWorld, ServedLog } from "../follow/follow-world.ts";

/** A folder with a configuration that follows one log into a store in it, by a root file beside them. */
export type Installation = {
  readonly folder: string;
  readonly config: string;
  readonly store: string;
  readonly root: string;
};

export function newInstallation(world: FollowWorld, served: ServedLog): Installation {
  const folder = mkdtempSync(join(tmpdir(), "countersign-"));
  const [config, store, root] = ["config.yaml", "store.db", "trusted_root.json"].map((name) => join(folder, name));
  if (config === undefined || store === undefined || root === undefined) throw new Error("three paths");
  writeFileSync(root, rootOf(world, served));
  const { name } = served.log;
  const domain = {
    name: "private",
    logs: [name],
    root: { file: { trustedRootFile: root } },
    thresholds: { sct: 0, log: 1, tsa: 0 },
  };
  const log = { name, type: served.log.reader.type === "tiles" ? "rekor2" : "rekor1", url: served.instance.baseUrl };
  const document = {
    apiVersion: API_VERSION,
    kind: "Config",
    store: { url: `sqlite:${store}` },
    trust: { domains: [domain] },
    logs: [{ ...log, readUrl: served.url, follow: "all" }],
  };
  writeFileSync(config, JSON.stringify(document));
  return { folder, config, store, root };
}
