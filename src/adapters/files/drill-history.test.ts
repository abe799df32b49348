import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CaseResult, DrillRun } from "../../core/drill/run.ts";
import { drillHistoryFile } from "./drill-history.ts";

const path = (): string => join(mkdtempSync(join(tmpdir(), "drill-history-")), "drills.jsonl");
const run = (target: string, answers: Readonly<Record<string, string>>): DrillRun => ({
  target,
  at: "2026-11-25T12:00:00Z",
  cases: Object.entries(answers).map(([name, answer]): CaseResult => {
    const trial = { name, expected: "signature", answer, outcome: "ok", detail: "" } as const;
    return { ...trial, id: "C06", trials: [trial] };
  }),
  counts: { ok: 1, wrong: 0, "not-run": 0 },
  alarms: [],
});

test("remembers the last answer that was one, of each target alone", async () => {
  const history = drillHistoryFile(path());
  expect(await history.lastAnswers("cosign")).toEqual(new Map());
  await history.append(run("cosign", { a: "refuse", b: "signature" }));
  await history.append(run("webhook", { a: "admit" }));
  await history.append(run("cosign", { a: "not-run", b: "admit" }));
  expect(await history.lastAnswers("cosign")).toEqual(
    new Map([
      ["C06 a", "refuse"],
      ["C06 b", "admit"],
    ]),
  );
});

test("appends one line a run", async () => {
  const file = path();
  const history = drillHistoryFile(file);
  await history.append(run("cosign", { a: "admit" }));
  await history.append(run("cosign", { a: "admit" }));
  expect(readFileSync(file, "utf8").split("\n").filter(Boolean)).toHaveLength(2);
});

test.each([
  ["a line that is cut short", '{"target":"cosign"', "input.malformed"],
  ["a member given twice", '{"target":"cosign","target":"webhook"}', "input.malformed"],
])("refuses %s, since an alarm may hang on it", async (_, line, fault) => {
  const file = path();
  writeFileSync(file, `${line}\n`);
  await expect(drillHistoryFile(file).lastAnswers("cosign")).rejects.toMatchObject({ id: fault });
});

test("takes lines of other programs for what they are", async () => {
  const file = path();
  writeFileSync(file, '[]\n{"target":"cosign","cases":[7,{"id":1},{"id":"C06","trials":[{"name":"x"}]}]}\n');
  expect(await drillHistoryFile(file).lastAnswers("cosign")).toEqual(new Map());
});

test("says where it cannot write", async () => {
  const history = drillHistoryFile(join(path(), "no", "such", "folder"));
  await expect(history.append(run("cosign", {}))).rejects.toMatchObject({ id: "output.unwritable" });
});
