import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toCnf, toRequirement, type Clause, type Term } from "./cnf.ts";
import type { Requirement } from "./trust-policy.ts";

const NAMES = ["a", "b", "c", "d", "e"] as const;
const signature = (by: string): Term => ({ op: "signature", by, on: "subject" });

const requirement: fc.Arbitrary<Requirement> = fc.letrec<{ node: Requirement }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...NAMES).map(signature),
    fc.record({ op: fc.constantFrom("all", "any"), of: fc.array(tie("node"), { maxLength: 4 }) }),
    fc.record({
      op: fc.constant("atLeast"),
      n: fc.integer({ min: 0, max: 5 }),
      of: fc.array(tie("node"), { maxLength: 4 }),
    }),
  ),
})).node;

/** The definition, read off the words. */
function holds(require: Requirement, met: ReadonlySet<string>): boolean {
  if (require.op === "signature" || require.op === "attestation") return met.has(require.by);
  const count = require.of.filter((branch) => holds(branch, met)).length;
  if (require.of.length === 0) return false;
  if (require.op === "atLeast") return require.n >= 1 && count >= require.n;
  return require.op === "all" ? count === require.of.length : count > 0;
}

const holdsCnf = (clauses: readonly Clause[], met: ReadonlySet<string>) =>
  clauses.every((clause) => clause.some(({ by }) => met.has(by)));

const subsets = Array.from(
  { length: 2 ** NAMES.length },
  (_, bits) => new Set(NAMES.filter((_name, i) => (bits >> i) & 1)),
);

describe("toCnf", () => {
  test("means what the requirement means, whatever is met", () => {
    fc.assert(
      fc.property(requirement, (require) => {
        const clauses = toCnf(require);
        if (!clauses) return;
        for (const met of subsets) {
          expect(holdsCnf(clauses, met)).toBe(holds(require, met));
          expect(holds(toRequirement(clauses), met)).toBe(holds(require, met));
        }
      }),
    );
  });

  test("keeps no clause that another implies", () => {
    fc.assert(
      fc.property(requirement, (require) => {
        const keys = (toCnf(require) ?? []).map((clause) => new Set(clause.map(({ by }) => by)));
        expect(keys.some((one, i) => keys.some((other, j) => i !== j && [...other].every((by) => one.has(by))))).toBe(
          false,
        );
      }),
    );
  });

  test.each<[string, Requirement, string]>([
    ["two of three", { op: "atLeast", n: 2, of: [signature("a"), signature("b"), signature("c")] }, "ab ac bc"],
    ["one of nothing", { op: "any", of: [] }, ""],
    ["three of two", { op: "atLeast", n: 3, of: [signature("a"), signature("b")] }, ""],
    ["none of one is nobody's permission", { op: "atLeast", n: 0, of: [signature("a")] }, ""],
    ["a or both", { op: "any", of: [signature("a"), { op: "all", of: [signature("a"), signature("b")] }] }, "a"],
  ])("lowers %s", (_, require, clauses) => {
    expect(
      toCnf(require)
        ?.map((clause) => clause.map(({ by }) => by).join(""))
        .join(" "),
    ).toBe(clauses);
  });

  test("gives up on what nobody could read", () => {
    const many = Array.from({ length: 24 }, (_, i) => signature(`s${i}`));
    expect(toCnf({ op: "atLeast", n: 12, of: many })).toBeUndefined();
  });
});
