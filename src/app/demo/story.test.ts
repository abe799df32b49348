import { expect, test } from "vitest";
import { parseRfc3339, toCivil, type UnixMs } from "../../core/time.ts";
import { NAMESPACES, TEAMS } from "./estate.ts";
import { tellStory, type StoryOptions } from "./story.ts";

const at = (text: string): UnixMs => parseRfc3339(text) as UnixMs;
const options: StoryOptions = { now: at("2026-11-25T13:00:00Z"), seed: 1, days: 28, events: 5000 };
const builds = tellStory(options).flatMap((moment) => moment.builds);

test("the story has exactly the events asked for, whatever the number", () => {
  for (const events of [10, 11, 12, 100, 5000]) {
    const told = tellStory({ ...options, events }).flatMap((moment) => moment.builds);
    expect(told.reduce((sum, build) => sum + build.artifactCount, 0)).toBe(events);
  }
});

test("the same seed tells the same story, another seed another", () => {
  expect(tellStory(options)).toEqual(tellStory(options));
  expect(tellStory({ ...options, seed: 2 })).not.toEqual(tellStory(options));
});

test("ordinary builds sign in working hours only, as the builder of their team", () => {
  for (const build of builds.filter(({ plant }) => !plant)) {
    const { weekday, hour } = toCivil(build.at);
    expect(weekday >= 1 && weekday <= 5 && hour >= 7 && hour < 19).toBe(true);
    const team = TEAMS.find(({ repositories }) => repositories.includes(build.repository));
    expect([build.namespace, build.serviceAccount]).toEqual([team?.namespace, team?.serviceAccount]);
  }
});

test("four acts are planted, in the past, each alone in its minute", () => {
  const planted = builds.filter(({ plant }) => plant);
  expect(planted.map(({ plant }) => plant ?? "").toSorted()).toEqual([
    "foreign-signer",
    "outside-window",
    "stolen-token",
    "unsigned",
  ]);
  for (const act of planted) {
    expect(act.at).toBeLessThan(options.now);
    expect(builds.filter((build) => Math.abs(build.at - act.at) < 60_000)).toEqual([act]);
  }
  const sunday = toCivil(planted.find(({ plant }) => plant === "outside-window")?.at ?? options.now);
  expect([sunday.weekday, sunday.hour, sunday.minute]).toEqual([0, 2, 41]);
});

test("at the end 63 places run 41 repositories' images, the planted ones among them", () => {
  const running = new Map<string, string>();
  for (const build of builds) {
    for (const to of build.deployTo) running.set(`${to.cluster}/${to.namespace}/${build.repository}`, build.id);
  }
  expect(running.size).toBe(63);
  expect(running.get("prod-eu/payments-prod/payments/api")).toBe("foreign");
  expect(running.get("prod-eu/observability/observability/agent")).toBe("sunday");
  expect(running.get("prod-eu/tools/base/ubi-tools")).toBe("unsigned");
  expect(new Set(TEAMS.flatMap((team) => team.repositories)).size).toBe(41);
  expect(NAMESPACES).toHaveLength(9);
});

test.each(["2026-11-22T02:00:00Z", "2026-11-23T00:30:00Z", "2026-03-01T23:59:59Z", "2027-01-01T00:00:00Z"])(
  "it can be told at any time: %s",
  (now) => {
    const told = tellStory({ ...options, now: at(now) }).flatMap((moment) => moment.builds);
    expect(told.filter(({ plant }) => plant)).toHaveLength(4);
    expect(told.every((build) => build.at < at(now))).toBe(true);
  },
);
