import { toBase64 } from "../bytes/base64.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { JsonObject } from "../json/json.ts";
import type { PatchStep } from "./pin.ts";
import { cutTo, toPrintable } from "./printable.ts";

/** What is said to the API server about one request. */
export type AdmissionAnswer = {
  readonly uid: string;
  readonly denial?: Denial;
  /** For the user, whether allowed or not. */
  readonly warnings: readonly string[];
  /** Into the audit log; the API server puts the webhook's name in front of each. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly patch?: readonly PatchStep[];
};

export type Denial = {
  readonly message: string;
  /** The world failed rather than the image: 503, so that controllers try again. */
  readonly unavailable: boolean;
  readonly causes: readonly { readonly code: string; readonly field: string; readonly message: string }[];
};

/** trust-policy chapter §4.3: the API server cuts longer ones, and drops those beyond a total. */
const WARNING_CHARACTERS_MAX = 120;
const WARNINGS_MAX = 5;
const CAUSES_MAX = 32;
const CAUSE_CHARACTERS_MAX = 200;
/** The API server takes 10 KiB of annotations a request. */
const ANNOTATION_CHARACTERS_MAX = 2048;

/** The AdmissionReview that answers a request (`k8s.io/api/admission/v1`, AdmissionResponse). */
export function renderReview(answer: AdmissionAnswer): string {
  const { uid, denial, warnings, annotations, patch = [] } = answer;
  const shown = warnings.slice(0, WARNINGS_MAX).map((text) => cutTo(toPrintable(text), WARNING_CHARACTERS_MAX));
  const noted = Object.entries(annotations).map(
    ([name, text]) => [name, cutTo(toPrintable(text), ANNOTATION_CHARACTERS_MAX)] as const,
  );
  const response: JsonObject = {
    uid,
    allowed: denial === undefined,
    ...(denial && { status: toStatus(denial) }),
    ...(shown.length > 0 && { warnings: shown }),
    ...(noted.length > 0 && { auditAnnotations: Object.fromEntries(noted) }),
    ...(patch.length > 0 && { patchType: "JSONPatch", patch: toBase64(toUtf8(JSON.stringify(patch))) }),
  };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response });
}

function toStatus({ message, unavailable, causes }: Denial): JsonObject {
  const kept = causes.slice(0, CAUSES_MAX).map(({ code, field, message: text }) => ({
    reason: code,
    field: cutTo(toPrintable(field), CAUSE_CHARACTERS_MAX),
    message: cutTo(toPrintable(text), CAUSE_CHARACTERS_MAX),
  }));
  return {
    status: "Failure",
    code: unavailable ? 503 : 403,
    reason: unavailable ? "ServiceUnavailable" : "Forbidden",
    message,
    details: { causes: kept },
  };
}
