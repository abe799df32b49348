import { expect, test } from "vitest";
import type { UnixMs } from "../../time.ts";
import type { DriftFinding } from "./judge-drift.ts";
import { withOwners } from "./owner.ts";

const TEAMS = [
  { name: "payments", namespaces: ["payments-*"], identities: [] },
  {
    name: "release",
    namespaces: [],
    identities: ["ns/payments-prod/sa/releaser@prod-eu", "https://ci.example/release"],
  },
  { name: "broken", namespaces: ["", "["], identities: [""] },
];

test.each([
  ["ns/payments-prod/sa/builder @ https://i.example", "payments"],
  ["ns/payments-prod/sa/releaser @ https://i.example", "release"],
  ["https://ci.example/release @ https://i.example", "release"],
  ["ns/sandbox/sa/default @ https://i.example", undefined],
  ["https://ci.example/other @ https://i.example", undefined],
])("%s is of team %s", (identity, owner) => {
  const finding: DriftFinding = {
    kind: "missing",
    identity,
    families: [],
    since: 0 as UnixMs,
    detail: "",
    mend: { note: "" },
  };
  expect(withOwners({ findings: [finding], gaps: [] }, TEAMS).findings[0]?.owner).toBe(owner);
});
