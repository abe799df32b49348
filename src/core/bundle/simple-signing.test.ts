import { expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { claimOf } from "./simple-signing.ts";

test.each([
  [{ optional: { taskRunUID: "uid-1" } }, "uid-1"],
  [{ optional: { taskRunUID: 1 } }, undefined],
  [{ optional: null }, undefined],
  [{}, undefined],
  [[], undefined],
])("reads a claim of %j", (payload, claim) => {
  expect(claimOf(toUtf8(JSON.stringify(payload)), "taskRunUID")).toBe(claim);
});
