import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { covers, matchesRepository, mayOverlap, parseRepositoryPattern, type RepositoryPattern } from "./pattern.ts";

describe("patterns", () => {
  const segment = fc.stringMatching(/^[ab*]{1,4}$/).filter((text) => !text.includes("**"));
  const pattern = fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
    .map(
      ([segments, open]) =>
        parseRepositoryPattern(["r.example", ...segments, ...(open ? ["**"] : ["a"])].join("/")) as RepositoryPattern,
    );
  const repository = fc
    .array(fc.stringMatching(/^[ab]{1,4}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => `r.example/${parts.join("/")}`);

  test.each([
    ["r.example/a/*", "r.example/a/b", true],
    ["r.example/a/*", "r.example/a/b/c", false],
    ["r.example/a/**", "r.example/a/b/c", true],
    ["r.example/a/**", "r.example/a", false],
    ["r.example/*-api", "r.example/pay-api", true],
    ["r.example/*-api", "r.example/pay-apis", false],
    ["r.example/**", "evil-r.example/a", false],
  ])("%s and %s: %s", (given, name, matches) => {
    expect(matchesRepository(parseRepositoryPattern(given) as RepositoryPattern, name)).toBe(matches);
  });

  test("patterns that share a repository overlap; covering implies every match", () => {
    const holds = fc.property(pattern, pattern, repository, (a, b, name) => {
      const [inA, inB] = [matchesRepository(a, name), matchesRepository(b, name)];
      return (!(inA && inB) || mayOverlap(a, b)) && (!(covers(a, b) && inB) || inA);
    });
    expect(fc.check(holds, { numRuns: 1000 })).toMatchObject({ failed: false });
  });

  test("a glob of many stars against a long name is answered at once", () => {
    const stars = parseRepositoryPattern(`r.example/${"a*".repeat(60)}b`) as RepositoryPattern;
    expect(matchesRepository(stars, `r.example/${"a".repeat(20_000)}`)).toBe(false);
  });
});
