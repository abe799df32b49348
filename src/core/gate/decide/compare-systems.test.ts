import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { re2jsCompiler } from "../../../adapters/re2js/regex-compiler.ts";
import { allOf, anyOf, NEVER_MET, NOTHING_NEEDED, someOf, type Need } from "../form/need.ts";
import type { Rule, System } from "../form/system.ts";
import { anyText, exactText } from "../form/text-language.ts";
import { choiceIn, EVERYWHERE, textIn, toZone, type Literal, type Point, type Zone } from "../form/zone.ts";
import { compareSystems } from "./compare-systems.ts";
import { toGrammars } from "./grammars.ts";
import { admits, type Tuple } from "./tuple.ts";

const GRAMMARS = toGrammars(re2jsCompiler);
const ORIGIN = { file: "p.yaml", document: 0, pointer: "", line: 1 };

/** A world small enough to be walked through: `z` stands for all that nothing names. */
const IMAGES = ["a", "b", "z"];
const NAMESPACES = ["n", "m", "z"];
const OPERATIONS = ["CREATE", "UPDATE", "DELETE", "CONNECT"];
const PIECES: readonly Point[] = ["r1", "r2"].flatMap((root) =>
  ["s", "t", "z"].map(
    (san) =>
      new Map<string, string>([
        ["root", root],
        ["san", san],
        ["issuer", "i"],
      ]),
  ),
);
const PLACES: readonly Point[] = IMAGES.flatMap((image) =>
  NAMESPACES.flatMap((namespace) =>
    OPERATIONS.map(
      (operation) =>
        new Map<string, string>([
          ["image", image],
          ["namespace", namespace],
          ["operation", operation],
        ]),
    ),
  ),
);
const EVIDENCE: readonly (readonly Point[])[] = Array.from({ length: 2 ** PIECES.length }, (_, bits) =>
  PIECES.filter((__, i) => ((bits >> i) & 1) === 1),
);

const textLiteral = (dimension: string, names: readonly string[]): fc.Arbitrary<Literal> =>
  fc.tuple(fc.subarray([...names], { minLength: 1 }), fc.boolean()).map(([some, holds]) => {
    const language = anyText(some.map(exactText));
    if (!language.ok) throw new Error("empty");
    return holds
      ? textIn(dimension, language.value)
      : { dimension, set: { kind: "text" as const, inside: [], outside: [language.value] } };
  });
const choiceLiteral = (dimension: string, names: readonly string[]): fc.Arbitrary<Literal> =>
  fc
    .tuple(fc.subarray([...names], { minLength: 1 }), fc.boolean())
    .map(([some, negated]) => choiceIn(dimension, some, negated));
const zoneOf = (...literals: readonly fc.Arbitrary<Literal>[]): fc.Arbitrary<Zone> =>
  fc.array(fc.oneof(...literals), { maxLength: 3 }).map((all) => toZone(...all) ?? EVERYWHERE);
const place = zoneOf(
  textLiteral("image", ["a", "b"]),
  textLiteral("namespace", ["n", "m"]),
  choiceLiteral("operation", OPERATIONS),
);
const box = fc
  .tuple(fc.constantFrom(["r1"], ["r2"], ["r1", "r2"]), fc.array(textLiteral("san", ["s", "t"]), { maxLength: 2 }))
  .map(([roots, sans]) => {
    const zone = toZone(choiceIn("root", roots), ...sans);
    return zone ? someOf(zone, ORIGIN) : NEVER_MET;
  });
const need: fc.Arbitrary<Need> = fc.letrec<{ need: Need }>((tie) => ({
  need: fc.oneof(
    { maxDepth: 2 },
    box,
    fc.constantFrom(NEVER_MET, NOTHING_NEEDED),
    fc.array(tie("need"), { minLength: 1, maxLength: 3 }).map(allOf),
    fc.array(tie("need"), { minLength: 1, maxLength: 3 }).map(anyOf),
    fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.array(tie("need"), { minLength: 1, maxLength: 3 }))
      .map(([n, of]): Need => ({ op: "atLeast", n, of })),
  ),
})).need;
const rule: fc.Arbitrary<Rule> = fc
  .record({
    where: fc.array(place, { minLength: 1, maxLength: 2 }),
    except: fc.array(place, { maxLength: 1 }),
    need,
    mode: fc.constantFrom("deny", "deny", "deny", "warn"),
  })
  .map((some) => ({ ...some, name: "r", origin: ORIGIN }));
const system: fc.Arbitrary<System> = fc
  .record({
    rules: fc.array(rule, { maxLength: 3 }),
    unmatched: fc.constantFrom("deny" as const, "admit" as const),
    zones: fc.array(place, { minLength: 1, maxLength: 2 }),
    onError: fc.constantFrom("deny" as const, "deny" as const, "admit" as const),
  })
  .map(({ rules, unmatched, zones, onError }) => ({
    id: "s",
    engine: "kyverno",
    rules,
    unmatched: { kind: unmatched, origin: ORIGIN },
    reach: [{ zones, onError, origin: ORIGIN }],
    images: undefined,
    opaque: new Map(),
  }));
/** The other side is often nearly the same. */
const pair = fc.oneof(
  fc.tuple(system, system),
  fc
    .tuple(system, fc.array(rule, { maxLength: 1 }))
    .map(([one, more]): [System, System] => [{ ...one, rules: [...one.rules, ...more] }, one]),
  fc
    .tuple(system, need)
    .map(([one, other]): [System, System] => [
      one,
      { ...one, rules: one.rules.map((each, i) => (i === 0 ? { ...each, need: other } : each)) },
    ]),
);

/** Without the registration that fails open: the world has no evidence of that. */
function gainedByForce(base: System, head: System): boolean {
  return PLACES.some((where) =>
    EVIDENCE.some((evidence) => {
      const tuple: Tuple = { place: where, evidence };
      return admits(head, tuple) && !admits(base, tuple);
    }),
  );
}

/** Fewer would not meet every verdict. */
const RUNS = Math.max(200, Number(process.env["RUNS"] ?? 200));

/** Signers with two predicates that hold or not, each. */
const PREDICATES = ["opaque:a", "opaque:b"] as const;
const OPAQUE_PIECES: readonly Point[] = ["s", "t", "z"].flatMap((san) =>
  ["false", "true"].flatMap((a) =>
    ["false", "true"].map(
      (b) =>
        new Map<string, string>([
          ["san", san],
          ["opaque:a", a],
          ["opaque:b", b],
        ]),
    ),
  ),
);
/** No need of these tests takes more than three pieces. */
const SMALL_EVIDENCE: readonly (readonly Point[])[] = OPAQUE_PIECES.reduce<readonly (readonly Point[])[]>(
  (sets, piece) => [...sets, ...sets.filter((set) => set.length < 3).map((set) => [...set, piece])],
  [[]],
);
const opaqueBox: fc.Arbitrary<Need> = fc
  .tuple(fc.array(textLiteral("san", ["s", "t"]), { maxLength: 1 }), fc.subarray([...PREDICATES]))
  .map(([sans, held]) => {
    const zone = toZone(...sans, ...held.map((name) => choiceIn(name, ["true"])));
    return zone ? someOf(zone, ORIGIN) : NEVER_MET;
  });
const opaqueNeed: fc.Arbitrary<Need> = fc.oneof(
  opaqueBox,
  fc.array(opaqueBox, { minLength: 1, maxLength: 3 }).map(anyOf),
  fc.array(opaqueBox, { minLength: 1, maxLength: 3 }).map(allOf),
);

function everywhere(asked: Need): System {
  return {
    id: "s",
    engine: "kyverno",
    rules: [{ name: "r", where: [EVERYWHERE], except: [], need: asked, mode: "deny", origin: ORIGIN }],
    unmatched: { kind: "admit", origin: ORIGIN },
    reach: [{ zones: [EVERYWHERE], onError: "deny", origin: ORIGIN }],
    images: undefined,
    opaque: new Map(),
  };
}

describe("compareSystems", () => {
  test("finds a tuple exactly where walking through all of a small world finds one", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(pair, ([base, head]) => {
        const isOpenEnd = [base, head].some(({ reach }) => reach.some(({ onError }) => onError === "admit"));
        const found = compareSystems(base, head, { grammars: GRAMMARS, budget: 1_000_000 });
        seen.set(found.verdict, (seen.get(found.verdict) ?? 0) + 1);
        expect(found.open).toEqual([]);
        const [gained, lost] = [gainedByForce(base, head), gainedByForce(head, base)];
        // What only a registration that fails open lets through is no evidence of this world.
        const isFound = [found.gained, found.lost].map((all) => all.length > 0);
        const isMore = isOpenEnd ? isFound : [gained, lost];
        expect(isFound).toEqual([gained || isMore[0], lost || isMore[1]]);
      }),
      { numRuns: RUNS },
    );
    expect([...seen.keys()].toSorted()).toEqual(["EQUIVALENT", "INCOMPARABLE", "LOOSENED", "NARROWED"]);
  }, 600_000);

  test("takes an opaque predicate for one that may hold or not, and says so where that decides", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(opaqueNeed, opaqueNeed, (before, after) => {
        const [base, head] = [everywhere(before), everywhere(after)];
        const found = compareSystems(base, head, { grammars: GRAMMARS, budget: 1_000_000 });
        seen.set(found.verdict, (seen.get(found.verdict) ?? 0) + 1);
        const isGained = SMALL_EVIDENCE.some(
          (evidence) => admits(head, { place: new Map(), evidence }) && !admits(base, { place: new Map(), evidence }),
        );
        expect(found.gained.length + found.open.length > 0).toBe(isGained);
      }),
      { numRuns: RUNS },
    );
    expect([...seen.keys()]).toEqual(expect.arrayContaining(["EQUIVALENT", "LOOSENED", "NARROWED", "UNDECIDED"]));
  });
});
