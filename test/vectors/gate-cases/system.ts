import type { SystemSources } from "../../../src/core/gate/judge/read-systems.ts";
import { readSystemChanges } from "../../../src/core/gate/judge/read-systems.ts";
import type { PolicyChangeOptions } from "../../../src/core/gate/judge/judge-policies.ts";
import type { GateReport } from "../../../src/core/gate/report.ts";
import { EXCUSABLE_CODES } from "../../../src/core/policy/reason-class.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";
import { isAdmitted, OPTIONS, reportOf, toPiece, toPlace, treeOf, type EvidenceSpec, type PlaceSpec } from "./world.ts";

type TupleSpec = PlaceSpec & { readonly evidence?: readonly (EvidenceSpec | string)[]; readonly symbolic?: string };
type SystemCase = GateCase & {
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  readonly gateConfig?: {
    readonly systems: readonly { readonly id: string; readonly engine: string; readonly sources: readonly string[] }[];
  };
  readonly expect: {
    readonly verdict?: string;
    readonly exit?: number;
    readonly code?: string;
    readonly diff?: boolean;
    readonly undecided?: number;
    readonly witness?: TupleSpec;
    readonly lost?: TupleSpec;
  };
};

/** Runs a case about the pieces around policies: the whole tree of each side, verdict, exit code, codes and tuples. */
export function runSystemCase(given: GateCase): CaseResult {
  const c = given as SystemCase;
  const [base, head] = [treeOf(withProduct(c.before)), treeOf(withProduct(c.after))];
  const options = optionsOf(c);
  const report = reportOf(base, head, options);
  return resultOf([...judgeReport(c, report), ...judgeTuples(c, report, () => readSystemChanges(base, head, options))]);
}

function judgeReport({ expect }: SystemCase, report: GateReport): readonly string[] {
  const { verdict = report.verdict, code, exit = exitOf(expect.verdict) } = expect;
  const all = [...report.findings, ...report.undecided];
  const told = all.map((one) => `${one.code} ${one.message}`).join("; ");
  return [
    ...(report.verdict === verdict ? [] : [`verdict is ${report.verdict}, not ${verdict}: ${told}`]),
    ...(report.exit === exit ? [] : [`exit is ${report.exit}, not ${exit}: ${told}`]),
    ...(code === undefined || all.some((one) => one.code === code) ? [] : [`no ${code}, but ${told}`]),
    ...(expect.diff !== true || report.undecided.some(({ open }) => open?.diff) ? [] : ["no difference is shown"]),
    ...(expect.undecided === undefined || report.undecided.length === expect.undecided
      ? []
      : [`${report.undecided.length} are undecided`]),
  ];
}

function exitOf(verdict: string | undefined): number {
  if (verdict === "UNDECIDED") return 3;
  return verdict === "LOOSENED" || verdict === "INCOMPARABLE" ? 1 : 0;
}

function judgeTuples(
  { expect }: SystemCase,
  report: GateReport,
  read: () => ReturnType<typeof readSystemChanges>,
): readonly string[] {
  const { witness, lost } = expect;
  const shown = report.findings.flatMap(({ witness: found }) =>
    typeof found?.["symbolic"] === "string" ? [found["symbolic"]] : [],
  );
  const symbolic = witness?.symbolic;
  if (symbolic !== undefined)
    return shown.some((text) => text.startsWith(symbolic)) ? [] : [`symbolic is ${shown.join()}`];
  return [
    ...(witness && !read().some((one) => isDifferent(witness, one.change.head, one.change.base))
      ? ["the witness is none"]
      : []),
    ...(lost && !read().some((one) => isDifferent(lost, one.change.base, one.change.head))
      ? ["what is lost is not"]
      : []),
  ];
}

type Side = Parameters<typeof isAdmitted>[0];

function isDifferent({ evidence = [], ...place }: TupleSpec, admitting: Side, refusing: Side): boolean {
  const systems = [admitting, refusing];
  const tuple = { place: toPlace(place), evidence: evidence.map((piece) => toPiece(piece, systems)) };
  return isAdmitted(admitting, tuple, systems) && !isAdmitted(refusing, tuple, systems);
}

function optionsOf({ gateConfig }: SystemCase): PolicyChangeOptions {
  const systems = gateConfig?.systems.map(({ id, engine, sources }): SystemSources => ({
    id,
    engine,
    has: ({ file, pointer }) => sources.includes(file) || sources.includes(`${file}#${spelled(pointer)}`),
  }));
  return { ...OPTIONS, ...(systems && { systems }) };
}

/** `/data/policy.json` as `data["policy.json"]`. */
function spelled(pointer: string): string {
  const [, holder = "", key = ""] = pointer.split("/");
  return `${holder}["${key}"]`;
}

/** The stand-in for the product's own exceptions (see the fixtures' README). */
function withProduct(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, toException(text)]));
}

function toException(text: string): string {
  if (!text.includes("PolicyExceptionWindow")) return text;
  const [from, to] = ["notBefore", "notAfter"].map((name) => new RegExp(`${name}: '([^']+)'`).exec(text)?.[1] ?? "");
  const people =
    "requester: {issuer: https://sso.example.com, subject: alice}, approver: {issuer: https://sso.example.com, subject: bob}";
  const why = "reason: a window of the case that is moved, ticket: https://tickets.example.com/SEC-1";
  const codes = `reasonCodes: [${EXCUSABLE_CODES.join(", ")}]`;
  const scope = `scope: {repository: ghcr.io/acme/web, namespaces: [dev], clusters: [prod-1], ${codes}}`;
  return `{apiVersion: countersign.dev/v1alpha1, kind: TrustException, metadata: {name: e}, spec: {${scope}, ${why}, ${people}, notBefore: '${from}', ends: '${to}'}}\n`;
}
