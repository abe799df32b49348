import { beforeEach, describe, expect, test } from "vitest";
import { AT, DIGEST } from "../../../test/setup/admit-world.ts";
import { sourceOf } from "../../../test/setup/policy-set.ts";
import { bug } from "../../core/bug.ts";
import { readDenyRegister } from "../../core/policy/read/read-set.ts";
import type { Operated } from "../../ports/cluster-operator.ts";
import { denyDesk, lookAtRegister, type DenyDesk, type DenyPorts, type DenyRequest } from "./deny-desk.ts";

const never = new AbortController().signal;
const REQUEST: DenyRequest = { what: { kind: "digest", digest: DIGEST }, reason: "incident 3" };

/** A ConfigMap of a cluster, as an API server keeps it. */
let data: Record<string, string> | undefined;
let user: string;
let outcome: Operated;
let patches: unknown[];
beforeEach(() => {
  data = {};
  user = "dana";
  outcome = { kind: "done" };
  patches = [];
});

const ports: DenyPorts = {
  operator: {
    name: "prod",
    whoAmI: async () => user,
    read: async () => data && { apiVersion: "v1", kind: "ConfigMap", metadata: { resourceVersion: "7" }, data },
    merge: async (_, patch) => {
      patches.push(patch);
      const changed = (patch["data"] ?? {}) as Record<string, string | null>;
      for (const [key, text] of Object.entries(changed)) {
        if (outcome.kind !== "done" || !data) continue;
        if (text === null) delete data[key];
        else data[key] = text;
      }
      return outcome;
    },
  },
  now: () => AT,
  read: (_, text) => readDenyRegister([sourceOf(JSON.parse(text))]).rules ?? bug(text),
};
const desk: DenyDesk = denyDesk(ports, "countersign");
const as = (name: string): DenyDesk => {
  user = name;
  return desk;
};

async function added(): Promise<string> {
  const done = await as("dana").add(REQUEST, never);
  return done.kind === "added" ? done.rule.name : bug(done.kind);
}

describe("the desk of deny rules", () => {
  test("adds a rule in the name of whom the API server says, and only to what it has read", async () => {
    const name = await added();
    expect(await desk.list(never)).toEqual([{ ...REQUEST, name, by: "dana", at: AT }]);
    expect(patches).toMatchObject([{ metadata: { resourceVersion: "7" } }]);
  });

  test("takes a rule out by two persons, and by no one alone", async () => {
    const name = await added();
    expect(await as("lee").remove(name, never)).toMatchObject({ kind: "withdrawn", rule: { withdrawn: "lee" } });
    expect(await desk.list(never)).toMatchObject([{ name, withdrawn: "lee" }]);
    await expect(as("lee").remove(name, never)).rejects.toMatchObject({ id: "input.malformed" });
    expect(await as("dana").remove(name, never)).toMatchObject({ kind: "removed" });
    expect(await desk.list(never)).toEqual([]);
  });

  test("keeps identities and times as they were given", async () => {
    const what = { kind: "identity", issuer: "https://oidc.example", san: "https://a/%2e%2e" } as const;
    await as("dana").add({ what, since: AT, reason: "token" }, never);
    expect(await desk.list(never)).toMatchObject([{ what, since: AT }]);
  });

  test("tells what a webhook or RBAC refused", async () => {
    outcome = { kind: "refused", message: "not you" };
    expect(await as("dana").add(REQUEST, never)).toEqual(outcome);
    expect(await desk.list(never)).toEqual([]);
  });

  test.each<[Operated["kind"], string]>([
    ["absent", "input.unknown"],
    ["conflict", "cluster.unreachable"],
  ])("does not take %s for done", async (kind, id) => {
    outcome = { kind } as Operated;
    await expect(as("dana").add(REQUEST, never)).rejects.toMatchObject({ id });
  });

  test("edits no rule that stands with others, and knows none that is not there", async () => {
    const name = await added();
    const [text] = Object.values(data ?? {});
    data = { "all.yaml": text ?? "" };
    await expect(as("lee").remove(name, never)).rejects.toMatchObject({ id: "input.malformed" });
    await expect(as("lee").remove("dr-0", never)).rejects.toMatchObject({ id: "input.unknown" });
  });
});

test("a register that is not there denies nothing", async () => {
  data = undefined;
  expect(await lookAtRegister(ports, "countersign", never)).toEqual({ rules: [], resourceVersion: "" });
});
