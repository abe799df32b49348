import { describe, expect, test } from "vitest";
import {
  attestation,
  facts,
  ISSUER,
  judge,
  sanOf,
  signature,
  SIGNED,
  SPDX,
} from "../../../../test/setup/image-evidence.ts";
import { addMs } from "../../time.ts";
import { fail, pass } from "../../verdict.ts";
import type { Candidate } from "./image-evidence.ts";

describe("an attestation term", () => {
  const statement = {
    predicate: {
      n: 3,
      tags: ["a", "b"],
      deps: [{ uri: "git+https://x/a" }, { uri: "git+https://x/b" }, {}],
      when: "2026-11-30T08:00:00Z",
      none: null,
    },
  };

  test.each<[string, object, boolean]>([
    ["is", { at: "/predicate/n", is: 3 }, true],
    ["is, of another type", { at: "/predicate/n", is: "3" }, false],
    ["is null", { at: "/predicate/none", is: null }, true],
    ["is null, of nothing", { at: "/predicate/nothing", is: null }, false],
    ["in", { at: "/predicate/n", in: [1, 3] }, true],
    ["any element", { at: "/predicate/tags/*", is: "b" }, true],
    ["an index", { at: "/predicate/tags/1", is: "a" }, false],
    ["every element", { at: "/predicate/tags/*", in: ["a", "b"], every: true }, true],
    ["every element, one of another value", { at: "/predicate/tags/*", is: "a", every: true }, false],
    [
      "every element, one without the member",
      { at: "/predicate/deps/*/uri", matches: "^git\\+https://x/[ab]$", every: true },
      false,
    ],
    ["matches the whole", { at: "/predicate/deps/*/uri", matches: "^git\\+https://x/a$" }, true],
    ["matches a part only", { at: "/predicate/deps/*/uri", matches: "^git\\+https://x/$" }, false],
    ["exists", { at: "/predicate/tags/0", exists: true }, true],
    ["exists not", { at: "/predicate/x", exists: false }, true],
    ["exists not, and it does", { at: "/predicate/n", exists: false }, false],
    ["max", { at: "/predicate/n", max: 2 }, false],
    ["min", { at: "/predicate/n", min: 3 }, true],
    ["after", { at: "/predicate/when", after: "2026-11-30" }, true],
    ["before", { at: "/predicate/when", before: "2026-11-30" }, false],
    ["an inherited name", { at: "/constructor/name", exists: true }, false],
  ])("judges %s", (_, condition, isMet) => {
    const { code } = judge(where(condition), [attestation(SPDX, statement)]);
    expect(code).toBe(isMet ? "satisfied" : "predicate-condition");
  });

  test.each<[string, readonly Candidate[], string]>([
    ["nothing", [signature()], "no-attestation"],
    ["another type of ours", [attestation("https://example.com/x", {})], "predicate-type-mismatch"],
    ["the type with a suffix", [attestation(`${SPDX}/v2`, {})], "predicate-type-mismatch"],
    [
      "the right type by somebody else",
      [
        attestation(
          SPDX,
          {},
          { verdict: pass, signer: { ...facts, identity: { issuer: ISSUER, san: sanOf("x", "y"), sanType: "uri" } } },
        ),
      ],
      "no-attestation",
    ],
    ["one that is forged", [attestation(SPDX, {}, { verdict: fail("inclusion-proof", "") })], "inclusion-proof"],
  ])("with %s says so", (_, candidates, code) => {
    expect(judge(term(), candidates).code).toBe(code);
  });

  test("one that another term asks for is no mistake", () => {
    const both = [...term(), { attestation: { by: "builder", type: "cyclonedx" } }];
    expect(judge(both, [attestation(SPDX, {})]).codes).toEqual(["no-attestation"]);
  });

  test("the good one of two of a type is enough", () => {
    const bad = attestation(SPDX, { predicate: { n: 9 } });
    expect(judge(where({ at: "/predicate/n", is: 3 }), [bad, attestation(SPDX, statement)]).code).toBe("satisfied");
  });

  test("a stale one is told", () => {
    expect(judge(term({ maxAge: "2h" }), [attestation(SPDX, {})]).code).toBe("predicate-stale");
    expect(judge(term({ maxAge: "4h" }), [attestation(SPDX, {})])).toMatchObject({
      code: "satisfied",
      validUntil: addMs(SIGNED, 4 * 3_600_000),
    });
  });
});

function term(more: object = {}): readonly object[] {
  return [{ attestation: { by: "builder", type: "spdx", ...more } }];
}

function where(...conditions: readonly object[]): readonly object[] {
  return term({ where: conditions });
}
