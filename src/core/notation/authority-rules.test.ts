import { expect, test } from "vitest";
import { IDENTITY } from "../../../test/setup/notation-world.ts";
import type { NotationAuthority } from "../policy/trust-policy.ts";
import { rulesOfAuthority } from "./authority-rules.ts";

const AUTHORITY: NotationAuthority = {
  kind: "notation",
  trustStores: ["acme"],
  identities: [IDENTITY],
  level: "strict",
  overrides: {},
  tsaStores: ["clock"],
  verifyTimestamp: "always",
  revocation: "enforce",
};

test("names stores by their kind", () => {
  const rules = rulesOfAuthority("a", { ...AUTHORITY, trustStores: ["acme", "signingAuthority:aws"] });
  expect(rules.ok && rules.value.stores).toEqual([
    { type: "ca", name: "acme" },
    { type: "signingAuthority", name: "aws" },
    { type: "tsa", name: "clock" },
  ]);
});

test.each<[Partial<NotationAuthority>, string]>([
  [{}, "enforce"],
  [{ revocation: "log" }, "log"],
  [{ revocation: "skip" }, "skip"],
  [{ revocation: "enforce", level: "permissive" }, "enforce"],
  [{ revocation: "enforce", overrides: { revocation: "log" } }, "log"],
])("%j: revocation is %s", (change, expected) => {
  const rules = rulesOfAuthority("a", { ...AUTHORITY, ...change });
  expect(rules.ok && rules.value.actions.revocation).toBe(expected);
});

test("refuses what a trust policy document may not say either", () => {
  expect(rulesOfAuthority("a", { ...AUTHORITY, identities: [] })).toMatchObject({ code: "identity-none" });
  expect(rulesOfAuthority("a", { ...AUTHORITY, trustStores: ["../x"] })).toMatchObject({ code: "store-name" });
  expect(rulesOfAuthority("a", { ...AUTHORITY, level: "skip" })).toMatchObject({ code: "level" });
});
