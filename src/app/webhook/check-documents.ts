import { readDocuments } from "../../adapters/manifests/documents.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { judgeBreakGlassChange } from "../../core/admission/break-glass-change.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import { isJsonObject, type JsonObject } from "../../core/json/json.ts";
import { API_GROUP } from "../../core/names.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import { DENY_CONFIG_MAP } from "../../capabilities/admit/deny-desk.ts";
import { Fault } from "../../core/fault.ts";
import { judgeDenyChange } from "../../core/policy/judge/denied.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Config } from "../config/config.ts";
import { breakGlassOf, problemsOf } from "./load-policy.ts";
import { toDenyRules } from "./read-deny-rules.ts";
import { documentsOf, entriesOf } from "./config-map-change.ts";
import type { GatePolicy } from "./gate-policy.ts";
import type { CheckDocument } from "./webhook-handler.ts";

/** The ConfigMap in which a cluster keeps its policy (trust-policy chapter §1.1). */
export const POLICY_CONFIG_MAP = "trust-policy";

/**
 * Checks our own documents before they are stored: a ConfigMap of them, or one as a resource of its own. A document that
 * cannot be loaded is better refused where somebody is looking than found by the webhook at night. Who asks for an emergency
 * and who approves it is what the API server says, and not what they write.
 */
export function checkDocuments(config: Config, clock: Pick<Clock, "now">, gate?: GatePolicy): CheckDocument {
  return async (request, budgetMs) => {
    const now = clock.now();
    const problems = checkValidity(config, request, now);
    const { kind, name } = request;
    // What cannot be read is refused before it is compared.
    const isGated = problems.length === 0 && kind.kind === "ConfigMap" && name === POLICY_CONFIG_MAP;
    return gate && isGated ? gate(request, now, budgetMs) : { problems, warnings: [] };
  };
}

function checkValidity(config: Config, request: AdmissionRequest, now: UnixMs): readonly string[] {
  const { kind, name, object, operation } = request;
  if (kind.kind === "ConfigMap" && name === DENY_CONFIG_MAP) return checkDenyRules(request);
  if (!object || operation === "DELETE") return [];
  if (kind.kind === "ConfigMap" && name !== POLICY_CONFIG_MAP) return [];
  const isOurs = kind.kind === "ConfigMap" || kind.group === API_GROUP;
  return isOurs ? checkPolicy(config, request, object, now) : [];
}

function checkPolicy(
  config: Config,
  { kind, oldObject, user }: AdmissionRequest,
  object: JsonObject,
  now: UnixMs,
): readonly string[] {
  const read = (of: JsonObject) => readDocuments(kind.kind === "ConfigMap" ? documentsOf(of) : [toFile(kind.kind, of)]);
  const { documents, problems } = read(object);
  if (problems.length > 0) return problems.map(renderProblem);
  const wrong = problemsOf(documents, config, now);
  if (wrong.length > 0) return wrong;
  // What stood there before and cannot be read opened nothing: what opens now is asked for anew.
  const earlier = oldObject ? read(oldObject).documents : [];
  const [before, after] = [earlier, documents].map((set) => breakGlassOf(set, config, now));
  return judgeBreakGlassChange({ before: before ?? [], after: after ?? [], user, now });
}

/** One person adds a deny rule, two take it out; the API server says who asks. */
function checkDenyRules({ object, oldObject, user }: AdmissionRequest): readonly string[] {
  try {
    const [before, after] = [oldObject, object].map((one) => toDenyRules(one ? entriesOf(one) : []));
    return judgeDenyChange(before ?? [], after ?? [], user);
  } catch (error) {
    if (error instanceof Fault) return [error.subject];
    throw error;
  }
}

/** JSON is YAML, so there is one strict reader. What the API server added to the metadata is not ours to judge. */
function toFile(kind: string, object: AdmissionRequest["object"] & {}) {
  const { apiVersion = null, metadata, spec = null } = object;
  const { name = null, creationTimestamp = null } = isJsonObject(metadata) ? metadata : {};
  const stamped = creationTimestamp === null ? { name } : { name, creationTimestamp };
  const document = { apiVersion, kind, metadata: stamped, spec };
  return { path: `${kind.toLowerCase()}.json`, bytes: toUtf8(JSON.stringify(document)) };
}
