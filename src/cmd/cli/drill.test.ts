import { describe, expect, test } from "vitest";
import { recordingIo } from "../../../test/setup/io.ts";
import type { DrillSetup, OpenDrill } from "../../app/wiring/drill.ts";
import type { DrillCase } from "../../core/drill/drill-case.ts";
import type { CaseResult, DrillRun } from "../../core/drill/run.ts";
import type { COMMANDS } from "./commands.ts";
import { command } from "./drill.ts";
import { runCli } from "./run.ts";

type Outcome = CaseResult["outcome"];

const result = ({ id, name }: DrillCase, outcome: Outcome): CaseResult => {
  const trial = { name: "", expected: "signature", answer: "admit", detail: "why\nmore", outcome } as const;
  return { ...trial, id, name, trials: [trial] };
};

/** A verifier that answers every case with the same worth; what it was opened with and asked. */
function drilled(outcome: Outcome, alarms: readonly string[] = []) {
  const asked: { setup?: DrillSetup; ids: readonly string[]; closed: boolean } = { ids: [], closed: false };
  const open = async (setup: DrillSetup): Promise<OpenDrill> => ({
    run: async (cases): Promise<DrillRun> => {
      Object.assign(asked, { setup, ids: cases.map(({ id }) => id) });
      const counts = { ok: 0, wrong: 0, "not-run": 0, [outcome]: cases.length };
      return { target: setup.target, at: "", cases: cases.map((one) => result(one, outcome)), counts, alarms };
    },
    close: async () => {
      asked.closed = true;
    },
  });
  return { asked, open };
}

async function run(argv: readonly string[], drill = drilled("ok")) {
  const { io, heard } = recordingIo();
  const row = {
    name: "drill",
    summary: "",
    group: "Look",
    load: async () => ({ command: () => command(io, drill.open) }),
  };
  await runCli(["drill", ...argv], io, [row as (typeof COMMANDS)[number]]);
  return { ...heard, ...drill };
}

describe("drill run", () => {
  test.each<[Outcome, number]>([
    ["ok", 0],
    ["wrong", 1],
    ["not-run", 3],
  ])("says by its exit code when all is %s", async (outcome, exit) => {
    const heard = await run(["run", "--target", "cosign", "--cases", "C07"], drilled(outcome));
    expect([heard.exit, heard.asked.closed]).toEqual([exit, true]);
  });

  test("prints the whole of a run as JSON", async () => {
    const { out } = await run(["run", "--target", "cosign", "--cases", "C07", "-o", "json"], drilled("wrong"));
    const cases = [{ id: "C07", expected: "signature", answer: "admit", outcome: "wrong", detail: "why\nmore" }];
    expect(JSON.parse(out)).toMatchObject({ target: "cosign", cases, counts: { ok: 0, wrong: 1, "not-run": 0 } });
  });

  test("tells what is not right, and an alarm first", async () => {
    const { out } = await run(["run", "--target", "cosign", "--cases", "C07"], drilled("wrong", ["C07"]));
    expect(out.split("\n").slice(0, 4)).toEqual([
      "cosign: 0 of 1 as they must be, 1 wrong, 0 not run",
      "  ✗ C07: cosign used to refuse this, and admits it now",
      "  ✗ C07 SAN with suffix",
      "      expected signature, got admit: why",
    ]);
  });

  test.each([
    ["c07,D14", ["C07", "D14"]],
    ["E17, e18", ["E17", "E18"]],
    ["A", ["A01", "A02", "A03", "A04", "A05", "A06"]],
  ])("runs the cases and groups asked for: %s", async (cases, ids) => {
    expect((await run(["run", "--target", "verify", "--cases", cases])).asked.ids).toEqual(ids);
  });

  test.each([["run", "--target", "verify", "--cases", "C99"], ["run"], ["show", "Z01"]])(
    "refuses what it does not know: %s",
    async (...argv) => {
      expect((await run(argv)).exit).toBe(2);
    },
  );
});

test("drill list · names every case", async () => {
  const { out } = await run(["list", "-o", "json"]);
  const { items } = JSON.parse(out) as { readonly items: readonly { readonly id: string }[] };
  expect([items.length, items[0]?.id, items.at(-1)?.id]).toEqual([135, "A01", "J08"]);
});

test("drill show · prints the page of a case", async () => {
  const { out } = await run(["show", "c07"]);
  expect(out).toContain("# C07 · SAN with suffix");
});
