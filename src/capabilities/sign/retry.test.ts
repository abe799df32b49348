import { describe, expect, test } from "vitest";
import { Fault, type FaultId } from "../../core/fault.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import { askEnough, retrying, type Patience } from "./retry.ts";

const never = new AbortController().signal;

/** Time that passes only while somebody waits; chance that always says the same. */
function patience(
  chance: readonly [number, number],
  perAttemptMs = 0,
): Patience & { readonly waits: number[]; readonly spend: () => void } {
  let now = 0 as UnixMs;
  const waits: number[] = [];
  return {
    waits,
    spend: () => void (now = addMs(now, perAttemptMs)),
    random: { bytes: () => Uint8Array.from(chance) },
    clock: {
      now: () => now,
      sleep: async (delayMs) => {
        waits.push(delayMs);
        now = addMs(now, delayMs);
      },
    },
  };
}

/** Fails so many times, then answers. */
function failing(times: number, id: FaultId = "log.unreachable", each: () => void = () => undefined) {
  let attempts = 0;
  return {
    attempts: () => attempts,
    run: async (): Promise<string> => {
      attempts += 1;
      each();
      if (attempts <= times) throw new Fault(id, `attempt ${attempts}`);
      return "answer";
    },
  };
}

/** A service by its name, which says whether it answers. */
async function down(name: string): Promise<string> {
  if (name.startsWith("down")) throw new Fault("log.unreachable", name);
  return name;
}

describe("retrying", () => {
  test.each([
    ["at once", 0, []],
    ["the second time", 1, [499]],
    ["the last time", 3, [499, 999, 1999]],
  ])("gives the answer that comes %s, the most it waits doubling", async (_, times, waits) => {
    const given = patience([255, 255]);
    expect(await retrying(given, failing(times).run, never)).toBe("answer");
    expect(given.waits).toEqual(waits);
  });

  test("waits anything from nothing, so that many clients do not come back together", async () => {
    const given = patience([0, 0]);
    await retrying(given, failing(3).run, never);
    expect(given.waits).toEqual([0, 0, 0]);
  });

  test("gives up after the fourth attempt, with its fault", async () => {
    const { run, attempts } = failing(9);
    await expect(retrying(patience([0, 0]), run, never)).rejects.toMatchObject({ subject: "attempt 4" });
    expect(attempts()).toBe(4);
  });

  test("gives up when a minute is over", async () => {
    const given = patience([0, 0], 25_000);
    const { run, attempts } = failing(9, "fulcio.unreachable", given.spend);
    await expect(retrying(given, run, never)).rejects.toMatchObject({ id: "fulcio.unreachable" });
    expect(attempts()).toBe(3);
  });

  test.each<FaultId>(["fulcio.refused", "log.refused", "tsa.malformed", "token.missing", "log.duplicate"])(
    "does not repeat what would be answered in the same way: %s",
    async (id) => {
      const { run, attempts } = failing(9, id);
      await expect(retrying(patience([0, 0]), run, never)).rejects.toMatchObject({ id });
      expect(attempts()).toBe(1);
    },
  );

  test("lets a bug and the caller's own reason through", async () => {
    const broken = retrying(patience([0, 0]), () => Promise.reject(new TypeError("ours")), never);
    await expect(broken).rejects.toThrow(TypeError);
    const clock = { ...patience([0, 0]).clock, sleep: () => Promise.reject(new RangeError("enough")) };
    await expect(retrying({ ...patience([0, 0]), clock }, failing(9).run, never)).rejects.toThrow(RangeError);
  });
});

describe("askEnough", () => {
  test.each<[string, readonly string[], number, readonly string[]]>([
    ["the first that answers", ["a", "b"], 1, ["a"]],
    ["the next when one does not answer", ["down", "b"], 1, ["b"]],
    ["as many as are needed", ["a", "down", "c", "d"], 2, ["a", "c"]],
    ["nobody when none is needed", [], 0, []],
  ])("takes %s", async (_, services, needed, expected) => {
    expect(await askEnough({ services, needed }, down)).toEqual(expected);
  });

  test.each<[string, readonly string[], number, string]>([
    ["nobody answers", ["down 1", "down 2"], 1, "down 2"],
    ["too few can answer", ["down 1", "b"], 2, "down 1"],
  ])("throws the fault that decides when %s", async (_, services, needed, subject) => {
    await expect(askEnough({ services, needed }, down)).rejects.toMatchObject({ subject });
  });
});
