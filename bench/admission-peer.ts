import { readFile } from "node:fs/promises";
import { Pool } from "undici";
import { bug } from "../src/core/bug.ts";
import { openWebhookWorld, type WebhookWorld } from "../test/setup/webhook-world.ts";
import { ADMIT_PATH, ask, percentile, type Asked } from "./admission-ask.ts";
import { startWebhookProcess } from "./admission-process.ts";
import type { BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };
import { olderPolicy, POLICY_CONTROLLER, startPolicyController } from "../test/peers/policy-controller-process.ts";
import { cpuMsOf } from "./process-cpu.ts";

const CONNECTIONS = 8;
const WARM_IMAGES = 50;
const COLD_IMAGES = 100;
const WARM_SECONDS = 10;
const TIMES_FASTER = 10;

/** The same pods put to our webhook and to policy-controller, each with the same policy, one after the other. */
export async function measureBeside(): Promise<readonly BenchRow[]> {
  const world = await openWebhookWorld("rekor1");
  try {
    await world.writePolicy(olderPolicy(world));
    const warm = await signMany(world, WARM_IMAGES);
    const cold = await signMany(world, COLD_IMAGES);
    const ours = await measureOurs(world, { warm, cold });
    return toRows(ours, await measureTheirs(world, { warm, cold }));
  } finally {
    await world.close();
  }
}

async function signMany(world: WebhookWorld, count: number): Promise<readonly string[]> {
  const images: string[] = [];
  for (let i = 0; i < count; i += CONNECTIONS) {
    const some = Array.from({ length: Math.min(CONNECTIONS, count - i) }, () => world.signed("legacy"));
    images.push(...(await Promise.all(some))); // oxlint-disable-line no-await-in-loop -- a few at a time
  }
  return images;
}

type Input = { readonly warm: readonly string[]; readonly cold: readonly string[] };
type Measured = { readonly perSecond: number; readonly coldMs: number; readonly coldCpuMs: number };

async function measureOurs(world: WebhookWorld, input: Input): Promise<Measured> {
  const webhook = await startWebhookProcess(world.folder);
  const ca = await readFile(`${world.folder}/served/ca.crt`, "utf8");
  const pool = new Pool(`https://localhost:${webhook.port}`, { connections: CONNECTIONS, connect: { ca } });
  try {
    return await measure({ pool, path: ADMIT_PATH, cpuMs: webhook.cpuMs }, input);
  } finally {
    await pool.destroy();
    await webhook.stop();
  }
}

async function measureTheirs(world: WebhookWorld, input: Input): Promise<Measured | undefined> {
  const webhook = await startPolicyController({
    folder: world.folder,
    policy: world.opened.policy.current()?.set ?? bug("the world has a policy"),
    domain: "private",
    trustedRoot: world.sigstore.trustedRoot,
    connections: CONNECTIONS,
  });
  if (!webhook) return undefined;
  try {
    return await measure({ ...webhook, cpuMs: () => cpuMsOf(webhook.pid) }, input);
  } finally {
    await webhook.stop();
  }
}

type Side = Asked & { readonly cpuMs: () => number };

async function measure(side: Side, { warm, cold }: Input): Promise<Measured> {
  const pods = warm.map((image, i) => [image, warm[(i + 1) % warm.length] ?? image]);
  for (const pod of pods) await ask(side, pod); // oxlint-disable-line no-await-in-loop -- fills memories, and compiles
  const before = side.cpuMs();
  const times: number[] = [];
  for (const image of cold) times.push(await ask(side, [image])); // oxlint-disable-line no-await-in-loop -- one at a time
  const coldCpuMs = (side.cpuMs() - before) / cold.length;
  return { perSecond: await measureRate(side, pods), coldMs: percentile(times, 0.5), coldCpuMs };
}

async function measureRate(side: Side, pods: readonly (readonly string[])[]): Promise<number> {
  let asked = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + WARM_SECONDS * 1000;
  const keepAsking = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      asked += 1;
      await ask(side, pods[asked % pods.length] ?? []); // oxlint-disable-line no-await-in-loop -- one connection
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS * 2 }, keepAsking));
  return asked / ((performance.now() - startedAt) / 1000);
}

function toRows(ours: Measured, theirs: Measured | undefined): readonly BenchRow[] {
  const row = (
    name: string,
    unit: string,
    value: (of: Measured) => number,
    goal: { readonly text: string; readonly met: (mine: number, peer: number) => boolean },
  ): BenchRow => {
    const peer = theirs ? value(theirs) : null;
    const met = peer === null ? null : goal.met(value(ours), peer);
    const peerName = theirs ? POLICY_CONTROLLER : null;
    return { case: name, unit, floor: null, ours: value(ours), peer, peerName, goal: goal.text, met };
  };
  const { beside, besideCpu } = budgets.admission;
  return [
    row("older layout, warm, pods of 2 images", "reviews/s", (of) => of.perSecond, {
      text: beside,
      met: (mine, peer) => mine >= TIMES_FASTER * peer,
    }),
    row("older layout, cold, 1 image, median", "ms", (of) => of.coldMs, { text: "told", met: () => true }),
    row("older layout, cold, CPU of the webhook a decision", "ms", (of) => of.coldCpuMs, {
      text: besideCpu,
      met: (mine, peer) => mine < peer,
    }),
  ];
}
