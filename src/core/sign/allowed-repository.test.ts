import { expect, test } from "vitest";
import { isAllowedRepository } from "./allowed-repository.ts";

test.each([
  ["registry.example/team", true],
  ["registry.example/team/app", true],
  ["registry.example/team-b", false],
  ["registry.example/tea", false],
  ["registry.example", false],
  ["other.example/registry.example/team", false],
])("%s where registry.example/team is allowed: %s", (repository, expected) => {
  expect(isAllowedRepository(repository, ["registry.example/x", "registry.example/team"])).toBe(expected);
});

test("where nothing is listed, nothing is allowed", () => {
  expect(isAllowedRepository("registry.example/team", [])).toBe(false);
});
