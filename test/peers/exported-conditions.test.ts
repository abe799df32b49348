import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policyControllerTarget } from "../../src/app/drill/policy-controller-target.ts";
import { attested, attestedBy } from "../../src/core/drill/good.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import type { Condition } from "../../src/core/policy/trust-policy.ts";
import { openDrillImages, type DrillImages } from "./drill-images.ts";
import { never, peer } from "./peer-world.ts";

const TESTER = peer("policy-tester-v0.13.1");
const TYPE = "https://example.com/report/v1";
/** cosign knows them by structures of their own, which drop what they do not name; by their URIs it does not use them. */
const KNOWN = [
  "https://slsa.dev/provenance/v0.2",
  "https://slsa.dev/provenance/v1",
  "https://spdx.dev/Document",
  "https://cosign.sigstore.dev/attestation/vuln/v1",
];

const at = (...path: readonly string[]): string[] => ["predicate", ...path];
const where = (path: readonly string[], asked: Condition["test"]): Condition => ({
  at: at(...path),
  every: false,
  test: asked,
});
const is = (value: string | number | boolean | null) => where(["a"], { kind: "is", value });

/** A condition with what statements say, and whether they meet it. */
const ASKED: readonly (readonly [string, Condition, readonly (readonly [JsonObject, boolean])[]])[] = [
  [
    "a text",
    is("x"),
    [
      [{ a: "x" }, true],
      [{ a: "xx" }, false],
      [{ b: "x" }, false],
      [{}, false],
      [{ a: ["x"] }, false],
    ],
  ],
  [
    "a text that CUE could read otherwise",
    is('\\(b) "#\u2028'),
    [
      [{ a: '\\(b) "#\u2028' }, true],
      [{ a: "x", b: "x" }, false],
    ],
  ],
  [
    "a number",
    is(3),
    [
      [{ a: 3 }, true],
      [{ a: 4 }, false],
      [{ a: "3" }, false],
    ],
  ],
  [
    "a truth",
    is(true),
    [
      [{ a: true }, true],
      [{ a: false }, false],
      [{ a: "true" }, false],
    ],
  ],
  [
    "nothing",
    is(null),
    [
      [{ a: null }, true],
      [{ a: "null" }, false],
      [{}, false],
    ],
  ],
  [
    "one of several",
    where(["a"], { kind: "in", values: ["x", 7, null] }),
    [
      [{ a: "x" }, true],
      [{ a: 7 }, true],
      [{ a: null }, true],
      [{ a: "y" }, false],
      [{}, false],
    ],
  ],
  [
    "an expression",
    where(["a"], { kind: "matches", pattern: String.raw`^https://git\.example\.com/[a-z]+$` }),
    [
      [{ a: "https://git.example.com/app" }, true],
      [{ a: "https://gitxexample.com/app" }, false],
      [{ a: "xhttps://git.example.com/app" }, false],
      [{ a: "https://git.example.com/app\n" }, false],
      [{ a: 1 }, false],
    ],
  ],
  [
    "something",
    where(["a"], { kind: "exists", exists: true }),
    [
      [{ a: 0 }, true],
      [{ a: null }, true],
      [{}, false],
    ],
  ],
  [
    "at most",
    where(["a"], { kind: "max", value: 3 }),
    [
      [{ a: 3 }, true],
      [{ a: 2.5 }, true],
      [{ a: 4 }, false],
      [{ a: "1" }, false],
      [{}, false],
    ],
  ],
  [
    "at least",
    where(["a"], { kind: "min", value: -1 }),
    [
      [{ a: -1 }, true],
      [{ a: -2 }, false],
      [{ a: null }, false],
    ],
  ],
  [
    "nothing at all",
    where(["a"], { kind: "exists", exists: false }),
    [
      [{}, true],
      [{ a: null }, false],
      [{ a: false }, false],
    ],
  ],
  [
    "a place below",
    where(["a", 'b"c', "d-e"], { kind: "is", value: "x" }),
    [
      [{ a: { 'b"c': { "d-e": "x", f: 1 } } }, true],
      [{ a: { 'b"c': {} } }, false],
      [{ a: "x" }, false],
    ],
  ],
];

const TRIALS = ASKED.flatMap(([name, condition, statements]) =>
  statements.map(([predicate, isMet]) => ({ name, condition, predicate, said: JSON.stringify(predicate), isMet })),
);

/** Conditions as our export writes them in CUE, evaluated by policy-controller itself. */
describe.skipIf(TESTER === undefined)("policy-controller v0.13.1 and our conditions", () => {
  let images: DrillImages;
  beforeAll(async () => {
    images = await openDrillImages();
  });
  afterAll(() => images.close());

  const answers = async (type: string, condition: Condition, predicate: JsonObject): Promise<readonly string[]> => {
    const require = { ...attestedBy(type), where: [condition] } as const;
    const exhibit = await images.make("condition", {
      evidence: [{ says: attested(type, predicate) }],
      ask: { require },
    });
    const them = policyControllerTarget({ path: TESTER ?? "", home: images.folder, context: images.context });
    return [(await images.askUs(exhibit)).kind, (await them.ask(exhibit, never)).kind];
  };

  test.each(TRIALS)("$name: $said", async ({ condition, predicate, isMet }) => {
    const kind = isMet ? "admitted" : "refused";
    expect(await answers(TYPE, condition, predicate)).toEqual([kind, kind]);
  });

  test.each(KNOWN)("a member that %s does not name is there all the same", async (type) => {
    const absent = where(["a"], { kind: "exists", exists: false });
    expect(await answers(type, absent, { a: "x" })).toEqual(["refused", "refused"]);
    expect(await answers(type, is("x"), { a: "x" })).toEqual(["admitted", "admitted"]);
  });
});
