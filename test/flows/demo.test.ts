import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const CLI = join(import.meta.dirname, "../../bin/countersign.mjs");
const EVENTS = 45;

type Report = {
  readonly events: readonly { readonly grade: string; readonly reasons: readonly string[]; readonly log: string }[];
  readonly inventory: readonly {
    readonly grade: string;
    readonly reasons: readonly string[];
    readonly signing: string;
  }[];
  readonly incidents: readonly { readonly title: string }[];
};

function demo(...args: readonly string[]): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, "demo", ...args], { encoding: "utf8", timeout: 110_000 });
}

test("demo --once --output json lists events, inventory with grades and reasons, and the four planted incidents alone", () => {
  const { stdout, stderr, status } = demo("--once", "--output", "json", "--events", String(EVENTS));
  expect([status, stderr.includes("Error")]).toEqual([0, false]);
  const report = JSON.parse(stdout) as Report;
  expect(report.events).toHaveLength(EVENTS);
  expect(new Set(report.events.map(({ log }) => log))).toEqual(new Set(["rekor1", "rekor2"]));
  // Every entry but the thief's is claimed by the run that signed it.
  expect(report.events.filter(({ grade }) => grade !== "A")).toHaveLength(1);
  expect(
    [...report.events, ...report.inventory].every(({ grade, reasons }) => grade !== "" && reasons.length > 0),
  ).toBe(true);
  expect(
    report.inventory
      .filter(({ signing }) => signing !== "signed")
      .map(({ signing }) => signing)
      .toSorted(),
  ).toEqual(["unexpected-identity", "unsigned"]);
  expect(report.incidents.map(({ title }) => title).toSorted()).toEqual([
    "base/ubi-tools runs unsigned in tools",
    "observability/agent signed outside its build window",
    "payments/api signed by ns/sandbox/sa/default @ https://oidc.prod-eu.example",
    "payments/worker signed by ns/payments-prod/sa/builder @ https://oidc.prod-eu.example outside of any TaskRun",
  ]);
});

test("a port in use is a sentence, not a stack", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const child = spawn(process.execPath, [CLI, "demo", "--events", "10", "--port", String(port)]);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  taken.close();
  expect(code).toBe(2);
  expect(stderr).toContain("server.port-in-use: The port is taken by another process.");
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("a folder that cannot be one is a sentence, not a stack", () => {
  const file = join(mkdtempSync(join(tmpdir(), "countersign-")), "a-file");
  writeFileSync(file, "");
  const { stderr, status } = demo("--once", "--events", "10", "--keep", join(file, "below"));
  expect([status, /^store\.\S+: /m.test(stderr), /^\s+at /m.test(stderr)]).toEqual([3, true, false]);
});
