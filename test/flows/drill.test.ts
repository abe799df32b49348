import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openDrill } from "../../src/app/wiring/drill.ts";
import { DRILL_CASES } from "../../src/core/drill/cases.ts";
import { trialKey, type DrillRun } from "../../src/core/drill/run.ts";

const PAGE = readFileSync(new URL("../../docs/drill.md", import.meta.url), "utf8");
const never = new AbortController().signal;

async function drill(target: string): Promise<DrillRun> {
  const { run, close } = await openDrill({ target, env: {} });
  try {
    return await run(DRILL_CASES, never);
  } finally {
    await close();
  }
}

/** About objects of a cluster, which a verifier of images is not asked about. */
const OBJECTS = ["B02", "B03", "B04", "B05", "I01", "I02", "I03", "I04", "I05", "I06", "I10", "I11"];

const trialsOf = ({ cases }: DrillRun, outcome: string): readonly string[] =>
  cases.flatMap(({ id, trials }) =>
    trials
      .filter((trial) => trial.outcome === outcome)
      .map(({ name, way = "", expected, answer }) => `${trialKey(id, name)}: ${way}, ${expected}, ${answer}`),
  );

describe("the drill", () => {
  test("finds our webhook right in every case, over HTTPS", { timeout: 60_000 }, async () => {
    const run = await drill("webhook");
    expect(trialsOf(run, "wrong")).toEqual([]);
    expect(run.counts).toEqual({ ok: 135, wrong: 0, "not-run": 0 });
    expect(PAGE).toContain("| `webhook` | 135 | 0 | 0 |");
  });

  test("finds our verifier right in every case that is about an image", { timeout: 60_000 }, async () => {
    const run = await drill("verify");
    expect(trialsOf(run, "wrong")).toEqual([]);
    expect(run.cases.filter(({ outcome }) => outcome === "not-run").map(({ id }) => id)).toEqual(OBJECTS);
    expect(run.counts).toEqual({ ok: 135 - OBJECTS.length, wrong: 0, "not-run": OBJECTS.length });
    expect(PAGE).toContain(`| \`verify\` | ${run.counts.ok} | 0 | ${OBJECTS.length} |`);
  });

  test.each(["kyverno", "policy-controller", "notation", "no such thing"])(
    "runs nothing against %s",
    async (target) => {
      const { run, close } = await openDrill({ target, env: {} });
      const { counts } = await run(DRILL_CASES.slice(0, 2), never).finally(() => void close());
      expect(counts).toEqual({ ok: 0, wrong: 0, "not-run": 2 });
    },
  );

  test("says that there is no cosign where there is none", async () => {
    const { run, close } = await openDrill({ target: "cosign", env: { PATH: "" } });
    const { cases } = await run(DRILL_CASES.slice(0, 1), never).finally(() => void close());
    expect(cases).toMatchObject([{ outcome: "not-run", detail: expect.stringContaining("no cosign") as string }]);
  });
});
