import { served, refuse, trial, type DrillCase } from "../../drill-case.ts";
import { asking } from "../../good.ts";

export const h15: DrillCase = served("H15", "401 / 429 / 503 / TLS failure on `.sig` only", "production", [
  trial(
    {
      evidence: [],
      lie: "sig-401",
      ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }),
    },
    refuse("registry-auth"),
    "401",
  ),
  trial(
    {
      evidence: [],
      lie: "sig-429",
      ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }),
    },
    refuse("registry-unreachable", "registry-rate-limited"),
    "429",
  ),
  trial(
    {
      evidence: [],
      lie: "sig-503",
      ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }),
    },
    refuse("registry-unreachable"),
    "503",
  ),
  trial(
    {
      evidence: [],
      lie: "sig-reset",
      ask: asking({ log: { logs: [], proof: "promise", reason: "The older layout carries no proof.", min: 1 } }),
    },
    refuse("registry-unreachable"),
    "reset",
  ),
]);
