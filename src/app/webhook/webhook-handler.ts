import type { Admit, AdmitQuestion } from "../../capabilities/admit/admit.ts";
import { explainAdmission } from "../../capabilities/admit/explain-admission.ts";
import type { PinImages } from "../../capabilities/admit/pin-images.ts";
import { renderReview } from "../../core/admission/response.ts";
import { readAdmissionReview, type AdmissionRequest } from "../../core/admission/review.ts";
import { imagesOfRequest } from "../../core/admission/workload-images.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { Clock } from "../../ports/clock.ts";
import type { WebhookMetrics } from "./webhook-metrics.ts";

/** What one of our own documents is wrong with, none where it may be stored; and what is said of it all the same. */
export type DocumentCheck = {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** What the problems are; `policy-invalid` unless given. */
  readonly code?: string;
};

/** Checks one of our own documents; `budgetMs` is how long the API server waits. */
export type CheckDocument = (request: AdmissionRequest, budgetMs: number) => Promise<DocumentCheck>;

export type WebhookDeps = {
  readonly admit: Admit;
  readonly pin: PinImages;
  readonly checkDocument: CheckDocument;
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsedMs: () => number;
  readonly metrics: WebhookMetrics;
  /** Keeps a decision. It may fail: a decision that cannot be kept is enforced all the same, and counted. */
  readonly record: (decision: JsonObject) => void;
  /** Hears of each decision that could not be kept. */
  readonly onUnrecorded: (error: unknown) => void;
  /** Where this webhook itself runs; it cannot judge the pods it consists of. */
  readonly ownNamespace: string;
  /** Templates get digests, too. Off by default: tools that compare a cluster with Git would see drift. */
  readonly pinTemplates: boolean;
};

export type WebhookReply = { readonly status: number; readonly body: string };

/** Answers one POST. `target` as in the request line; `undefined` bytes are a body that was too large. */
export type WebhookHandler = (target: string, body: Uint8Array | undefined) => Promise<WebhookReply>;

/** What the API server waits when it does not say (`timeoutSeconds` of the registration). */
const TIMEOUT_MS = 5_000;
const TIMEOUT_MAX_MS = 30_000;
/** Nothing is decided later than this part of what the API server waits (trust-policy chapter §5.1). */
const BUDGET_PART = 0.8;

/** The three endpoints of trust-policy chapter §5.1. What cannot be read is 400, which the API server takes as a no. */
export function webhookHandler(deps: WebhookDeps): WebhookHandler {
  return async (target, body) => {
    const startedAt = deps.elapsedMs();
    const [path = "", query = ""] = target.split("?", 2);
    const act = ACTS.get(path);
    if (!act) return { status: 404, body: "" };
    const review = body ? readAdmissionReview(body) : TOO_LARGE;
    const images = review.ok && act !== checkDocument ? imagesOfRequest(review.value) : NO_IMAGES;
    if (!review.ok || !images.ok) {
      deps.metrics.malformed();
      const { code, detail } = review.ok ? (images.ok ? TOO_LARGE : images) : review;
      return { status: 400, body: `${code}: ${detail}\n` };
    }
    // Whole: a timer takes nothing else, and clocks that never go back count in fractions.
    const budgetMs = Math.max(0, Math.floor(timeoutOf(query) * BUDGET_PART - (deps.elapsedMs() - startedAt)));
    const question = { request: review.value, images: images.value, budgetMs };
    return { status: 200, body: await act(deps, question, startedAt) };
  };
}

const TOO_LARGE = { ok: false, code: "too-large", detail: "the body is larger than the limit" } as const;
const NO_IMAGES = { ok: true, value: [] } as const;

type Act = (deps: WebhookDeps, question: AdmitQuestion, startedAt: number) => Promise<string>;

/** Mutating: only adds digests, and lets everything through to the judgement that follows. */
const resolveTags: Act = async (deps, question) => {
  const { uid, kind, namespace } = question.request;
  const isWanted = (kind.kind === "Pod" || deps.pinTemplates) && namespace !== deps.ownNamespace;
  const patch = isWanted ? await deps.pin(question) : [];
  return renderReview({ uid, warnings: [], annotations: {}, patch });
};

const judgeImages: Act = async (deps, question, startedAt) => {
  const { request } = question;
  if (request.namespace === deps.ownNamespace) {
    return renderReview({ uid: request.uid, warnings: [], annotations: { verdict: "own-namespace" } });
  }
  const admission = await deps.admit(question);
  const { answer, record } = explainAdmission(request, admission, deps.clock.now());
  if (record && !request.dryRun) keep(deps, record);
  deps.metrics.admitted(request, admission, (deps.elapsedMs() - startedAt) / 1000);
  return renderReview(answer);
};

function keep({ record, onUnrecorded }: WebhookDeps, decision: JsonObject): void {
  try {
    record(decision);
  } catch (error) {
    onUnrecorded(error);
  }
}

const checkDocument: Act = async (deps, { request, budgetMs }) => {
  const { problems, warnings, code = "policy-invalid" } = await deps.checkDocument(request, budgetMs);
  const { uid } = request;
  if (problems.length === 0) return renderReview({ uid, warnings, annotations: {} });
  const causes = problems.map((message) => ({ code, field: "spec", message }));
  const denial = { message: problems.slice(0, 10).join("\n"), unavailable: false, causes };
  return renderReview({ uid, warnings, annotations: {}, denial });
};

const ACTS: ReadonlyMap<string, Act> = new Map([
  ["/resolve", resolveTags],
  ["/admit", judgeImages],
  ["/policy", checkDocument],
]);

/** `timeout=5s`, as the API server writes it (k8s.io/apiserver, webhook request). */
function timeoutOf(query: string): number {
  const seconds = Number(/(?:^|&)timeout=(\d{1,2})s(?:&|$)/.exec(query)?.[1] ?? "");
  return seconds > 0 ? Math.min(seconds * 1000, TIMEOUT_MAX_MS) : TIMEOUT_MS;
}
