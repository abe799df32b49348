import { describe, expect, test } from "vitest";
import { at } from "../../../test/setup/make-certificate.ts";
import { selectServices } from "./select-services.ts";
import type { ServiceSelection, SigningService } from "./signing-config.ts";

const service = (
  url: string,
  majorApiVersion: number,
  from: string,
  more: Partial<SigningService> = {},
): SigningService => ({
  url,
  majorApiVersion,
  validFor: { lo: at(`${from}-01-01T00:00:00Z`) },
  operator: "",
  ...more,
});
const v1 = service("v1", 1, "2021");
const v2 = service("v2", 2, "2025");
const v2New = service("v2-new", 2, "2026");
const v3 = service("v3", 3, "2026");
const ended = service("ended", 2, "2020", {
  validFor: { lo: at("2020-01-01T00:00:00Z"), hi: at("2026-05-31T23:59:59Z") },
});
const later = service("later", 2, "2027");
const now = at("2026-06-01T00:00:00Z");

function select(services: readonly SigningService[], selection: ServiceSelection): string {
  const selected = selectServices(services, { selection, versions: [1, 2], now });
  return selected.ok
    ? `${selected.value.services.map(({ url }) => url).join(" ")} ${selected.value.needed}`
    : selected.code;
}

describe("selectServices", () => {
  test.each<[string, readonly SigningService[], ServiceSelection, string]>([
    ["the highest version first, then the newest", [v1, v2, v2New], { selector: "any" }, "v2-new v2 v1 1"],
    ["neither unknown versions nor other times", [v3, ended, later, v1], { selector: "any" }, "v1 1"],
    ["nothing where nothing is usable", [v3, ended, later], { selector: "any" }, "signing-config-unsatisfiable"],
    [
      "all, one of each operator",
      [v1, { ...v2, operator: "a" }, { ...v2New, operator: "a" }],
      { selector: "all" },
      "v2-new v1 2",
    ],
    ["exactly so many of different operators", [v1, v2, v2New], { selector: "exact", count: 2 }, "v2-new v2 v1 2"],
    [
      "nothing where one operator runs them all",
      [v1, v2].map((one) => ({ ...one, operator: "a" })),
      { selector: "exact", count: 2 },
      "signing-config-unsatisfiable",
    ],
    [
      "a service to the last instant of its time",
      [{ ...ended, validFor: { lo: now, hi: now } }],
      { selector: "any" },
      "ended 1",
    ],
  ])("chooses %s", (_, services, selection, expected) => {
    expect(select(services, selection)).toBe(expected);
  });
});
