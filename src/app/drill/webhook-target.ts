import { parseBase64 } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { DrillAnswer } from "../../core/drill/answer.ts";
import { referenceOf, type Exhibit } from "../../core/drill/exhibit.ts";
import { container, podReview, policyReview } from "../../core/drill/review.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import { POLICY_CONFIG_MAP } from "../webhook/check-documents.ts";

/** Posts a body to the webhook that an artifact is judged by, and gives what it answers. */
export type PostReview = (
  exhibit: Exhibit,
  review: { readonly path: "/resolve" | "/admit" | "/policy"; readonly body: Uint8Array },
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

/** An admission webhook that speaks AdmissionReview v1, in this process or behind HTTPS. */
export function webhookTarget(post: PostReview): DrillTarget {
  return {
    name: "webhook",
    ask: async (exhibit, signal) => {
      const unread = await refusedText(post, exhibit, signal);
      if (unread) return unread;
      const asked = exhibit.review ?? podReview({ containers: [container(referenceOf(exhibit))] });
      const body = exhibit.resolve ? await resolved(post, exhibit, asked, signal) : asked;
      const reply = await post(exhibit, { path: "/admit", body: toUtf8(body) }, signal);
      const strays = exhibit.strayRequests?.() ?? 0;
      if (strays > 0) return { kind: "admitted", detail: `${strays} requests to a host that nothing leads to rightly` };
      const answer = toAnswer(reply.status, reply.body);
      const isOther = exhibit.resolve && answer.kind === "admitted" && !body.includes(exhibit.digest);
      return isOther ? { kind: "refused", codes: ["other-image"], detail: "admitted is another image" } : answer;
    },
  };
}

/** A policy that is text goes to whoever reads policies first; what it refuses is never in force. */
async function refusedText(post: PostReview, exhibit: Exhibit, signal: AbortSignal): Promise<DrillAnswer | undefined> {
  if (!exhibit.documents) return undefined;
  const body = toUtf8(policyReview(POLICY_CONFIG_MAP, exhibit.documents));
  const reply = await post(exhibit, { path: "/policy", body }, signal);
  const answer = toAnswer(reply.status, reply.body);
  if (answer.kind !== "refused") return undefined;
  const codes = [...answer.detail.matchAll(/\bTP\d{3}\b/g)].map(([code]) => code);
  return { ...answer, codes: codes.length > 0 ? codes : answer.codes };
}

/** The review after the first webhook has put digests to the tags, as the API server applies its patch. */
async function resolved(post: PostReview, exhibit: Exhibit, body: string, signal: AbortSignal): Promise<string> {
  const reply = await post(exhibit, { path: "/resolve", body: toUtf8(body) }, signal);
  const json = readJson(reply.body, { bytesMax: REPLY_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const { patch } = memberOf(json.ok ? json.value : {}, "response");
  const bytes = typeof patch === "string" ? parseBase64(patch) : undefined;
  const steps = readJson(bytes ?? toUtf8("[]"), { bytesMax: REPLY_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const list = steps.ok && isJsonArray(steps.value) ? steps.value.filter(isJsonObject) : [];
  // Each replacement is preceded by a test of what it replaces.
  return list.reduce((text, step, i) => {
    const before = list[i - 1];
    const isPair = step["op"] === "replace" && before?.["op"] === "test" && before["path"] === step["path"];
    return isPair ? text.replace(JSON.stringify(before["value"]), JSON.stringify(step["value"])) : text;
  }, body);
}

const REPLY_BYTES_MAX = 1024 * 1024;

function toAnswer(status: number, body: Uint8Array): DrillAnswer {
  if (status !== 200) return { kind: "refused", codes: [`http-${status}`], detail: `HTTP ${status}` };
  const json = readJson(body, { bytesMax: REPLY_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const response = json.ok ? memberOf(json.value, "response") : {};
  const denial = memberOf(response, "status");
  const message = denial["message"];
  const detail = typeof message === "string" ? message : "";
  if (response["allowed"] === true) return { kind: "admitted", detail: annotationOf(response) };
  return { kind: "refused", codes: causesOf(denial), detail };
}

function memberOf(value: JsonObject[string], name: string): JsonObject {
  const member = isJsonObject(value) ? value[name] : undefined;
  return isJsonObject(member) ? member : {};
}

function annotationOf(response: JsonObject): string {
  return Object.entries(memberOf(response, "auditAnnotations"))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : ""}`)
    .join(" ");
}

function causesOf(denial: JsonObject): readonly string[] {
  const { causes } = memberOf(denial, "details");
  if (!isJsonArray(causes)) return ["none"];
  return causes.flatMap((cause) => {
    const reason = isJsonObject(cause) ? cause["reason"] : undefined;
    return typeof reason === "string" ? [reason] : [];
  });
}
