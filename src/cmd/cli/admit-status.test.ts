import { expect, test } from "vitest";
import { recordingIo } from "../../../test/setup/io.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { statusCommand } from "./admit-status.ts";

const WELL: JsonObject = {
  ready: true,
  roots: [{ name: "private", hash: "1", expired: false }],
  missingRoots: [],
  certificate: { notAfter: "2027-01-22T12:00:00Z" },
  policyFailure: null,
  certificateFailure: null,
};
const failure = { fault: "policy.invalid", about: "a.yaml:1:1", since: "2026-11-22T11:00:00Z" };

test.each<[string, JsonObject, readonly string[]]>([
  ["nothing", {}, []],
  ["no policy", { ready: false }, [expect.stringContaining("everything in scope is denied")]],
  ["a policy that is refused", { policyFailure: failure }, [expect.stringContaining("policy.invalid a.yaml:1:1")]],
  [
    "a root that has expired",
    { roots: [{ name: "private", expired: true }] },
    ["the trusted root private has expired"],
  ],
  ["a root that is not there", { missingRoots: ["other"] }, [expect.stringContaining('"other" could not be had')]],
  [
    "a certificate of a week",
    { certificate: { notAfter: "2026-11-29T12:00:00Z" } },
    ["the certificate ends within a week"],
  ],
  ["no certificate", { certificate: null }, ["the certificate ends within a week"]],
  [
    "a certificate that is not renewed",
    { certificateFailure: failure },
    [expect.stringContaining("could not be renewed")],
  ],
])("%s is told so", async (_, change, problems) => {
  const { io, heard } = recordingIo();
  await statusCommand(io, async () => ({ ...WELL, ...change })).parseAsync(["-o", "json"], { from: "user" });
  expect(JSON.parse(heard.out)).toMatchObject({ items: [{ problems }] });
  expect(heard.exit).toBe(problems.length === 0 ? 0 : 1);
});

test("an answer that says nothing is not taken for good", async () => {
  const { io, heard } = recordingIo();
  await statusCommand(io, async () => ({})).parseAsync([], { from: "user" });
  expect([heard.exit, heard.out]).toEqual([1, expect.stringContaining("everything in scope is denied")]);
});
