import { systemClock } from "../src/adapters/system/clock.ts";
import { openWebhook } from "../src/app/webhook/open-webhook.ts";
import { silentLog } from "../src/app/telemetry/log.ts";
import { readConfig } from "../src/app/config/read.ts";
import { recallFacts } from "../src/capabilities/admit/recall-facts.ts";
import type { ImageFacts } from "../src/capabilities/admit/image-facts.ts";
import { sha256, toDigestRef } from "../src/core/digest.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";

/**
 * A webhook with 100,000 verdicts in memory, as a process: prints its resident set in MiB, and how many verdicts it holds.
 * The facts are those that one image of the bench gave; the webhook's own code is loaded, and answers as before.
 */
const [folder = "", factsText = "", repository = ""] = process.argv.slice(2);
const VERDICTS = 100_000;

const config = await readConfig({ env: {}, file: `${folder}/config.yaml` });
const options = { policy: `${folder}/policy.yaml`, cluster: "prod", ownNamespace: "countersign", pinTemplates: false };
const opened = await openWebhook(config, { HOME: folder }, options, silentLog);
await opened.policy.refresh(systemClock.now());
const policy = opened.policy.current();
const family = policy?.familyOf(repository);
if (!policy || !family) throw new Error("the policy of this bench covers its images");

const facts = recallFacts(async (): Promise<ImageFacts> => JSON.parse(factsText) as ImageFacts, systemClock);
const never = new AbortController().signal;
for (let i = 0; i < VERDICTS; i++) {
  const digest = toDigestRef(sha256(toUtf8(String(i))));
  // oxlint-disable-next-line no-await-in-loop -- as they come: one after the other
  await facts.find({ digest, repository: `${repository}-${i % 1000}`, family, policy }, never);
}
process.stdout.write(`${JSON.stringify({ rssMib: process.memoryUsage.rss() / 1024 / 1024, ...facts.stats() })}\n`);
await opened.close();
