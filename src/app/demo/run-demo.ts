import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { readPolicyText } from "../../adapters/manifests/policy-file.ts";
import { bug } from "../../core/bug.ts";
import type { Estate } from "../../core/detect/estate.ts";
import { Fault } from "../../core/fault.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import { compileTrust } from "../../core/trust/compile-trust.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import { asNodeError } from "../node-error.ts";
import { openStores, type OpenStores } from "../wiring/stores.ts";
import { NAMESPACES, TEAMS } from "./estate.ts";
import { openObserver, type Observer } from "./observe.ts";
import { openStandIns } from "./open-stand-ins.ts";
import { playStory } from "./play.ts";
import { policyText } from "./policy-text.ts";
import { openSigningWorld, type SigningWorld } from "./sign-build.ts";
import { issuerOf, type StandIns } from "./stand-ins.ts";
import { storyClock, type StoryClock } from "./story-clock.ts";
import { tellStory, type Moment } from "./story.ts";

export type DemoOptions = {
  readonly seed: number;
  readonly days: number;
  readonly events: number;
  /** Where everything is kept; absent: in a temporary folder that goes with the process. */
  readonly keep?: string;
};

/** One thing done, and how long it took. */
export type DemoStep = { readonly text: string; readonly seconds: number };

/** A demo whose history has been told: the product over it, ready to be asked. */
export type OpenDemo = {
  readonly standIns: StandIns;
  readonly story: readonly Moment[];
  readonly stores: OpenStores;
  readonly observer: Observer;
  readonly signing: SigningWorld;
  readonly clock: StoryClock;
  readonly estate: Estate;
  /** Judges anew what the stores hold now. */
  readonly judge: () => Promise<Estate>;
  /** Still to be looked at in the registry: everything that was ever built. */
  readonly learnTheRest: (signal: AbortSignal) => Promise<void>;
  readonly dir: string;
  readonly close: () => Promise<void>;
};

type Settings = { readonly seed: number; readonly days: number; readonly events: number; readonly now: UnixMs };

/**
 * Starts the stand-ins, plays 28 days through the product's own signing, follows and watches them through its adapters,
 * and judges what it has seen. Interrupted at any moment, it goes on with `keep` where it was.
 * Faults: `store.read-only`, `server.port-in-use`, those of the stores.
 */
export async function openDemo(
  options: DemoOptions,
  onStep: (step: DemoStep) => void,
  signal: AbortSignal,
): Promise<OpenDemo> {
  const timed = stopwatch(onStep);
  const dir = workFolder(options.keep);
  const settings = settingsOf(options, dir);
  const story = tellStory(settings);
  const clock = storyClock();
  clock.moveTo(story[0]?.at ?? settings.now);

  const { standIns, close: closeStandIns } = await openStandIns({
    shared: clock.shared,
    seed: settings.seed,
    ...(options.keep === undefined ? {} : { dir }),
  });
  timed("certificate authority, timestamp authority, transparency logs");
  const trust = trustOf(standIns);
  const stores = openStores({ store: { url: `sqlite:${join(dir, "countersign.db")}` } });
  const signing = openSigningWorld(standIns, trust, clock);
  const observer = openObserver({ standIns, trust, stores, registry: signing.registry, clock });
  const watching = new AbortController();
  const watch = observer.watch(AbortSignal.any([signal, watching.signal]));
  watch.catch(() => undefined);
  const close = async (): Promise<void> => {
    watching.abort();
    await watch.catch(() => undefined);
    await Promise.all([observer.close(), signing.close()]);
    stores.close();
    await closeStandIns();
    if (options.keep === undefined) rmSync(dir, { recursive: true, force: true });
  };
  try {
    const policy = policyOf(story, standIns);
    const http = undiciHttpClient();
    const played = await playStory({ standIns, signing, clock, http, podsDir: join(dir, "pods"), signal }, story);
    await http.close();
    timed(`registry with ${TEAMS.flatMap(({ repositories }) => repositories).length} repositories`);
    await observer.follow(signal);
    await observer.catchUp(signal);
    clock.catchUp();
    const unclaimed = played.images;
    await observer.learn("running", unclaimed, signal);
    const judge = (): Promise<Estate> => observer.judge({ ...observer.names, policy });
    const estate = await judge();
    timed(summaryOf(estate, settings));
    return {
      standIns,
      story,
      stores,
      observer,
      signing,
      clock,
      estate,
      judge,
      learnTheRest: async (until) => {
        await observer.learn("all", unclaimed, until);
      },
      dir,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function stopwatch(onStep: (step: DemoStep) => void): (text: string) => void {
  let last = performance.now();
  return (text) => {
    const now = performance.now();
    onStep({ text, seconds: (now - last) / 1000 });
    last = now;
  };
}

function workFolder(keep: string | undefined): string {
  try {
    if (keep === undefined) return mkdtempSync(join(tmpdir(), "countersign-demo-"));
    mkdirSync(keep, { recursive: true, mode: 0o700 });
    return keep;
  } catch (cause) {
    const code = asNodeError(cause)?.code;
    if (code === undefined) throw cause;
    throw new Fault(code === "EROFS" || code === "EACCES" ? "store.read-only" : "store.unreadable", keep ?? tmpdir(), {
      cause,
    });
  }
}

/** A kept demo tells the story it began with, whatever is asked now. */
function settingsOf(options: DemoOptions, dir: string): Settings {
  const file = join(dir, "story.json");
  const known = readSettings(file);
  if (known) return known;
  const now = parseUnixMs(Date.now()) ?? bug("the machine's clock is outside the years 1 … 9999");
  const settings = { seed: options.seed, days: options.days, events: options.events, now };
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600, flush: true });
  return settings;
}

function readSettings(file: string): Settings | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isSettings(value) ? value : undefined;
  } catch (error) {
    if (asNodeError(error)?.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isSettings(value: unknown): value is Settings {
  if (typeof value !== "object" || value === null) return false;
  return ["seed", "days", "events", "now"].every((field) => typeof Reflect.get(value, field) === "number");
}

function trustOf({ trustedRoot }: StandIns): CompiledTrust {
  const root = readTrustedRoot(trustedRoot);
  if (!root.ok) return bug(`the stand-ins' trusted root: ${root.detail}`);
  const trust = compileTrust(root.value, {});
  return trust.ok ? trust.value : bug(`the stand-ins' trusted root: ${trust.detail}`);
}

function policyOf(story: readonly Moment[], { registryHost, clusters }: StandIns) {
  const clusterIssuers = Object.fromEntries(clusters.map(({ name }) => [name, issuerOf(name)]));
  const read = readPolicyText(policyText(story, registryHost), "demo-policy.yaml", { clusterIssuers });
  return read.ok ? read.policy : bug(`the demo's policy: ${JSON.stringify(read.problems)}`);
}

function summaryOf(estate: Estate, { days }: Settings): string {
  const running = estate.containers.filter(({ finishedAt, containerKind }) => !finishedAt && containerKind !== "build");
  const count = estate.acts.size.toLocaleString("en");
  return `2 clusters, ${NAMESPACES.length} namespaces, ${running.length} running containers; ${days} days, ${count} signing events, verified and correlated`;
}
