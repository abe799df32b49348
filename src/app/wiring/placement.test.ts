import { expect, test } from "vitest";
import { coversRepository } from "./placement.ts";

test.each([
  ["r.example/team/**", "r.example/team/app", true],
  ["r.example/team/**", "r.example/team/a/b", true],
  ["r.example/team/**", "r.example/team", false],
  ["r.example/team/**", "r.example/team-b/app", false],
  ["r.example/*/app", "r.example/team/app", true],
  ["r.example/*/app", "r.example/a/b/app", false],
  ["r.example/team/app", "r.example/team/app", true],
  ["r.example/team/app", "r.example/team/app2", false],
  ["**", "r.example/team", true],
] as const)("%s covers %s: %s", (pattern, repository, covers) => {
  expect(coversRepository(pattern, repository)).toBe(covers);
});
