import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Pool } from "undici";
import { undiciHttpClient } from "../src/adapters/http/client.ts";
import { ociRegistry } from "../src/adapters/oci/registry.ts";
import { gatherSignatures } from "../src/capabilities/verify/gather-signatures.ts";
import { judgeCandidate } from "../src/core/admission/judge-candidate.ts";
import { parseDigestRef } from "../src/core/digest.ts";
import { bug } from "../src/core/bug.ts";
import { openWebhookWorld, type WebhookWorld } from "../test/setup/webhook-world.ts";
import { systemClock } from "../src/adapters/system/clock.ts";
import { ADMIT_PATH, ask, percentile, type Asked } from "./admission-ask.ts";
import { measureBeside } from "./admission-peer.ts";
import type { Bench, BenchRow } from "./bench.ts";
import { NODE_FLAGS, startWebhookProcess, type WebhookProcess } from "./admission-process.ts";
import budgets from "./budgets.json" with { type: "json" };

/**
 * The webhook as a process over real HTTPS, a registry on loopback, images signed by the embedded Sigstore (Rekor v2, TSA).
 * Warm: the same pods again and again. Cold: every image new, one at a time, against the round trips and the verification
 * alone. Beside policy-controller, which reads neither that log nor where that evidence lies, both are asked about others.
 */
const WARM_SECONDS = 10;
const WARM_IMAGES = 50;
const PACED_PER_SECOND = 1000;
const COLD_IMAGES = 200;
const ROLLOUT_IMAGES = 1000;
const CONNECTIONS = 8;
const WARM_MIN = 3000;
const P99_MAX_MS = 5;
const COLD_MAX = 1.5;
const ROLLOUT_MAX_S = 10;
const RSS_MAX_MIB = 192;

export const admissionBench: Bench = {
  name: "admission",
  run: async () => {
    const world = await openWebhookWorld("rekor2");
    const webhook = await startWebhookProcess(world.folder);
    const ca = await readFile(`${world.folder}/served/ca.crt`, "utf8");
    const pool = new Pool(`https://localhost:${webhook.port}`, { connections: CONNECTIONS, connect: { ca } });
    const rows: BenchRow[] = [];
    try {
      const driver = { world, webhook, pool, path: ADMIT_PATH };
      // The roll-out first: a process that has compiled nothing yet is measured once, where it hurts.
      const rollout = await measureRollout(driver, await signMany(world, ROLLOUT_IMAGES));
      const cold = await measureCold(driver, await signMany(world, COLD_IMAGES));
      const warm = await measureWarm(driver, await signMany(world, WARM_IMAGES));
      rows.push(...warm, ...cold, rollout, await measureMemory(world));
    } finally {
      await pool.destroy();
      await webhook.stop();
      await world.close();
    }
    return [...rows, ...(await measureBeside())];
  },
};

type Driver = Asked & { readonly world: WebhookWorld; readonly webhook: WebhookProcess };

async function signMany(world: WebhookWorld, count: number): Promise<readonly string[]> {
  const images: string[] = [];
  for (let i = 0; i < count; i += CONNECTIONS) {
    // oxlint-disable-next-line no-await-in-loop -- the authority's and the log's turn, not ours to measure
    images.push(...(await Promise.all(Array.from({ length: Math.min(CONNECTIONS, count - i) }, () => world.signed()))));
  }
  return images;
}

async function measureWarm(driver: Driver, images: readonly string[]): Promise<readonly BenchRow[]> {
  const pods = images.map((image, i) => [image, images[(i + 1) % images.length] ?? image]);
  for (const pod of pods) await ask(driver, pod); // oxlint-disable-line no-await-in-loop -- fills the memory
  let asked = 0;
  const cpuBefore = driver.webhook.cpuMs();
  const startedAt = performance.now();
  const endsAt = startedAt + WARM_SECONDS * 1000;
  const keepAsking = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      asked += 1;
      await ask(driver, pods[asked % pods.length] ?? []); // oxlint-disable-line no-await-in-loop -- one connection
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS * 2 }, keepAsking));
  const perSecond = asked / ((performance.now() - startedAt) / 1000);
  const cpuMs = (driver.webhook.cpuMs() - cpuBefore) / asked;
  const p99 = percentile(await askPaced(driver, pods), 0.99);
  const base = { floor: null, peer: null, peerName: null } as const;
  return [
    {
      ...base,
      case: "warm, pods of 2 images",
      unit: "reviews/s",
      ours: perSecond,
      goal: budgets.admission.warm,
      met: perSecond >= WARM_MIN,
    },
    {
      ...base,
      case: `warm, p99 at ${PACED_PER_SECOND}/s`,
      unit: "ms",
      ours: p99,
      goal: budgets.admission.p99,
      met: p99 < P99_MAX_MS,
    },
    { ...base, case: "warm, CPU of the webhook a review", unit: "ms", ours: cpuMs, goal: "told", met: true },
  ];
}

/** An even stream, so that a queue that builds up is seen in the answers. */
async function askPaced(driver: Driver, pods: readonly (readonly string[])[]): Promise<readonly number[]> {
  const startedAt = performance.now();
  const running: Promise<number>[] = [];
  const total = PACED_PER_SECOND * WARM_SECONDS;
  while (running.length < total) {
    const due = Math.min(total, ((performance.now() - startedAt) / 1000) * PACED_PER_SECOND);
    while (running.length < due) running.push(ask(driver, pods[running.length % pods.length] ?? []));
    await new Promise((resolve) => setTimeout(resolve, 1)); // oxlint-disable-line no-await-in-loop -- the pace
  }
  return Promise.all(running);
}

async function measureCold(driver: Driver, images: readonly string[]): Promise<readonly BenchRow[]> {
  const half = images.length / 2;
  const floors = await floorsOf(driver.world, images.slice(0, half));
  const cpuBefore = driver.webhook.cpuMs();
  const times: number[] = [];
  for (const image of images.slice(half)) times.push(await ask(driver, [image])); // oxlint-disable-line no-await-in-loop -- one at a time
  const cpuMs = (driver.webhook.cpuMs() - cpuBefore) / half;
  const [ours, floor] = [percentile(times, 0.5), percentile(floors, 0.5)];
  const base = { peer: null, peerName: null } as const;
  return [
    {
      ...base,
      case: "cold, 1 image, median",
      unit: "ms",
      floor,
      ours,
      goal: budgets.admission.cold,
      met: ours <= floor * COLD_MAX,
    },
    { ...base, case: "cold, p99", unit: "ms", floor: null, ours: percentile(times, 0.99), goal: "told", met: true },
    {
      ...base,
      case: "cold, CPU of the webhook a decision",
      unit: "ms",
      floor: null,
      ours: cpuMs,
      goal: "told",
      met: true,
    },
  ];
}

/** The round trips to the registry and the verification alone, with our own client, in this process. */
async function floorsOf(world: WebhookWorld, images: readonly string[]): Promise<readonly number[]> {
  const http = undiciHttpClient();
  const registry = ociRegistry(http);
  const policy = world.opened.policy.current() ?? bug("the world has a policy");
  const trust = policy.roots.get("private") ?? bug("the world has a root");
  const authority = policy.set.authorities["builder"] ?? bug("the policy has a builder");
  const times: number[] = [];
  for (const image of images) {
    const [repository = "", digestText = ""] = image.split("@");
    const digest = parseDigestRef(digestText) ?? bug("an image by digest");
    const startedAt = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one at a time
    const { signatures } = await gatherSignatures(registry, { repository, digest }, AbortSignal.timeout(10_000));
    const context = { image: digest, authorities: [{ name: "builder", authority, trust }], now: systemClock.now() };
    for (const signature of signatures) judgeCandidate(signature, context);
    times.push(performance.now() - startedAt);
  }
  await http.close();
  return times;
}

async function measureRollout(driver: Driver, images: readonly string[]): Promise<BenchRow> {
  const startedAt = performance.now();
  await Promise.all(images.map((image) => ask(driver, [image])));
  const seconds = (performance.now() - startedAt) / 1000;
  const base = { floor: null, peer: null, peerName: null } as const;
  return {
    ...base,
    case: `first roll-out of ${ROLLOUT_IMAGES} images`,
    unit: "s",
    ours: seconds,
    goal: budgets.admission.rollout,
    met: seconds < ROLLOUT_MAX_S,
  };
}

/** The facts of one image, a hundred thousand times, in a webhook of its own process. */
async function measureMemory(world: WebhookWorld): Promise<BenchRow> {
  const image = await world.signed();
  await world.admit([image]);
  const [repository = "", digestText = ""] = image.split("@");
  const digest = parseDigestRef(digestText) ?? bug("an image by digest");
  const policy = world.opened.policy.current() ?? bug("the world has a policy");
  const family = policy.familyOf(repository) ?? bug("the policy covers its images");
  const facts = world.opened.facts.recall({ digest, repository, family, policy }) ?? bug("the image was just judged");
  const script = fileURLToPath(new URL("./admission-memory.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...NODE_FLAGS,
    script,
    world.folder,
    JSON.stringify(facts),
    repository,
  ]);
  const { rssMib, entries } = JSON.parse(stdout) as { rssMib: number; entries: number };
  const base = { floor: null, peer: null, peerName: null } as const;
  return {
    ...base,
    case: `memory with ${entries} verdicts`,
    unit: "MiB RSS",
    ours: rssMib,
    goal: budgets.admission.memory,
    met: rssMib < RSS_MAX_MIB,
  };
}
