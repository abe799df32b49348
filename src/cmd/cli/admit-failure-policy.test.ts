import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { join } from "node:path";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openTwoPersons, type TwoPersons } from "../../../test/setup/two-persons.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { renderRegistrations } from "../../app/webhook/registration.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const KINDS = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
let persons: TwoPersons;
beforeEach(async () => {
  persons = await openTwoPersons();
  const options = {
    namespace: "countersign",
    service: "w",
    timeoutSeconds: 5,
    exempt: [],
    platform: "kubernetes",
  } as const;
  for (const [i, object] of renderRegistrations({ ...options, failurePolicy: "Fail" }).entries()) {
    persons.api.objects.create(persons.api.resource(KINDS[i] ?? ""), object as never);
  }
});
afterEach(() => persons.close());

async function as(username: string, argv: readonly string[], signal = new AbortController().signal): Promise<Heard> {
  const { io, heard } = recordingIo({ now: () => systemClock.now(), signal });
  await runCli(
    ["admit", "failure-policy", ...argv, "--config", join(persons.folder, `${username}.yaml`)],
    io,
    COMMANDS,
  );
  return heard;
}

/** By name of the webhook. */
function policies(): Readonly<Record<string, unknown>> {
  const webhooks = KINDS.flatMap((kind) => {
    const [object] = persons.api.objects.list(persons.api.resource(kind), "");
    return object?.["webhooks"] as readonly { name: string; failurePolicy: string }[];
  });
  return Object.fromEntries(
    webhooks.map(({ name, failurePolicy }) => [name.replace(".countersign.dev", ""), failurePolicy]),
  );
}

const SHUT = { "resolve.images": "Fail", images: "Fail", policy: "Fail" };
const OPEN = { ...SHUT, "resolve.images": "Ignore", images: "Ignore" };
const ASK = ["--set", "Ignore", "--reason", "it does not start", "--ticket", "INC-1", "-o", "json"];

async function asked(): Promise<string> {
  return (JSON.parse((await as("ann", ASK)).out) as { request: { id: string } }).request.id;
}

describe("admit failure-policy", () => {
  test("one asks, another approves; what guards the policy itself stays shut", async () => {
    expect(await as("ann", [])).toMatchObject({ exit: 0, out: expect.stringMatching(/^closed: /) });
    const id = await asked();
    expect(policies()).toEqual(SHUT);
    const opened = await as("bob", ["--approve", id, "--no-wait", "-o", "json"]);
    expect([opened.exit, JSON.parse(opened.out)]).toMatchObject([
      1,
      { open: true, request: { requester: "ann", approver: "bob" } },
    ]);
    expect(policies()).toEqual(OPEN);
    expect(await as("ann", ["--set", "Fail"])).toMatchObject({ exit: 0, out: expect.stringMatching(/^closed: /) });
    expect(policies()).toEqual(SHUT);
  });

  test("whoever approves keeps the time, and closes when told to stop", async () => {
    const stop = new AbortController();
    const waiting = as("bob", ["--approve", await asked()], stop.signal);
    while (policies()["images"] !== "Ignore") await new Promise((resolve) => void setImmediate(resolve)); // oxlint-disable-line no-await-in-loop -- until it is open
    stop.abort(new Error("SIGINT"));
    expect((await waiting).out).toMatch(/^open: [^]*closed: /);
    expect(policies()).toEqual(SHUT);
  });

  test("the requester does not approve, and nobody approves what nobody asked for", async () => {
    const id = await asked();
    expect(await as("ann", ["--approve", id])).toMatchObject({
      exit: 2,
      err: expect.stringContaining("another person"),
    });
    expect(await as("bob", ["--approve", "fp-none"])).toMatchObject({
      exit: 2,
      err: expect.stringContaining("fp-none"),
    });
    expect(policies()).toEqual(SHUT);
  });

  test.each([
    [["--set", "Ignore"], "--reason and --ticket"],
    [[...ASK, "--for", "5h"], "4h at most"],
    [[...ASK, "--approve", "fp-1"], "one of --set and --approve"],
  ])("refuses %j", async (argv, why) => {
    expect(await as("ann", argv)).toMatchObject({ exit: 2, err: expect.stringContaining(why) });
  });
});
