import { readDocuments } from "../../adapters/manifests/documents.ts";
import { checkChange } from "../../capabilities/gate/check-change.ts";
import { cutTo } from "../../core/admission/printable.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import { sameBytes } from "../../core/bytes/bytes.ts";
import { FAULTS, Fault } from "../../core/fault.ts";
import { readGateConfig, type GateConfigReading } from "../../core/gate/config/read-gate-config.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "../../core/json/json.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import type { UnixMs } from "../../core/time.ts";
import { allFindings, isBlocking, sentenceOf, verdictOf } from "../gate/finding-view.ts";
import { shown } from "../gate/shown.ts";
import type { Config } from "../config/config.ts";
import { gatePorts } from "../wiring/gate-ports.ts";
import { configMapChange, entriesOf, GATE_KEY, isGateKey, keyOf } from "./config-map-change.ts";
import type { GateMode } from "./gate-mode.ts";
import type { DocumentCheck } from "./webhook-handler.ts";

/** change-gate chapter §7: nobody waits longer for a change of one object. */
const BUDGET_STEPS = 5_000_000;

/** Holds a change of the policy's ConfigMap against what stands there now; `budgetMs` is when nobody waits any more. */
export type GatePolicy = (request: AdmissionRequest, now: UnixMs, budgetMs: number) => Promise<DocumentCheck>;

type Told = { readonly problem: string; readonly warning: string };

/**
 * Git is where a change is reviewed; this finds what goes round it. All that the change is judged by is of the object that
 * stands: no request brings its own waiver. What fails here is refused where it enforces.
 */
export function gatePolicy(config: Config, mode: GateMode): GatePolicy {
  return async (request, now, budgetMs) => {
    const told = await judge(config, request, now, budgetMs);
    if (mode === "report") return { problems: [], warnings: told.map(({ warning }) => warning) };
    return {
      problems: told.length === 0 ? [] : [...told.map(({ problem }) => problem).slice(0, PROBLEMS_MAX), WHAT_TO_DO],
      warnings: [],
      code: "policy-loosened",
    };
  };
}

/** A person is shown ten lines, and no page in each. */
const PROBLEMS_MAX = 9;
const PROBLEM_CHARACTERS_MAX = 600;
const WHAT_TO_DO = `Make the change through Git, or let an approver of ${GATE_KEY} put a waiver into the ConfigMap first (.waiver-NAME.yaml).`;

async function judge(
  config: Config,
  request: AdmissionRequest,
  now: UnixMs,
  budgetMs: number,
): Promise<readonly Told[]> {
  const { oldObject, operation } = request;
  if (operation !== "CREATE" && !oldObject) return [plain("gate: the API server does not say what stands there now")];
  const [before, after] = [
    operation === "CREATE" ? undefined : oldObject,
    operation === "DELETE" ? undefined : request.object,
  ];
  const check = checkChange({
    ...gatePorts(config, now),
    source: configMapChange(before, after),
    bundles: new Map(),
    budget: BUDGET_STEPS,
  });
  const late = AbortSignal.timeout(budgetMs);
  try {
    const report = await check({ only: "policy" }, late);
    const own = before ? judgeOwnKeys(before, after, request.user) : [];
    const told = [
      ...[...new Set([...own, ...misfits(before), ...misfits(after)])].map(plain),
      ...allFindings(report).filter(isBlocking).map(tell),
    ];
    return told.length === 0 && report.exit !== 0 ? [plain(`gate: ${report.verdict}, exit ${report.exit}`)] : told;
  } catch (error) {
    if (error instanceof Fault) return [plain(`${error.id}: ${FAULTS[error.id].message} (${error.subject})`)];
    if (late.aborted) return [plain("gate: not decided within the time that the API server waits")];
    throw error;
  }
}

function plain(text: string): Told {
  return { problem: shown(text), warning: shown(text) };
}

function tell(finding: GateFinding): Told {
  const { file, line, revision } = finding.where;
  const place = `${shown(keyOf(file))}:${line}${revision === "base" ? " (as it stands)" : ""}`;
  const head = `${finding.code} ${verdictOf(finding)} ${place}`;
  const decide = finding.open ? `; would decide it: ${shown(finding.open.decide)}` : "";
  const [signer] = signersOf(finding);
  return {
    problem: cutTo(`${head} ${sentenceOf(finding)}${decide}`, PROBLEM_CHARACTERS_MAX),
    // An image with its digest would take all the room that there is.
    warning: `${head} ${signer === undefined ? sentenceOf(finding) : `accepts ${shown(signer)}`}`,
  };
}

function signersOf({ witness }: GateFinding): readonly string[] {
  const evidence = witness?.["evidence"];
  const pieces = isJsonArray(evidence) ? evidence : [];
  return pieces.flatMap((piece) => (isJsonObject(piece) && typeof piece["san"] === "string" ? [piece["san"]] : []));
}

/** By what a change is judged, approvers alone change; taking a waiver out is anybody's. The API server says who asks. */
function judgeOwnKeys(before: JsonObject, after: JsonObject | undefined, user: string): readonly string[] {
  const [old, now] = [before, after ?? {}].map(
    (object) => new Map(entriesOf(object).map(({ path, bytes }) => [path, bytes])),
  );
  const keys = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].filter(isGateKey);
  const changed = keys.filter((key) => {
    const [was, is] = [old?.get(key), now?.get(key)];
    if (!is) return key === GATE_KEY;
    return !was || !sameBytes(was, is);
  });
  if (changed.length === 0) return [];
  const approvers = readConfigOf(before).config?.approvers ?? [];
  if (user !== "" && approvers.includes(user)) return [];
  return [`${changed.join(", ")}: changed by ${user}, who is no approver of the ${GATE_KEY} that stands`];
}

/** A configuration that cannot be read would stop every later change; one that chooses keys would let the others pass. */
function misfits(object: JsonObject | undefined): readonly string[] {
  if (!object) return [];
  const { problems, chooses } = readConfigOf(object);
  return [
    ...problems.map(renderProblem),
    ...(chooses
      ? [`${GATE_KEY}: include and exclude choose files of a repository; of a ConfigMap every key counts`]
      : []),
  ];
}

function readConfigOf(object: JsonObject): GateConfigReading & { readonly chooses?: boolean } {
  const file = entriesOf(object).find(({ path }) => path === GATE_KEY);
  if (!file) return { problems: [] };
  const { documents, problems } = readDocuments([file]);
  const chooses = documents.some(({ value }) => isJsonObject(value) && ("include" in value || "exclude" in value));
  return { ...(problems.length > 0 ? { problems } : readGateConfig(documents)), chooses };
}
