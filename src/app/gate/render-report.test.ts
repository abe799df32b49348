import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordingIo } from "../../../test/setup/io.ts";
import { GATE_CODES } from "../../core/gate/codes.ts";
import { toFinding, type GateFinding, type GateFindingDraft } from "../../core/gate/finding.ts";
import { toGateReport, type GatePart, type GateReport } from "../../core/gate/report.ts";
import { paintFor } from "../output/paint.ts";
import { GATE_FORMATS, type GateFormat } from "./formats.ts";
import { renderReport } from "./render-report.ts";

const SAN = "https://kubernetes.io/namespaces/dev/serviceaccounts/a";

function finding(change: Partial<GateFindingDraft> = {}): GateFinding {
  return toFinding({
    code: "GP001",
    level: "error",
    verdict: "LOOSENED",
    tier: "issuable",
    system: "policy-controller@prod",
    message: `payments now accepts signer ${SAN}`,
    witness: { san: SAN },
    where: { revision: "head", file: "policy/payments.yaml", line: 14, pointer: "/spec" },
    ...change,
  });
}

function report(findings: readonly GateFinding[], change: Partial<GatePart> = {}): GateReport {
  const systems = [
    {
      id: "policy-controller@prod",
      verdict: "LOOSENED",
      reverse: "lost",
      lost: [{ image: "ghcr.io/a", time: "any", evidence: [] }],
    },
  ] as const;
  const part = { systems, findings, waivers: [], notCovered: [], ...change };
  return toGateReport([part], {
    base: { oid: "a".repeat(40) },
    head: { oid: "b".repeat(40) },
    engine: { version: "1", re2js: "2", unicode: "17" },
    evaluatedAt: "2026-11-22T12:00:00Z",
  });
}

function render(of: GateReport, format: GateFormat): string {
  const { io } = recordingIo();
  return renderReport(of, format, paintFor(io, io.outTerminal));
}

const WAIVED = finding({ waiver: "2026-11-migrate", message: "waived one" });
const WARNING = finding({ level: "warning", tier: "theoretical", code: "GP004", message: "only a text" });
const LOST = finding({ level: "note", verdict: "NARROWED", message: "no longer accepts x" });
const OPEN = finding({
  level: "undecided",
  verdict: "UNDECIDED",
  code: "GP007",
  message: "a predicate changed",
  open: {
    reason: "two texts",
    decide: "a waiver that names both",
    diff: Array.from({ length: 30 }, (_, i) => `+${i}`).join("\n"),
  },
});
const DELETED = finding({
  code: "GP012",
  message: "the policy is gone",
  where: { revision: "base", file: "gone.yaml", line: 3, pointer: "" },
});
const ALL = report([finding(), WAIVED, WARNING, LOST, OPEN, DELETED], {
  waivers: [
    { name: "2026-11-migrate", file: ".countersign/waivers/a.yaml", state: "used", findings: [WAIVED.id], detail: "" },
  ],
  notCovered: [{ what: "charts/x", why: "not rendered" }],
});

describe("text", () => {
  test("says each finding in a line, by system, and the verdict last", () => {
    expect(render(ALL, "text")).toBe(`policy-controller@prod: LOOSENED; something accepted before is not any more
  ✗ LOOSENED policy/payments.yaml:14 payments now accepts signer ${SAN} [issuable] GP001
  ✓ LOOSENED policy/payments.yaml:14 waived one [issuable] (waived by 2026-11-migrate) GP001
  ! LOOSENED policy/payments.yaml:14 only a text [theoretical] GP004
  ✗ LOOSENED base:gone.yaml:3 the policy is gone [issuable] GP012

No longer accepted:
  NARROWED policy/payments.yaml:14 no longer accepts x [issuable] GP001
  policy-controller@prod: image ghcr.io/a, evidence none

Waivers:
  2026-11-migrate (.countersign/waivers/a.yaml): used, covers 1

Not decided:
  UNDECIDED policy/payments.yaml:14 a predicate changed [issuable] GP007
    why: two texts
    would decide it: a waiver that names both
${Array.from({ length: 20 }, (_, i) => `    +${i}`).join("\n")}
    … 10 more lines

Not looked at:
  charts/x: not rendered

✗ INCOMPARABLE, exit 1: 2 findings, 1 undecided, 1 waived, 1 warning, 1 system
`);
  });

  test("does not end with a verdict that sounds like a pass where something was found", () => {
    const { verdict: _, ...alone } = finding({ code: "GI001", level: "error" });
    expect(render(report([alone], { systems: [] }), "text")).toMatch(
      /\n✗ FINDINGS beside EQUIVALENT, exit 1: 1 finding,/,
    );
  });

  test("says of nothing that it is nothing", () => {
    expect(render(report([], { systems: [] }), "text")).toBe(
      "✓ EQUIVALENT, exit 0: 0 findings, 0 undecided, 0 waived, 0 warnings, 0 systems\n",
    );
  });
});

describe("json", () => {
  test("has its members in order, and the schema of the chapter", () => {
    const text = render(ALL, "json");
    const value = JSON.parse(text);
    expect(Object.keys(value)).toEqual(Object.keys(value).toSorted());
    expect(value).toMatchObject({
      schema: "countersign.gate.report/v1",
      base: { oid: "a".repeat(40) },
      verdict: "INCOMPARABLE",
      exit: 1,
      systems: [{ id: "policy-controller@prod", verdict: "LOOSENED", reverse: "lost" }],
      notCovered: [{ what: "charts/x", why: "not rendered" }],
    });
    expect(value.findings[0]).toMatchObject({ schema: "countersign.gate.finding/v1", waiver: null, code: "GP001" });
    expect(value.findings[1].waiver).toBe("2026-11-migrate");
    expect(value.undecided).toHaveLength(1);
  });
});

describe("sarif", () => {
  const value = JSON.parse(render(ALL, "sarif"));
  const [run] = value.runs;

  test("describes every code, in one run of 2.1.0", () => {
    expect([value.version, value.runs.length, run.tool.driver.name]).toEqual(["2.1.0", 1, "countersign gate"]);
    const ids = run.tool.driver.rules.map(({ id }: { readonly id: string }) => id);
    expect(ids).toEqual(Object.keys(GATE_CODES).toSorted());
    for (const { shortDescription, help } of run.tool.driver.rules) {
      expect([shortDescription.text.length > 5, help.text.length > 20]).toEqual([true, true]);
    }
  });

  test("says how grave, where, and by whom it is waived", () => {
    expect(run.results.map(toPoints)).toEqual([
      ["GP001", "error", undefined, "policy/payments.yaml", 14, undefined, undefined],
      ["GP001", "error", undefined, "policy/payments.yaml", 14, "waiver 2026-11-migrate", undefined],
      ["GP004", "warning", undefined, "policy/payments.yaml", 14, undefined, undefined],
      ["GP001", "note", undefined, "policy/payments.yaml", 14, undefined, undefined],
      ["GP012", "error", undefined, "gone.yaml", 3, undefined, "base"],
      ["GP007", "error", "review", "policy/payments.yaml", 14, undefined, undefined],
    ]);
    for (const { ruleId, ruleIndex, partialFingerprints } of run.results) {
      expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(partialFingerprints["countersignGate/v1"]).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
  });

  test("has only members that SARIF 2.1.0 has", () => {
    const known = new Set([
      "ruleId",
      "ruleIndex",
      "level",
      "kind",
      "message",
      "locations",
      "partialFingerprints",
      "suppressions",
      "properties",
    ]);
    for (const result of run.results) expect(Object.keys(result).filter((key) => !known.has(key))).toEqual([]);
    expect(Object.keys(run).toSorted()).toEqual(["results", "tool"]);
    expect(run.results[1].suppressions).toEqual([
      { kind: "external", status: "accepted", justification: "waiver 2026-11-migrate" },
    ]);
  });
});

type Result = {
  readonly ruleId: string;
  readonly level: string;
  readonly kind?: string;
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number };
    };
  }[];
  readonly suppressions?: readonly { readonly justification: string }[];
  readonly properties?: { readonly revision: string };
};

function toPoints(result: Result): readonly unknown[] {
  const { ruleId, level, kind, locations, suppressions, properties } = result;
  const place = locations[0]?.physicalLocation;
  return [
    ruleId,
    level,
    kind,
    place?.artifactLocation.uri,
    place?.region.startLine,
    suppressions?.[0]?.justification,
    properties?.revision,
  ];
}

describe("github", () => {
  test("says the verdict first, then what blocks, then the rest", () => {
    expect(
      render(ALL, "github")
        .split("\n")
        .map((line) => line.slice(0, 75)),
    ).toEqual([
      "::error title=countersign gate::INCOMPARABLE, exit 1: 2 findings, 1 undecid",
      "::error file=policy/payments.yaml,line=14,title=GP001 LOOSENED::payments no",
      "::error file=gone.yaml,line=3,title=GP012 LOOSENED::the policy is gone [iss",
      "::error file=policy/payments.yaml,line=14,title=GP007 UNDECIDED::a predicat",
      "::notice file=policy/payments.yaml,line=14,title=GP001 LOOSENED::waived one",
      "::warning file=policy/payments.yaml,line=14,title=GP004 LOOSENED::only a te",
      "::notice file=policy/payments.yaml,line=14,title=GP001 NARROWED::no longer ",
      "",
    ]);
  });
});

describe("gitlab", () => {
  test("is an array of issues of the code quality report", () => {
    const issues: readonly Record<string, unknown>[] = JSON.parse(render(ALL, "gitlab"));
    expect(issues.map(({ severity }) => severity)).toEqual(["blocker", "info", "major", "info", "blocker", "blocker"]);
    for (const issue of issues) {
      expect(Object.keys(issue).toSorted()).toEqual([
        "check_name",
        "description",
        "fingerprint",
        "location",
        "severity",
      ]);
    }
    expect(issues[0]).toMatchObject({
      check_name: "GP001 signer set wider",
      location: { path: "policy/payments.yaml", lines: { begin: 14 } },
    });
  });
});

describe("junit", () => {
  test("has a suite for each system, and a case for each rule", () => {
    const text = render(ALL, "junit");
    expect(text).toContain('<testsuite name="policy-controller@prod" tests="14" failures="2" errors="1" skipped="0">');
    expect(text).toContain('name="GP001 signer set wider"><failure type="LOOSENED" message="1 found">');
    expect(text).toContain('name="GP007 opaque predicate changed"><error type="UNDECIDED" message="1 found">');
    expect(text).toContain('name="GP005 mode no longer denies"/>');
    expect(render(report([WAIVED]), "junit")).toContain('<skipped message="waived"/>');
    expect(render(report([finding({ system: "pipelines", code: "GS001" })]), "junit")).toContain(
      '<testsuite name="pipelines" tests="17" failures="1"',
    );
  });
});

describe("markdown", () => {
  test("begins with its mark, and has a row for each finding", () => {
    const text = render(ALL, "markdown");
    expect(text.startsWith("<!-- countersign-gate -->\n### countersign gate: INCOMPARABLE, exit 1")).toBe(true);
    expect(text.match(/^\| (?:❌|⚠️|✅) \|/gm)).toHaveLength(6);
    expect(text).toContain("| ❌ | LOOSENED GP012 engine, policy object or webhook removed | `` base:gone.yaml:3 `` |");
    const [, json = ""] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
    expect(JSON.parse(json)).toEqual(JSON.parse(render(ALL, "json")));
  });

  test("stays below what a forge takes, and says what it leaves out", () => {
    const many = Array.from({ length: 2000 }, (_, i) => finding({ message: `${i} ${"é".repeat(100)}` }));
    const text = render(report(many), "markdown");
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60_000);
    expect(text).toMatch(/\d+ more findings are not shown here/);
    expect(text).toContain("The report is too long for a comment");
  });
});

/** What a repository can put into names and values: each would be something else in one of the formats. */
const HOSTILE =
  "a\n::error::b\r`c` ``d`` @team #1 | </details> ]]> <!-- --> \u202Ee\u0000\u0007\u2028[x](http://y) %0A \u212A\uD800";

describe("hostile text", () => {
  const hostile = report(
    [
      finding({
        message: HOSTILE,
        system: HOSTILE,
        waiver: HOSTILE,
        where: { revision: "head", file: HOSTILE, line: 1, pointer: HOSTILE },
      }),
      finding({ message: HOSTILE, level: "undecided", open: { reason: HOSTILE, decide: HOSTILE, diff: HOSTILE } }),
    ],
    {
      waivers: [{ name: HOSTILE, file: HOSTILE, state: "unused", findings: [], detail: HOSTILE }],
      notCovered: [{ what: HOSTILE, why: HOSTILE }],
    },
  );

  test.each(["text", "markdown"] as const)("%s shows it by its code points", (format) => {
    const text = render(hostile, format);
    expect(text).toContain("\\n::error::b\\r");
    expect(text).toContain("\\u{202E}e\\u{0}\\u{7}\\u{2028}");
    expect(text).toContain("\\u{212A}");
    expect(text).not.toMatch(/[\u202E\u2028\u212A]/);
  });

  test("text has no line of its making", () => {
    expect(
      render(hostile, "text")
        .split("\n")
        .filter((line) => line.startsWith("::")),
    ).toEqual([]);
  });

  test("github has one command for each finding, and no line of its making", () => {
    const lines = render(hostile, "github").split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.slice(0, 3).every((line) => /^::(?:error|notice) /.test(line))).toBe(true);
    expect(lines[2]).toContain("file=a%0A%3A%3Aerror%3A%3Ab%0D");
  });

  test("markdown names nobody, and ends nothing early", () => {
    const text = render(hostile, "markdown");
    const [table = "", details = ""] = text.split("<details>");
    expect(/[@#](?!\u200D)/.test(table.replace("###", ""))).toBe(false);
    expect(/@|#/.test(details)).toBe(false);
    for (const row of table.split("\n").filter((line) => line.startsWith("| ❌"))) {
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
      // Outside of code spans nothing of it is left.
      expect(row.replaceAll(/(`+) .*? \1(?!`)/g, "")).toMatch(
        /^\| ❌ \| (?:LOOSENED|UNDECIDED) GP001 signer set wider \|  \|  \|$/,
      );
    }
  });

  test("junit is XML whatever a policy says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const text = render(report([finding({ message })]), "junit");
        expect(/[^\P{Cc}\t\n\r]|\p{Cs}/u.test(text)).toBe(false);
        expect(text.match(/</g)).toHaveLength(render(report([finding()]), "junit").match(/</g)?.length ?? 0);
      }),
    );
  });

  test.each(GATE_FORMATS.filter((format) => format === "json" || format === "sarif" || format === "gitlab"))(
    "%s stays JSON, of ASCII alone",
    (format) => {
      const text = render(hostile, format);
      expect(text).toMatch(/^[\n\x20-\x7E]+$/);
      expect(() => JSON.parse(text)).not.toThrow();
    },
  );
});
