import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../core/bytes/hex.ts";
import { sha256 } from "../../core/digest.ts";
import { API_VERSION } from "../../core/names.ts";
import { AUDIENCE } from "./estate.ts";
import { policyText } from "./policy-text.ts";
import type { StandIns } from "./stand-ins.ts";
import type { Moment } from "./story.ts";

/**
 * Writes the configuration of an installation that looks at the stand-ins, with the policy and the trusted root, so that
 * every other command can be tried on the demo from a second terminal. Returns its path.
 */
export function writeConfig(dir: string, standIns: StandIns, story: readonly Moment[]): string {
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(dir, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const root = write("trusted_root.json", standIns.trustedRoot);
  const policy = write("policy.yaml", policyText(story, standIns.registryHost));
  const clusters = standIns.clusters.map((cluster) => ({
    name: cluster.name,
    issuer: cluster.issuer,
    audience: AUDIENCE,
    kubeconfigFile: write(`${cluster.name}.kubeconfig`, kubeconfigOf(cluster)),
  }));
  // JSON is YAML, and is quoted right by itself.
  const config = {
    apiVersion: API_VERSION,
    kind: "Config",
    store: { url: `sqlite:${join(dir, "countersign.db")}` },
    clusters,
    trust: {
      domains: [
        {
          name: "demo",
          fulcio: standIns.urls.fulcio,
          tsa: standIns.urls.tsa,
          logs: ["rekor1", "rekor2"],
          root: { file: { trustedRootFile: root, sha256: toHex(sha256(standIns.trustedRoot)) } },
        },
      ],
    },
    placements: [{ match: { default: true }, domain: "demo" }],
    logs: [
      { name: "rekor1", type: "rekor1", url: standIns.urls.rekor1, follow: "none" },
      { name: "rekor2", type: "rekor2", url: standIns.urls.rekor2, follow: "none" },
    ],
    registries: [{ host: standIns.registryHost, plainHttp: true }],
    policy: { file: policy },
  };
  return write("countersign.yaml", `${JSON.stringify(config, undefined, 2)}\n`);
}

function kubeconfigOf({ name, url, readerToken }: StandIns["clusters"][number]): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: url } }],
    users: [{ name: "reader", user: { token: readerToken } }],
    contexts: [{ name, context: { cluster: name, user: "reader" } }],
    "current-context": name,
  });
}
