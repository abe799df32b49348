import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDatabase } from "../../src/adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../src/adapters/sqlite/event-store.ts";
import { killRepeatedly, runToEnd, seededRandom } from "./kill-harness.ts";

/** `DEMO_KILLS=200` is what the interop stage of CI asks for; a handful is enough to see it break. */
const KILLS = Number(process.env["DEMO_KILLS"] ?? 4);
const SEED = Number(process.env["SEED"] ?? 1);
/** Enough of a story that every start finds some of it still to be told. */
const EVENTS = Math.max(60, Math.min(900, 5 * KILLS));

const dir = mkdtempSync(join(tmpdir(), "countersign-demo-crash-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test(
  "a kept demo that is killed anywhere goes on where it was: no event lost, none doubled, the same four incidents",
  async () => {
    const victim = { script: join(import.meta.dirname, "demo-victim.ts"), args: [dir, String(EVENTS)] };
    const killed = await killRepeatedly({
      victim,
      kills: KILLS,
      linesMax: 300,
      random: seededRandom(SEED),
      check: async () => {
        const path = join(dir, "countersign.db");
        if (!existsSync(path)) return;
        const database = openDatabase(path);
        const store = sqliteEventStore(database);
        const positions = await store.positions();
        expect(await store.count()).toBe(positions.reduce((sum, { indexedUpto }) => sum + indexedUpto, 0));
        database.close();
      },
    });
    console.log(`demo: killed ${killed} times`);

    const last = await runToEnd(victim);
    const told: unknown = JSON.parse(last.replace(/^told /, ""));
    const { incidents } = told as { readonly incidents: readonly string[] };
    const stolenLast = incidents.toSorted((a, b) => Number(a.endsWith("TaskRun")) - Number(b.endsWith("TaskRun")));
    expect(stolenLast).toEqual([
      "base/ubi-tools runs unsigned in tools",
      "observability/agent signed outside its build window",
      "payments/api signed by ns/sandbox/sa/default @ https://oidc.prod-eu.example",
      // Killed at the wrong moment, the thief signs twice: one incident all the same, named after either entry.
      expect.stringMatching(/signed by ns\/payments-prod\/sa\/builder @ \S+ outside of any TaskRun$/),
    ]);
    const { stored, logged, heads } = told as Record<"stored" | "logged" | "heads", number>;
    expect([stored, logged]).toEqual([heads, heads]);
    expect(stored).toBeGreaterThanOrEqual(EVENTS);
  },
  20 * 60_000,
);
