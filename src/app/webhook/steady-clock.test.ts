import { describe, expect, test } from "vitest";
import { admitWorld, AT, factsOf, IMAGE, policyOf, requestOf, stopped } from "../../../test/setup/admit-world.ts";
import { admit } from "../../capabilities/admit/admit.ts";
import { recallFacts } from "../../capabilities/admit/recall-facts.ts";
import { imagesOfRequest } from "../../core/admission/workload-images.ts";
import { addMs } from "../../core/time.ts";
import { steadyClock } from "./steady-clock.ts";

const HOUR_MS = 3_600_000;

/** A machine whose clock somebody sets, and time that passes by itself. */
function machine() {
  let [wall, elapsed] = [AT, 0];
  const clock = steadyClock({ ...stopped, now: () => wall }, () => elapsed);
  return {
    clock,
    pass: (ms: number) => {
      wall = addMs(wall, ms);
      elapsed += ms;
    },
    set: (ms: number) => {
      wall = addMs(wall, ms);
    },
  };
}

describe("steadyClock", () => {
  test("shows what the machine shows, as long as nobody sets it back", () => {
    const { clock, pass, set } = machine();
    pass(1000);
    expect([clock.now(), clock.behindMs()]).toEqual([addMs(AT, 1000), 0]);
    set(HOUR_MS);
    expect([clock.now(), clock.behindMs()]).toEqual([addMs(AT, HOUR_MS + 1000), 0]);
  });

  test("counts on from the latest time when it is set back, and says by how much", () => {
    const { clock, pass, set } = machine();
    pass(1000);
    set(-HOUR_MS);
    expect([clock.now(), clock.behindMs()]).toEqual([addMs(AT, 1000), HOUR_MS]);
    pass(500);
    expect([clock.now(), clock.behindMs()]).toEqual([addMs(AT, 1500), HOUR_MS]);
    set(HOUR_MS);
    expect([clock.now(), clock.behindMs()]).toEqual([addMs(AT, 1500), 0]);
  });

  test("never goes back, whatever is done", () => {
    const { clock, pass, set } = machine();
    let before = clock.now();
    for (const step of [5, -3, 8, -2000, 1, 4000, -1, 0]) {
      set(step);
      pass(1);
      expect(clock.now()).toBeGreaterThan(before);
      before = clock.now();
    }
  });

  test("opens nothing again that has ended when a clock is set back", async () => {
    const { clock, set, pass } = machine();
    const ends = addMs(AT, HOUR_MS);
    const policy = policyOf({ exceptionFor: (_, at) => (at < ends ? ({ name: "exc-1" } as never) : undefined) });
    const facts = recallFacts(async () => factsOf("fail", "no-signature"), clock);
    const ask = admit({ ...admitWorld({}).ports, policy: () => policy, clock, facts });
    const outcome = async (): Promise<string | undefined> => {
      const request = requestOf([IMAGE]);
      const images = imagesOfRequest(request);
      const { verdict } = await ask({ request, images: images.ok ? images.value : [], budgetMs: 1000 });
      return verdict.images[0]?.outcome;
    };
    expect(await outcome()).toBe("excepted");
    pass(2 * HOUR_MS);
    expect(await outcome()).toBe("denied");
    set(-2 * HOUR_MS);
    expect(await outcome()).toBe("denied");
  });
});
