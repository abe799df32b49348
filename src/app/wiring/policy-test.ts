import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { admit } from "../../capabilities/admit/admit.ts";
import { policyInForce, rootOf } from "../../capabilities/admit/policy-in-force.ts";
import { recallFacts } from "../../capabilities/admit/recall-facts.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import type { ReviewVerdict } from "../../core/policy/review-verdict.ts";
import type { UnixMs } from "../../core/time.ts";
import { readConfig } from "../config/read.ts";
import { packageVersion } from "../package-version.ts";
import { openRegistry } from "./registry.ts";
import { rootReader } from "../webhook/read-roots.ts";
import { storeReader } from "../webhook/read-stores.ts";
import { openImageEvidence } from "./image-evidence.ts";
import { cacheFolderOf } from "./trust-source.ts";

export type PolicyTest = {
  readonly documents: PolicyDocuments;
  readonly images: readonly string[];
  readonly namespace: string;
  readonly cluster: string;
  readonly now: UnixMs;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
};

/** Nobody waits at an API server here; a slow registry may take its time. */
const BUDGET_MS = 60_000;

/** Judges images as a cluster that asked for them would hear it: the same code, the same order. Faults: those of the roots. */
export async function testPolicy(of: PolicyTest): Promise<ReviewVerdict> {
  const { documents, env } = of;
  const config = await readConfig({ env, file: of.config });
  const http = undiciHttpClient();
  const { registry, close } = await openRegistry(config, env);
  const clock = { ...systemClock, now: () => of.now };
  const evidence = openImageEvidence({ registry, clock });
  try {
    const names = new Set(Object.values(documents.policy.authorities).flatMap((authority) => rootOf(authority) ?? []));
    const readRoots = rootReader(config, { http, clock: systemClock, cacheFolder: cacheFolderOf(env) }, (_, fault) => {
      throw fault;
    });
    const roots = await readRoots([...names], of.now);
    const readStores = storeReader(config, (_, fault) => {
      throw fault;
    });
    const stores = await readStores(documents.policy.authorities, of.now);
    const policy = policyInForce({ ...documents, roots, stores, cluster: of.cluster });
    const ask = admit({
      clock,
      registry,
      policy: () => policy,
      facts: recallFacts(evidence.find, systemClock),
      engine: packageVersion(),
      tzdata: process.versions["tz"] ?? "",
    });
    const { verdict } = await ask({
      request: requestIn(of.namespace),
      images: of.images.map(toRequested),
      budgetMs: BUDGET_MS,
    });
    return verdict;
  } finally {
    await Promise.all([http.close(), evidence.close(), close()]);
  }
}

function toRequested(image: string, index: number) {
  return { path: `spec.containers[${index}].image`, name: "", image, unchanged: false };
}

/** A Deployment, whose images may be named by tag; a Pod's may not. */
function requestIn(namespace: string): AdmissionRequest {
  const kind = { group: "apps", version: "v1", kind: "Deployment" };
  return {
    uid: "",
    operation: "CREATE",
    kind,
    resource: "deployments",
    subResource: "",
    namespace,
    name: "",
    dryRun: true,
    user: "",
  };
}
