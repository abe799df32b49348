import { unreachable } from "../bug.ts";
import { API_GROUP, PRODUCT } from "../names.ts";
import type { RequirementVerdict } from "../policy/review-verdict.ts";
import { cutTo, toPrintable } from "./printable.ts";
import { resultOf, type ReportResult, type ReverifiedImage } from "./reverified.ts";
import type { RunningWorkload } from "./running-image.ts";

/**
 * The two kinds of policy report that dashboards read: the Policy Working Group's `wgpolicyk8s.io/v1alpha2`, and
 * `openreports.io/v1alpha1`, its successor. Their results have the same fields.
 */
export type ReportKind = "wgpolicyk8s.io" | "openreports.io";

export const REPORT_KINDS: Readonly<
  Record<
    ReportKind,
    { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string }
  >
> = {
  "wgpolicyk8s.io": { group: "wgpolicyk8s.io", version: "v1alpha2", plural: "policyreports", kind: "PolicyReport" },
  "openreports.io": { group: "openreports.io", version: "v1alpha1", plural: "reports", kind: "Report" },
};

/** A policy report of one namespace, or a part of one (trust-policy chapter §5.6). */
export type PolicyReport = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly source?: string;
  readonly summary: Readonly<Record<ReportResult, number>>;
  readonly results: readonly PolicyReportResult[];
};

export type PolicyReportResult = {
  readonly source: string;
  readonly policy: string;
  readonly rule: string;
  readonly category: string;
  readonly severity: "high" | "medium" | "low";
  readonly result: ReportResult;
  readonly scored: boolean;
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
  readonly message: string;
  readonly resources: readonly ObjectReference[];
  readonly properties: Readonly<Record<string, string>>;
};

/** `core/v1` ObjectReference, as far as it is written. */
export type ObjectReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
};

/** By what our own reports are found again. */
export const REPORT_LABELS: Readonly<Record<string, string>> = {
  "app.kubernetes.io/managed-by": PRODUCT,
  [`${API_GROUP}/report`]: "running-images",
};

const NAME = `${PRODUCT}-running-images`;
/** etcd holds 1.5 MiB at most; 500 results stay below half of it. */
const RESULTS_MAX = 500;
const RESOURCES_MAX = 50;
const TEXT_MAX = 500;

/** The reports of one namespace: in parts, since no object may be larger than etcd takes. None where nothing runs. */
export function toPolicyReports(
  kind: ReportKind,
  namespace: string,
  images: readonly ReverifiedImage[],
): readonly PolicyReport[] {
  const { group, version, kind: name } = REPORT_KINDS[kind];
  const results = images.map((image) => toResult(namespace, image));
  const parts = Math.ceil(results.length / RESULTS_MAX);
  return Array.from({ length: parts }, (_, i) => {
    const part = results.slice(i * RESULTS_MAX, (i + 1) * RESULTS_MAX);
    return {
      apiVersion: `${group}/${version}`,
      kind: name,
      metadata: { name: i === 0 ? NAME : `${NAME}-${i}`, namespace, labels: REPORT_LABELS },
      ...(kind === "openreports.io" && { source: PRODUCT }),
      summary: summaryOf(part),
      results: part,
    };
  });
}

function summaryOf(results: readonly PolicyReportResult[]): PolicyReport["summary"] {
  const count = (wanted: ReportResult): number => results.filter(({ result }) => result === wanted).length;
  return { pass: count("pass"), fail: count("fail"), warn: count("warn"), error: count("error"), skip: count("skip") };
}

const SEVERITIES: Readonly<Record<ReportResult, PolicyReportResult["severity"]>> = {
  fail: "high",
  warn: "medium",
  error: "medium",
  skip: "low",
  pass: "low",
};

function toResult(namespace: string, image: ReverifiedImage): PolicyReportResult {
  const { verdict, running, at, policy } = image;
  const result = resultOf(image);
  const { digest, code, exception, family } = verdict;
  const failing = verdict.require && failingTerm(verdict.require);
  return {
    source: PRODUCT,
    policy: shown(family === undefined ? policy || "none" : `${policy}/${family}`),
    rule: shown(failing?.term ?? (image.needs || code)),
    category: "Image signature",
    severity: SEVERITIES[result],
    result,
    scored: result !== "skip",
    timestamp: { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 },
    message: shown(messageOf(image)),
    resources: running.workloads.slice(0, RESOURCES_MAX).map((workload) => toReference(namespace, workload)),
    properties: {
      code,
      image: shown(running.given),
      containers: shown([...new Set(running.workloads.flatMap(({ containers }) => containers))].join(", ")),
      workloads: String(running.workloads.length),
      ...(digest && { digest }),
      ...(failing && failing.authority !== "" && { authority: shown(failing.authority) }),
      ...(exception !== undefined && { exception: shown(exception) }),
    },
  };
}

/** One sentence: what is true of the image, in the words of the verdict. */
export function messageOf({ verdict, mode, running }: ReverifiedImage): string {
  const { outcome, code, exception = "" } = verdict;
  const image = running.given;
  switch (outcome) {
    case "satisfied":
      return `${image} is what the policy asks for`;
    case "denied":
      return mode === "audit"
        ? `${image} runs and would be refused if this namespace enforced: ${code}`
        : `${image} runs and would be refused now: ${code}`;
    case "excepted":
      return `${image} runs by exception ${exception}`;
    case "broken-glass":
      return `${image} runs unjudged while break glass ${exception} is open`;
    case "exempt":
      return `${image} runs where the policy does not look: ${code}`;
    case "unknown":
    case "unchanged":
      return `nothing could be found out about ${image}: ${code}`;
    default:
      return unreachable(outcome);
  }
}

type Term = Extract<RequirementVerdict, { readonly op: "term" }>;

/** The first term that is not met: what a person has to look at. */
function failingTerm(require: RequirementVerdict): Term | undefined {
  if (require.state === "pass") return undefined;
  if (require.op === "term") return require;
  return require.of.map(failingTerm).find((term) => term !== undefined);
}

export function toReference(namespace: string, { apiVersion, kind, name, uid }: RunningWorkload): ObjectReference {
  return { apiVersion, kind, namespace, name, uid };
}

function shown(text: string): string {
  return cutTo(toPrintable(text), TEXT_MAX);
}
