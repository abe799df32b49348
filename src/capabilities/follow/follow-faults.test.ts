/* oxlint-disable no-await-in-loop -- call after call fails */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { virtualEventStore } from "../../adapters/virtual/event-store.ts";
import type { FaultId } from "../../core/fault.ts";
import type { LogReader } from "../../ports/transparency-log.ts";
import { faultSwitch } from "../../../test/setup/failing.ts";
import {
  never,
  openFollowWorld,
  someTexts,
  type FollowWorld,
  type ServedLog,
} from "../../../test/follow/follow-world.ts";
import { followStep } from "./follow-step.ts";

const LOG_FAULTS: readonly FaultId[] = ["log.unreachable", "log.missing", "log.malformed", "log.too-large"];
const STORE_FAULTS: readonly FaultId[] = ["store.busy", "store.unreadable", "store.read-only", "store.conflict"];

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

/** The same reader without its second look, so that a fault is met and not looked past. */
function plain(reader: LogReader): LogReader {
  return new Proxy(reader, {
    get: (target, name): unknown => (name === "uncached" ? undefined : Reflect.get(target, name)),
  });
}

/** A fault of the store is thrown, since nothing can be kept; one of the log is what the step came to. */
function expectedOf(met: FaultId | undefined): string {
  if (met === undefined) return "current";
  return met.startsWith("store.") ? met : "unproven";
}

describe.each([
  ["rekor2", 270],
  ["rekor1", 23],
] as const)("followStep along a %s, when a call fails", (kind, size) => {
  test("leaves nothing half-written, tells it, and succeeds when it is repeated", async () => {
    const served: ServedLog = kind === "rekor2" ? await world.serveRekor2() : await world.serveRekor1();
    await served.append(...someTexts(size));
    const faults = faultSwitch();
    const reader = faults.watch(plain(served.log.reader), LOG_FAULTS);
    let met = 0;
    for (let at = 1, which = 0; ;) {
      const store = virtualEventStore();
      const step = followStep({ ...world.ports, store: faults.watch(store, STORE_FAULTS) });
      faults.arm(at, which);
      const outcome = await step({ ...served.log, reader }, never).catch((error: { id?: string }) => error.id);
      const id = faults.met();
      const declared = faults.calls()[at - 1] ?? 0;
      if (id === undefined && at > faults.calls().length) break;
      if (id !== undefined) met++;
      expect(typeof outcome === "object" ? outcome.outcome : outcome).toBe(expectedOf(id));
      const position = await store.position(served.log.name);
      expect(await store.count()).toBe(position?.indexedUpto ?? 0);
      faults.arm(0, 0);
      expect(await step({ ...served.log, reader }, never)).toMatchObject({ outcome: "current", indexedUpto: size });
      expect(await store.count()).toBe(size);
      if (which + 1 < declared) which++;
      else [at, which] = [at + 1, 0];
    }
    expect(met).toBeGreaterThan(30);
  });
});
