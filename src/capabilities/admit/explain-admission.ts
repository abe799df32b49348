import { decisionRef } from "../../core/admission/decision-ref.ts";
import { renderDenial } from "../../core/admission/denial.ts";
import type { AdmissionAnswer } from "../../core/admission/response.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { reasonClassOf } from "../../core/policy/reason-class.ts";
import type { ImageVerdict } from "../../core/policy/review-verdict.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import { isAllowed, type Admission } from "./admit.ts";

/** An admission as the API server hears it, and as it is recorded. */
export type ExplainedAdmission = {
  readonly answer: AdmissionAnswer;
  /** What happened, for whoever keeps decisions; absent where there is nothing to explain later. */
  readonly record?: JsonObject;
};

/** Turns a judged request into words: the denial, one warning for each thing that was let pass, the notes for the audit log. */
export function explainAdmission(request: AdmissionRequest, admission: Admission, at: UnixMs): ExplainedAdmission {
  const { verdict, policy } = admission;
  const refused = verdict.images.filter((image) => !isAllowed(image));
  const warnings = [...verdict.images.flatMap(warningOf), ...(verdict.allowed ? refused.map(auditWarning) : [])];
  const annotations = { policy: verdict.policyHash };
  const { uid } = request;
  if (refused.length === 0 && warnings.length === 0) return { answer: { uid, warnings, annotations } };
  const record = recordOf(request, admission, at);
  const ref = decisionRef(record);
  const codes = [...new Set(verdict.images.map(({ code }) => code))].join(",");
  const answer = { uid, warnings, annotations: { ...annotations, verdict: ref, codes } };
  const kept = { ...record, ref };
  if (verdict.allowed) return { answer, record: kept };
  const message = renderDenial(refused, {
    namespace: request.namespace,
    policy: policy ? policyName(policy.set) : "",
    needs: (family) => policy?.needs(family) ?? "",
    expected: (authority) => policy?.expected(authority) ?? [],
    ref,
  });
  const causes = refused.map(({ code, path, canonical }) => ({ code, field: path, message: canonical }));
  // Only when every image failed for the world's sake is it worth trying again.
  const unavailable = refused.every(({ code }) => reasonClassOf(code) === "environment");
  return { answer: { ...answer, denial: { message, unavailable, causes } }, record: kept };
}

function policyName({ name, revision }: { readonly name: string; readonly revision?: number }): string {
  return revision === undefined ? name : `${name} r${revision}`;
}

/** One line for what was admitted although it is not satisfied. */
function warningOf({ outcome, given, exception = "" }: ImageVerdict): readonly string[] {
  if (outcome === "excepted") return [`exception ${exception}: ${given} is let pass`];
  return outcome === "broken-glass" ? [`break glass ${exception}: ${given} is let pass unjudged`] : [];
}

function auditWarning({ given, code }: ImageVerdict): string {
  return `audit: ${code}: ${given} will be refused once this namespace enforces`;
}

/** What a decision consists of. Its hash is its name, so nothing in it may depend on who asks for it later. */
function recordOf(request: AdmissionRequest, { verdict }: Admission, at: UnixMs): JsonObject {
  const { uid, operation, kind, namespace, name, user, dryRun } = request;
  return {
    at: renderRfc3339(at),
    request: { uid, operation, kind: kind.kind, namespace, name, user, dryRun },
    allowed: verdict.allowed,
    mode: verdict.mode,
    policy: { hash: verdict.policyHash, revision: verdict.policyRevision ?? null },
    engine: verdict.engine,
    images: verdict.images.map(({ path, given, canonical, family, outcome, code, exception }) => ({
      path,
      given,
      canonical,
      family: family ?? null,
      outcome,
      code,
      exception: exception ?? null,
    })),
  };
}
