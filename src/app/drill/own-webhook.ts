import { undiciHttpClient } from "../../adapters/http/client.ts";
import { admit, type AdmitPorts } from "../../capabilities/admit/admit.ts";
import { bytePool } from "../../capabilities/admit/byte-pool.ts";
import type { FindFacts } from "../../capabilities/admit/image-facts.ts";
import { pinImages } from "../../capabilities/admit/pin-images.ts";
import type { PolicyInForce } from "../../capabilities/admit/policy-in-force.ts";
import { recallFacts } from "../../capabilities/admit/recall-facts.ts";
import { REVIEW_BYTES_MAX } from "../../core/admission/review.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Registry } from "../../ports/registry.ts";
import type { Config } from "../config/config.ts";
import { packageVersion } from "../package-version.ts";
import { checkDocuments } from "../webhook/check-documents.ts";
import { issueAuthority, issueServing } from "../webhook/issue-certificates.ts";
import { webhookHandler } from "../webhook/webhook-handler.ts";
import { webhookMetrics } from "../webhook/webhook-metrics.ts";
import { serveWebhook } from "../webhook/webhook-server.ts";
import { policyOf } from "./policy-of.ts";
import type { PostReview } from "./webhook-target.ts";

export type OwnWebhookOptions = {
  readonly find: FindFacts;
  readonly registry: Registry;
  readonly trust: CompiledTrust;
  readonly clock: Clock;
  readonly config: Config;
};

/** Our webhook as it is served, over HTTPS on loopback, its policy that of the artifact at hand. */
export type OwnWebhook = { readonly post: PostReview; readonly close: () => Promise<void> };

const NAME = "localhost";
const POOL_BYTES = 4 * REVIEW_BYTES_MAX;
const TIMEOUT_MS = 10_000;
const REPLY_BYTES_MAX = 1024 * 1024;

/** Starts it. One artifact at a time: the policy in force is exchanged between two requests, as an edit would. */
export async function openOwnWebhook({ find, registry, trust, clock, config }: OwnWebhookOptions): Promise<OwnWebhook> {
  let current: PolicyInForce | undefined;
  const ports: AdmitPorts = {
    clock,
    registry,
    policy: () => current,
    facts: recallFacts(find, clock),
    engine: packageVersion(),
    tzdata: "",
  };
  const handle = webhookHandler({
    admit: admit(ports),
    pin: pinImages(ports),
    checkDocument: checkDocuments(config, clock),
    clock,
    elapsedMs: () => performance.now(),
    metrics: webhookMetrics(),
    record: () => undefined,
    onUnrecorded: () => undefined,
    ownNamespace: "countersign",
    pinTemplates: false,
  });
  const authority = issueAuthority(clock.now());
  const bugs: unknown[] = [];
  const server = await serveWebhook(handle, {
    host: NAME,
    port: 0,
    certificate: issueServing(authority, [NAME], clock.now()),
    pool: bytePool(POOL_BYTES),
    onBug: (error) => bugs.push(error),
  });
  const http = undiciHttpClient({ ca: [authority.certificate] });
  return {
    post: async (exhibit, { path, body }, signal) => {
      current = policyOf(exhibit, trust, clock.now());
      const url = `https://${NAME}:${server.port}${path}?timeout=5s`;
      const headers = { "content-type": "application/json" };
      const limits = { bytesMax: REPLY_BYTES_MAX, timeoutMs: TIMEOUT_MS };
      const reply = await http.send({ method: "POST", url, headers, body, ...limits }, signal);
      // A bug of ours is not an answer; it must not look like a refusal.
      for (const error of bugs) throw error;
      return reply;
    },
    close: async () => {
      await http.close();
      await server.close();
    },
  };
}
