import { addMs, toCivil, type UnixMs } from "../../core/time.ts";
import { chanceFrom, type Chance } from "./chance.ts";
import { BUILD_CLUSTER, SANDBOX, TEAMS, type ClusterName, type Team } from "./estate.ts";

/** One pipeline run of the story: what it builds, as whom it signs, and where the image goes. */
export type Build = {
  /** Unique in the story and the same for the same seed; names of runs and pods derive from it. */
  readonly id: string;
  readonly at: UnixMs;
  readonly cluster: ClusterName;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly repository: string;
  /** Commit that was built. */
  readonly revision: string;
  /** How many of image, SBOM and provenance are signed; 1 … 3. */
  readonly artifactCount: number;
  /** Where the image is rolled out afterwards; empty for most builds. */
  readonly deployTo: readonly { readonly cluster: ClusterName; readonly namespace: string }[];
  readonly plant?: Plant;
};

/** What is planted: the four incidents that the story is told for. `unsigned` builds and deploys and never signs. */
export type Plant = "foreign-signer" | "outside-window" | "unsigned" | "stolen-token";

/** Builds that happen within one minute of each other; the clock moves between moments. */
export type Moment = { readonly at: UnixMs; readonly builds: readonly Build[] };

export type StoryOptions = {
  /** The end of the history. */
  readonly now: UnixMs;
  readonly seed: number;
  readonly days: number;
  /** Signing events in all, the planted ones included. */
  readonly events: number;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ARTIFACTS = 3;
/** Builds gather in moments, so that many are under way at a time, as on a working day. */
const MOMENT_EVERY_MS = 2 * HOUR_MS;

/**
 * Tells the story: ordinary builds in working hours, Monday to Friday 07 to 19 UTC, evenly spread; every image rolled
 * out once in the last working days; and the planted acts, each at its own moment.
 */
export function tellStory(options: StoryOptions): readonly Moment[] {
  const chance = chanceFrom(options.seed);
  const planted = plantedActs(options, chance);
  const plantedEvents = planted.reduce((sum, build) => sum + build.artifactCount, 0);
  const ordinary = ordinaryBuilds(options, chance, planted, options.events - plantedEvents);
  const moments = new Map<UnixMs, Build[]>();
  for (const build of [...ordinary, ...planted]) moments.set(build.at, [...(moments.get(build.at) ?? []), build]);
  return [...moments.entries()].toSorted(([a], [b]) => a - b).map(([at, builds]) => ({ at, builds }));
}

function ordinaryBuilds(
  { now, days }: StoryOptions,
  chance: Chance,
  planted: readonly Build[],
  eventCount: number,
): readonly Build[] {
  const hours = workingHours(addMs(now, -days * DAY_MS), addMs(now, -HOUR_MS));
  const all = TEAMS.flatMap((team) => team.repositories.map((repository) => ({ team, repository })));
  const buildCount = Math.max(0, Math.ceil(eventCount / ARTIFACTS));
  return Array.from({ length: buildCount }, (_, i): Build => {
    const at = hours[Math.floor((i * hours.length) / buildCount)] ?? now;
    const { team, repository } = all[i % all.length] ?? { team: TEAMS[0], repository: "payments/api" };
    const deploys = i + all.length >= buildCount && team.deployed.includes(repository);
    return {
      ...ownBuild(team, repository, String(i).padStart(5, "0"), at),
      revision: chance.hex(40),
      artifactCount: Math.min(ARTIFACTS, eventCount - i * ARTIFACTS),
      deployTo: deploys ? team.runsIn.filter((place) => !isPlanted(planted, repository, place)) : [],
    };
  });
}

/** A place where a planted image goes is left to it, so that it still runs at the end of the story. */
function isPlanted(planted: readonly Build[], repository: string, place: Build["deployTo"][number]): boolean {
  return planted.some(
    (act) => act.repository === repository && act.deployTo.some((to) => to.namespace === place.namespace),
  );
}

function ownBuild(team: Team, repository: string, id: string, at: UnixMs): Omit<Build, "revision"> {
  const { namespace, serviceAccount } = team;
  return {
    id,
    at,
    cluster: BUILD_CLUSTER,
    namespace,
    serviceAccount,
    repository,
    artifactCount: ARTIFACTS,
    deployTo: [],
  };
}

/** The four acts. Each has a moment of its own, so that nothing else happens in its minute. */
function plantedActs({ now }: StoryOptions, chance: Chance): readonly Build[] {
  const [payments, observability, base] = TEAMS;
  const sunday = lastSundayAt(now, 2, 41);
  const act = (plant: Plant, build: Omit<Build, "revision">): Build => ({ ...build, revision: chance.hex(40), plant });
  return [
    act("foreign-signer", {
      ...ownBuild(payments, "payments/api", "foreign", lastWorkingDayAt(now, 15, 19)),
      namespace: SANDBOX.namespace,
      serviceAccount: SANDBOX.serviceAccount,
      artifactCount: 1,
      deployTo: [{ cluster: "prod-eu", namespace: "payments-prod" }],
    }),
    act("outside-window", {
      ...ownBuild(observability, "observability/agent", "sunday", sunday),
      artifactCount: 1,
      deployTo: [{ cluster: "prod-eu", namespace: "observability" }],
    }),
    act("unsigned", {
      ...ownBuild(base, "base/ubi-tools", "unsigned", lastWorkingDayAt(now, 16, 49)),
      artifactCount: 0,
      deployTo: [{ cluster: "prod-eu", namespace: "tools" }],
    }),
    act("stolen-token", {
      ...ownBuild(payments, "payments/worker", "stolen", lastWorkingDayAt(now, 17, 19)),
      artifactCount: 1,
    }),
  ];
}

function workingHours(since: UnixMs, until: UnixMs): readonly UnixMs[] {
  const hours: UnixMs[] = [];
  const first = addMs(since, HOUR_MS - (since % HOUR_MS));
  for (let at = first; at < until; at = addMs(at, MOMENT_EVERY_MS)) {
    if (isWorkingHour(at)) hours.push(addMs(at, 4 * 60_000));
  }
  return hours;
}

function isWorkingHour(at: UnixMs): boolean {
  const { weekday, hour } = toCivil(at);
  return weekday >= 1 && weekday <= 5 && hour >= 7 && hour < 19;
}

function lastSundayAt(now: UnixMs, hour: number, minute: number): UnixMs {
  return lastDayAt(now, hour, minute, (weekday) => weekday === 0);
}

function lastWorkingDayAt(now: UnixMs, hour: number, minute: number): UnixMs {
  return lastDayAt(now, hour, minute, (weekday) => weekday >= 1 && weekday <= 5);
}

/** The last such time of day that lies at least an hour back. */
function lastDayAt(now: UnixMs, hour: number, minute: number, fits: (weekday: number) => boolean): UnixMs {
  const midnight = addMs(now, -(now % DAY_MS));
  for (let back = 0; back <= 8; back++) {
    const at = addMs(midnight, -back * DAY_MS + hour * HOUR_MS + minute * 60_000);
    if (at <= now - HOUR_MS && fits(toCivil(at).weekday)) return at;
  }
  return addMs(now, -HOUR_MS);
}
