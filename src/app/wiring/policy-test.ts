import { undiciHttpClient } from "../../adapters/http/client.ts";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { admit } from "../../capabilities/admit/admit.ts";
import { bytePool } from "../../capabilities/admit/byte-pool.ts";
import { findFacts } from "../../capabilities/admit/find-facts.ts";
import { policyInForce, rootOf } from "../../capabilities/admit/policy-in-force.ts";
import { recallFacts } from "../../capabilities/admit/recall-facts.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import { localTime } from "../../core/policy/build-window.ts";
import { DEFAULT_LIMITS } from "../../core/policy/limits.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import type { ReviewVerdict } from "../../core/policy/review-verdict.ts";
import type { UnixMs } from "../../core/time.ts";
import { readConfig } from "../config/read.ts";
import { packageVersion } from "../package-version.ts";
import { openRegistry } from "./registry.ts";
import { rootReader } from "../webhook/read-roots.ts";
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
  try {
    const names = new Set(Object.values(documents.policy.authorities).flatMap((authority) => rootOf(authority) ?? []));
    const readRoots = rootReader(config, { http, clock: systemClock, cacheFolder: cacheFolderOf(env) }, (_, fault) => {
      throw fault;
    });
    const roots = await readRoots([...names], of.now);
    const policy = policyInForce({ ...documents, roots, cluster: of.cluster });
    const clock = { now: () => of.now };
    const facts = findFacts({
      registry,
      gather: (bounded, image, until) => gatherSignatures({ ...registry, ...bounded }, image, until),
      clock,
      matches: (pattern, text) => re2jsCompiler.matchesWhole(pattern, text),
      wallClock: localTime,
      verifyPrehashed,
      pool: bytePool(DEFAULT_LIMITS["totalBytes"] ?? 1),
    });
    const ask = admit({
      clock,
      registry,
      policy: () => policy,
      facts: recallFacts(facts, systemClock),
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
    await Promise.all([http.close(), close()]);
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
