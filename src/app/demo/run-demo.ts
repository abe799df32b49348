import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { bug } from "../../core/bug.ts";
import type { ImageTarget } from "../../capabilities/correlate/targets.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { Estate } from "../../core/detect/estate.ts";
import { isTimeZone } from "../../core/policy/build-window.ts";
import type { SignerPolicy } from "../../core/policy/signer-policy.ts";
import { parseUnixMs, type UnixMs } from "../../core/time.ts";
import { compileTrust } from "../../core/trust/compile-trust.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { readTrustedRoot } from "../../core/trust/trusted-root.ts";
import { asNodeError } from "../node-error.ts";
import { patternEngine } from "../wiring/policy-set.ts";
import { readSignerPolicy } from "../wiring/policy.ts";
import { openStores, type OpenStores } from "../wiring/stores.ts";
import { NAMESPACES, TEAMS } from "./estate.ts";
import { openObserver, type Observer } from "./observe.ts";
import { openStandIns } from "./open-stand-ins.ts";
import { imageOf } from "./image.ts";
import { playStory, type PlayWorld } from "./play.ts";
import { openProgress } from "./progress.ts";
import { policyText } from "./policy-text.ts";
import { openSigningWorld, type SigningWorld } from "./sign-build.ts";
import { issuerOf, type StandIns } from "./stand-ins.ts";
import { storyClock, type StoryClock } from "./story-clock.ts";
import { tellStory, type Moment } from "./story.ts";
import { workFolder } from "./work-folder.ts";

export type DemoOptions = {
  readonly seed: number;
  readonly days: number;
  readonly events: number;
  /** Where everything is kept; absent: in a temporary folder that goes with the process. */
  readonly keep?: string;
};

/** One thing done, and how long it took. */
export type DemoStep = { readonly text: string; readonly seconds: number };

/** A demo that is up: the stand-ins, and the product over them, ready to be asked while the story is told. */
export type OpenDemo = {
  readonly standIns: StandIns;
  readonly story: readonly Moment[];
  readonly stores: OpenStores;
  readonly observer: Observer;
  readonly signing: SigningWorld;
  readonly clock: StoryClock;
  /** What is said of the estate as the stores hold it now. */
  readonly judge: () => Promise<Estate>;
  /** Plays all that is still to be played, sees it all, and says what came of it. */
  readonly tell: (onStep: (step: DemoStep) => void) => Promise<Estate>;
  /** Looks at everything in the registry that was ever built. */
  readonly learnTheRest: () => Promise<void>;
  readonly dir: string;
  readonly close: () => Promise<void>;
};

type Settings = { readonly seed: number; readonly days: number; readonly events: number; readonly now: UnixMs };

/**
 * Starts the stand-ins, and the product over them: it watches both clusters from now on, and follows both logs while the
 * story is told. Interrupted at any moment, it goes on with `keep` where it was.
 * Faults: `store.read-only`, `server.port-in-use`, those of the stores.
 */
export async function openDemo(options: DemoOptions, signal: AbortSignal): Promise<OpenDemo> {
  const dir = workFolder(options.keep);
  const settings = settingsOf(options, dir);
  const story = tellStory(settings);
  const clock = storyClock();
  const progress = openProgress(join(dir, "moment"));
  clock.moveTo(progress.at ?? story[0]?.at ?? settings.now);
  const isKept = options.keep !== undefined;
  const { standIns, close: closeStandIns } = await openStandIns({
    shared: clock.shared,
    seed: settings.seed,
    ...(isKept && { dir }),
  });
  const trust = trustOf(standIns);
  const stores = openStores({ store: { url: `sqlite:${join(dir, "countersign.db")}` } }, { survivesPowerCuts: isKept });
  const signing = openSigningWorld(standIns, trust, clock);
  const observer = openObserver({ standIns, trust, stores, registry: signing.registry, clock });
  const policy = policyOf(story, standIns, settings.now);
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const watching = observer.watch(until);
  const judge = (): Promise<Estate> => observer.judge({ ...observer.names, policy });
  const play = { standIns, signing, clock, progress, podsDir: join(dir, "pods"), signal: until };
  return {
    standIns,
    story,
    stores,
    observer,
    signing,
    clock,
    judge,
    // A watch that cannot go on ends the story: what nobody sees is not told.
    tell: (onStep) =>
      Promise.race([tell({ observer, judge, play, story, days: settings.days }, onStep), failing(watching)]),
    learnTheRest: async () => {
      await observer.learn("all", unclaimedImages(play, story), until);
    },
    dir,
    close: async () => {
      stop.abort();
      await Promise.allSettled([watching]);
      await Promise.all([observer.close(), signing.close()]);
      stores.close();
      await closeStandIns();
      if (!isKept) rmSync(dir, { recursive: true, force: true });
    },
  };
}

type Telling = {
  readonly observer: Observer;
  readonly judge: () => Promise<Estate>;
  readonly play: Omit<PlayWorld, "http">;
  readonly story: readonly Moment[];
  readonly days: number;
};

async function tell(
  { observer, judge, play, story, days }: Telling,
  onStep: (step: DemoStep) => void,
): Promise<Estate> {
  const timed = stopwatch(onStep);
  const http = undiciHttpClient();
  const live = new AbortController();
  const following = observer.followLive(AbortSignal.any([play.signal, live.signal]));
  try {
    await Promise.race([playStory({ ...play, http }, story), failing(following)]);
  } finally {
    live.abort();
    await Promise.allSettled([following, http.close()]);
  }
  timed(`${days} days of builds signed and rolled out, ${repositoryCount()} repositories`);
  await observer.follow(play.signal);
  await observer.catchUp(play.signal);
  play.clock.catchUp();
  await observer.learn("running", unclaimedImages(play, story), play.signal);
  const estate = await judge();
  timed(summaryOf(estate));
  return estate;
}

/** Never resolves: rejects when the work fails that should have gone on. Ended in good order, it is just not waited for. */
async function failing(work: Promise<unknown>): Promise<never> {
  await work;
  return new Promise(() => undefined);
}

/** Images that no run of the clusters speaks of, as a registry's own notifications would name them. */
function unclaimedImages({ standIns }: Pick<PlayWorld, "standIns">, story: readonly Moment[]): readonly ImageTarget[] {
  return story
    .flatMap(({ builds }) => builds)
    .filter(({ plant }) => plant === "stolen-token")
    .map((build) => {
      const { repository, digest } = imageOf(standIns.registryHost, build);
      return { repository, reference: digest };
    });
}

function stopwatch(onStep: (step: DemoStep) => void): (text: string) => void {
  let last = performance.now();
  return (text) => {
    const now = performance.now();
    onStep({ text, seconds: (now - last) / 1000 });
    last = now;
  };
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

function policyOf(story: readonly Moment[], { registryHost, clusters }: StandIns, now: UnixMs): SignerPolicy {
  return readSignerPolicy([{ path: "policy.yaml", bytes: toUtf8(policyText(story, registryHost)) }], {
    now,
    purpose: "load",
    patterns: patternEngine,
    isTimeZone,
    clusters: Object.fromEntries(
      clusters.map(({ name }) => [name, { issuer: issuerOf(name), issuerType: "kubernetes" as const }]),
    ),
  });
}

function summaryOf(estate: Estate): string {
  const running = estate.containers.filter(({ finishedAt, containerKind }) => !finishedAt && containerKind !== "build");
  const count = estate.acts.size.toLocaleString("en");
  return `${count} signing events verified and correlated, ${running.length} running containers in ${NAMESPACES.length} namespaces of 2 clusters`;
}

function repositoryCount(): number {
  return TEAMS.flatMap(({ repositories }) => repositories).length;
}
