import { describe, expect, test } from "vitest";
import { parseUtf8 } from "../../src/core/bytes/utf8.ts";
import { checkWith } from "../setup/gate-world.ts";
import { memoryChange } from "../setup/memory-change.ts";
import { readGateCases, type GateCase } from "./gate-cases/gate-case.ts";
import { readWithStandIns } from "./gate-cases/stand-ins.ts";

type Files = Readonly<Record<string, string>>;
type WholeCase = GateCase & {
  readonly before: string | Files;
  readonly after: string | Files;
  readonly config?: string;
  readonly gateConfig?: object;
  readonly bundles?: object;
  readonly expect: { readonly verdict?: string; readonly exit?: number };
};

/** Documents that stand in for the product's own, which the case's own runner writes. */
const NOT_HERE = /PolicyExceptionWindow/;

const cases = readGateCases(
  "30-policy-controller.yaml",
  "40-kyverno.yaml",
  "50-containers-openshift.yaml",
  "55-notation.yaml",
  "60-system.yaml",
  "70-pipeline.yaml",
) as readonly WholeCase[];
const whole = cases.filter((c) => c.bundles === undefined && !NOT_HERE.test(JSON.stringify(c)));

const EXITS: Readonly<Record<string, number>> = { LOOSENED: 1, INCOMPARABLE: 1, UNDECIDED: 3 };

describe.skipIf(cases.length === 0)("the gate as a whole, over the cases of its parts", () => {
  test.each(whole)("$id $title", async (c) => {
    const gate = c.config ?? (c.gateConfig === undefined ? "{}" : JSON.stringify(c.gateConfig));
    const config = { ".countersign/gate.yaml": gate };
    const source = memoryChange({ ...config, ...filesOf(c.before) }, { ...config, ...filesOf(c.after) });
    const report = await checkWith({
      source,
      readManifests: (path, bytes) => readWithStandIns(path, parseUtf8(bytes) ?? ""),
    });
    const told = [...report.findings, ...report.undecided].map(
      ({ code, level, message }) => `${code} ${level} ${message}`,
    );
    const exit = c.expect.exit ?? EXITS[c.expect.verdict ?? ""] ?? 0;
    expect([report.exit, ...(report.exit === exit ? [] : told)]).toEqual([exit]);
  });
});

function filesOf(side: string | Files): Files {
  if (typeof side !== "string") return side;
  return { [/^\s*\{\s/.test(side) ? "policy.json" : "policy.yaml"]: side };
}
