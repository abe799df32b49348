import fc from "fast-check";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../src/adapters/shell/script-reader.ts";
import { toRevision, type Revision } from "../src/core/gate/facts/revision.ts";
import type { GateFinding } from "../src/core/gate/finding.ts";
import { judgePipelines } from "../src/core/gate/judge-pipelines.ts";
import { DEFAULT_KNOWLEDGE } from "../src/core/lint/scene.ts";
import { pipelineConfigOf, revisionOf } from "./vectors/gate-cases/pipeline.ts";

const READ = (text: string) => shellScriptReader.read(text);
const STRICT = { ...pipelineConfigOf(undefined), mustSign: ["**"], strict: true };

function judge(before: Revision, after: Revision): readonly GateFinding[] {
  const { findings } = judgePipelines({ before, after, config: STRICT });
  for (const { where, message } of findings) {
    expect(where.line).toBeGreaterThan(0);
    expect(message).not.toBe("");
  }
  return findings;
}

const PAGES = resolve(import.meta.dirname, "../src/core/gate/changes");
/** The examples of the pages: pipelines that sign, in every way that a rule looks at. */
const SEEDS = globSync("*/rule.md", { cwd: PAGES }).flatMap((page) =>
  [...readFileSync(join(PAGES, page), "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? ""),
);

const PIECE = fc.constantFrom(
  "- ",
  "\n",
  "  ",
  "{",
  "}",
  "]",
  ": ",
  "&a ",
  "*a",
  "$(params.DIGEST)",
  "$(tasks.build.results.IMAGE_URL)",
  "$(tasks.sign.results.IMAGE_URL)",
  "null",
  "|",
  "'",
  "when: [{}]",
  "{{ x }}",
  "\u0000",
  "cosign sign",
);
const EDIT = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(40),
  put: fc.array(PIECE, { maxLength: 3 }),
});

test("never throws, and says where, whatever is cut out of a pipeline or put in", () => {
  expect(SEEDS.length).toBeGreaterThan(50);
  fc.assert(
    fc.property(fc.constantFrom(...SEEDS), fc.array(EDIT, { minLength: 1, maxLength: 4 }), (seed, edits) => {
      let text = seed;
      for (const { at, cut, put } of edits) {
        const i = Math.floor(at * text.length);
        text = text.slice(0, i) + put.join("") + text.slice(i + cut);
      }
      const [before, after] = [revisionOf("before", seed), revisionOf("after", text)];
      judge(before, after);
      judge(after, before);
    }),
    { numRuns: 400 },
  );
});

test("finds nothing where both sides are the same, however the text was broken", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SEEDS), EDIT, (seed, { at, cut, put }) => {
      const i = Math.floor(at * seed.length);
      const text = seed.slice(0, i) + put.join("") + seed.slice(i + cut);
      const { findings } = judgePipelines({
        before: revisionOf("before", text),
        after: revisionOf("after", text),
        config: pipelineConfigOf(undefined),
      });
      expect(findings).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test("is the same whatever the order of the documents", () => {
  const base = SEEDS.find((text) => text.includes("chains-config")) ?? "";
  const turned = base.split("---\n").toReversed().join("---\n");
  expect(turned).not.toBe(base);
  expect(
    judgePipelines({ before: revisionOf("a", base), after: revisionOf("b", turned), config: STRICT }).systems,
  ).toMatchObject([{ verdict: "EQUIVALENT" }]);
});

describe("hostile documents", () => {
  const sign = SEEDS[0] ?? "";
  test.each([
    ["aliases of aliases", `a: &a [x, x]\nb: &b [*a, *a]\n${"c: [*b, *b]\n".repeat(200)}`],
    ["an alias of itself", "a: &a\n  b: *a\n"],
    ["a thousand levels", `${"{a: ".repeat(1000)}1${"}".repeat(1000)}`],
    ["half a document", sign.slice(0, sign.length / 2)],
    ["a value that is itself", sign.replace("registry.example/app:1", "$(tasks.build.results.IMAGE_URL)")],
    ["a script without an end", sign.replace("cosign sign", `cosign sign "${"$(".repeat(2000)}`)],
    ["numbers for names", sign.replaceAll("name: sign", "name: 7")],
    ["lists for maps", sign.replaceAll("taskSpec:", "taskSpec: []\n        x:")],
  ])("%s are judged, or told to be unreadable", (_, text) => {
    const file = readDefinitionFile("head.yaml", new TextEncoder().encode(text));
    for (const { at } of file.problems) expect(at.line).toBeGreaterThan(0);
    const findings = judge(revisionOf("base", sign), revisionOf("head", text));
    expect([...file.problems, ...findings].length).toBeGreaterThan(0);
  });
});

const FIXTURES = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "pipelines");

describe.skipIf(!existsSync(FIXTURES))("real pipelines", () => {
  test("are as they were when nothing changes, all in one tree", () => {
    const files = globSync("**/*.{yaml,yml}", { cwd: FIXTURES })
      .filter((path) => !path.startsWith("schemas/"))
      .map((path) => readDefinitionFile(path, readFileSync(join(FIXTURES, path))));
    const revision = toRevision({ files, knowledge: DEFAULT_KNOWLEDGE, read: READ });
    const { findings, systems } = judgePipelines({
      before: revision,
      after: revision,
      config: pipelineConfigOf(undefined),
    });
    expect([findings, systems.map(({ verdict }) => verdict)]).toEqual([[], ["EQUIVALENT"]]);
  });
});
