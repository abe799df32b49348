import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const g15: DrillCase = pushed("G15", "docker-reference of another repository, `claims: repository`", "drill", [
  trial(
    one(
      {
        form: "legacy",
        entries: [{ log: "rekor1", proof: "none" }],
        stamps: [],
        says: { repository: "registry.drill.example/other" },
      },
      {
        ask: {
          ...asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }),
          reference: "repository",
        },
      },
    ),
    refuse("payload-reference-mismatch"),
  ),
]);
