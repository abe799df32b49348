import { expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import type { Drift, DriftFinding } from "../../core/policy/drift/judge-drift.ts";
import type { UnixMs } from "../../core/time.ts";
import { driftCommand } from "./policy-drift.ts";

const FINDING: DriftFinding = {
  kind: "unused",
  identity: "ns/payments/sa/builder @ https://i.example",
  authority: "builder",
  families: ["payments"],
  since: Date.UTC(2026, 7, 1) as UnixMs,
  detail: "last signed \u0007",
  mend: { patch: " spec:\n-  - x\n", note: "take it out" },
};
const GAP = { identity: "x", authority: "builder", detail: "log l is not followed, or is empty" };

test.each<[string, Drift, number]>([
  ["nothing", { findings: [], gaps: [] }, 0],
  ["a drift", { findings: [FINDING], gaps: [] }, 1],
  ["a gap", { findings: [], gaps: [GAP] }, 3],
  ["a drift and a gap", { findings: [FINDING], gaps: [GAP] }, 1],
])("%s exits so", async (_, drift, exit) => {
  const heard = await run(drift, ["-o", "json"]);
  expect(heard.exit).toBe(exit);
  const { items, undecided } = JSON.parse(heard.out);
  expect([items.length, undecided.length]).toEqual([drift.findings.length, drift.gaps.length]);
});

test("says what, since when and what mends it, and nothing that moves a cursor", async () => {
  expect((await run({ findings: [FINDING], gaps: [GAP] }, [])).out).toBe(
    [
      "✗ unused ns/payments/sa/builder @ https://i.example (builder), since 2026-08-01T00:00:00Z",
      "    last signed ␦0007",
      "    mend: take it out",
      "       spec:",
      "      -  - x",
      "? undecided x (builder): log l is not followed, or is empty",
      "",
    ].join("\n"),
  );
  expect((await run({ findings: [], gaps: [] }, [])).out).toBe("✓ the policy and what signs agree\n");
});

async function run(drift: Drift, argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await driftCommand(io, async () => drift).parseAsync([...argv], { from: "user" });
  return heard;
}
