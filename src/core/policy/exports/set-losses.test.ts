import { describe, expect, test } from "vitest";
import { EXCHANGE } from "../../../../test/setup/exchange-world.ts";
import { parseRfc3339, type UnixMs } from "../../time.ts";
import { bug } from "../../bug.ts";
import { EXPORTS } from "../exports.ts";
import type { TrustException, TrustPolicySet } from "../trust-policy.ts";

const UNTIL: UnixMs = parseRfc3339("2027-02-01T00:00:00Z") ?? bug("a time");
const AUDIT = { kind: "audit", owner: "dx", reason: "onboarding", until: UNTIL } as const;

const SET: TrustPolicySet = {
  name: "p",
  unmatched: { kind: "deny" },
  pin: "mutate",
  enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
  families: [],
  authorities: {},
  limits: {},
};

function lossesOf(id: string, change: Partial<TrustPolicySet>, exceptions: readonly TrustException[] = []) {
  const format = EXPORTS.find((one) => one.id === id) ?? bug(id);
  const before = new Set(format.export(SET, new Set(), EXCHANGE).losses.map((loss) => loss.id));
  const { losses } = format.export({ ...SET, ...change }, new Set(), { ...EXCHANGE, exceptions });
  return losses
    .filter((loss) => !before.has(loss.id))
    .map(({ id: name, kind, effect }) => `${name} ${kind}: ${effect}`);
}

describe.each(EXPORTS.map(({ id }) => id))("losses of a set for %s", (id) => {
  test("name each namespace that is exempt", () => {
    const exempt = ["openshift-*", "kube-*"].map((match) => ({ match: [match], owner: "platform", reason: "payload" }));
    const losses = lossesOf(id, { enforcement: { ...SET.enforcement, exempt } });
    expect(losses).toMatchObject([
      expect.stringMatching(
        /^\*\/enforcement\/exempt-1 (?:cluster-setting|narrowed): .*openshift-\*.*platform: payload/,
      ),
      expect.stringMatching(/^\*\/enforcement\/exempt-2 (?:cluster-setting|narrowed): .*kube-\*/),
    ]);
  });

  test("name each audit, which would not end by itself there", () => {
    const namespaces = [{ match: ["sandbox-*"], mode: AUDIT }];
    expect(lossesOf(id, { enforcement: { ...SET.enforcement, byDefault: AUDIT, namespaces } })).toMatchObject([
      expect.stringMatching(/^\*\/enforcement\/default narrowed: .*until 2027-02-01/),
      expect.stringMatching(/^\*\/enforcement\/namespaces-1 narrowed: namespaces sandbox-\* are audited/),
    ]);
  });

  test("name what becomes of tags that are refused here, unless it is the same", () => {
    const told = lossesOf(id, { pin: "require" }).map((loss) => loss.slice(0, "*/pin cluster-setting".length));
    expect(told).toEqual(id.startsWith("kyverno") ? [] : ["*/pin cluster-setting"]);
  });

  test("name what is admitted without a family, and each exception", () => {
    const unmatched = { kind: "admit", reason: "the first weeks", until: UNTIL } as const;
    const exceptions = [
      { name: "exc-1", ends: UNTIL },
      { name: "exc-2", ends: UNTIL },
    ] as unknown as readonly TrustException[];
    expect(lossesOf(id, { unmatched }, exceptions)).toMatchObject([
      expect.stringMatching(/^\*\/default\/admit narrowed: /),
      expect.stringMatching(/^\*\/exception\/exc-1 narrowed: exception exc-1, until 2027-02-01/),
      expect.stringMatching(/^\*\/exception\/exc-2 narrowed: /),
    ]);
  });
});
