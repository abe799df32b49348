import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openTwoPersons, type TwoPersons } from "../../../test/setup/two-persons.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

let persons: TwoPersons;
beforeEach(async () => {
  persons = await openTwoPersons();
  persons.api.objects.create(persons.api.resource("configmaps"), {
    metadata: { namespace: "countersign", name: "trust-policy" },
    data: {},
  });
});
afterEach(() => persons.close());

async function as(username: string, argv: readonly string[], now = systemClock.now()): Promise<Heard> {
  const { io, heard } = recordingIo({ now: () => now });
  await runCli(["admit", "break-glass", ...argv, "--config", join(persons.folder, `${username}.yaml`)], io, COMMANDS);
  return heard;
}

const ASK = ["--namespace", "payments", "--reason", "the registry burns", "--ticket", "INC-1", "-o", "json"];

async function asked(): Promise<string> {
  const { out } = await as("ann", ASK);
  return (JSON.parse(out) as { items: { name: string }[] }).items[0]?.name ?? "";
}

describe("admit break-glass", () => {
  test("one asks, another approves, anybody ends it", async () => {
    const name = await asked();
    expect(JSON.parse((await as("bob", ["-o", "json"])).out)).toMatchObject({
      items: [{ name, state: "asked", requester: "ann", approver: null, approved: false, namespaces: ["payments"] }],
    });
    expect(await as("bob", ["--approve", name])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^open .*approved by bob/),
    });
    expect(JSON.parse((await as("ann", ["-o", "json"])).out)).toMatchObject({ items: [{ name, state: "open" }] });
    expect(await as("ann", ["--end", name])).toMatchObject({ exit: 0, out: expect.stringMatching(/^ended /) });
    expect((await as("ann", [])).out).toBe("no emergency stands in the policy\n");
  });

  test("closes by itself", async () => {
    const name = await asked();
    await as("bob", ["--approve", name]);
    const later = await as("bob", [], (systemClock.now() + 3_600_001) as ReturnType<typeof systemClock.now>);
    expect(later.out).toMatch(/^over /);
  });

  test("the requester does not approve, and a reader changes nothing", async () => {
    const name = await asked();
    expect(await as("ann", ["--approve", name])).toMatchObject({
      exit: 2,
      err: expect.stringContaining("another person"),
    });
    expect(await as("reader", ["--approve", name])).toMatchObject({
      exit: 1,
      out: expect.stringContaining("refused: "),
    });
    expect(JSON.parse((await as("bob", ["-o", "json"])).out)).toMatchObject({ items: [{ state: "asked" }] });
  });

  test("two who change it at once do not overwrite each other", async () => {
    const name = await asked();
    const outcomes = await Promise.all([as("bob", ["--approve", name]), as("ann", ["--end", name])]);
    expect(outcomes.filter(({ exit }) => exit === 0).length).toBeGreaterThan(0);
    const [glass] = (JSON.parse((await as("bob", ["-o", "json"])).out) as { items: { state: string }[] }).items;
    // Whoever came second was told; ended and open at once it cannot be.
    expect([undefined, "open"]).toContain(glass?.state);
  });

  test.each([
    [["--namespace", "payments"], "--reason and --ticket"],
    [[...ASK, "--for", "5h"], "4h at most"],
    [[...ASK, "--approve", "bg-1"], "one of --namespace, --approve and --end"],
    [["--approve", "bg-none"], "BreakGlass bg-none"],
    [["--webhook-namespace", "elsewhere"], "ConfigMap elsewhere/trust-policy"],
    [["--cluster", "other"], 'no "other"'],
  ])("refuses %j", async (argv, why) => {
    expect(await as("ann", argv)).toMatchObject({ exit: 2, err: expect.stringContaining(why) });
  });
});
