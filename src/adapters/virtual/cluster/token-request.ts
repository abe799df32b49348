import { addMs, renderRfc3339, type UnixMs } from "../../../core/time.ts";
import { isFields, readFields, type FieldReader, type ObjectNote } from "../../../core/pipelines/field-reader.ts";
import { parseBase64Url } from "../../../core/bytes/base64.ts";
import { parseUtf8 } from "../../../core/bytes/utf8.ts";
import type { ApiObject } from "./object-table.ts";

/** What the stand-in asks of the issuer of tokens: the shape of the embedded OIDC issuer. */
export type TokenIssuer = (request: {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountUid: string;
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
  readonly audience: string;
  readonly expirationSeconds: number;
}) => string;

export type AuditLevel = "Metadata" | "Request";

export type TokenAsk = {
  readonly body: unknown;
  readonly serviceAccount: ApiObject;
  readonly podByName: (name: string) => ApiObject | undefined;
  readonly username: string;
  readonly now: UnixMs;
  readonly level: AuditLevel;
};

export type TokenAnswer =
  | { readonly kind: "issued"; readonly reply: unknown; readonly token: string; readonly audit: unknown }
  | { readonly kind: "refused"; readonly status: 400 | 403 | 409 | 422; readonly message: string };

/** The bounds of the API (kubernetes `pkg/apis/authentication/validation`). */
const SECONDS_DEFAULT = 3600;
const SECONDS_MIN = 600;
const SECONDS_MAX = 4_294_967_296;

/** Answers TokenRequest (`serviceaccounts/token`, authentication.k8s.io/v1) with one audience and at most one pod. */
export function answerTokenRequest(issue: TokenIssuer, ask: TokenAsk): TokenAnswer {
  const notes: ObjectNote[] = [];
  const spec = readFields(ask.body, notes).at("spec");
  const audience = spec.items("audiences").map(({ value }) => value)[0];
  const expirationSeconds = spec.count("expirationSeconds") ?? SECONDS_DEFAULT;
  if (typeof audience !== "string") return refused(400, "spec.audiences: the stand-in has no API audience to fill in");
  if (expirationSeconds < SECONDS_MIN || expirationSeconds > SECONDS_MAX) {
    return refused(422, "spec.expirationSeconds: may not specify a duration less than 10 minutes");
  }
  const account = accountOf(ask);
  const bound = spec.at("boundObjectRef");
  const pod = bound.present ? ask.podByName(bound.text("name") ?? "") : undefined;
  const refusal = bound.present ? judgeBinding(bound, pod, account.name) : undefined;
  if (refusal) return refusal;
  const token = issue({
    namespace: account.namespace,
    serviceAccount: account.name,
    serviceAccountUid: account.uid,
    ...placeOf(pod),
    audience,
    expirationSeconds,
  });
  const status = { token, expirationTimestamp: renderRfc3339(addMs(ask.now, expirationSeconds * 1000)) };
  const metadata = { name: account.name, namespace: account.namespace };
  const reply = { kind: "TokenRequest", apiVersion: "authentication.k8s.io/v1", metadata, spec: spec.value, status };
  return { kind: "issued", token, reply, audit: auditEvent(ask, token, metadata) };
}

/** As the API server: the pod must exist, be the one that is meant, and run as the account. */
function judgeBinding(bound: FieldReader, pod: ApiObject | undefined, account: string): TokenAnswer | undefined {
  if (bound.text("kind") !== "Pod") return refused(422, "spec.boundObjectRef.kind: only Pod");
  if (!pod) return refused(403, "the pod that the token is to be bound to does not exist");
  const fields = readFields(pod, []);
  const uid = bound.text("uid");
  if (uid !== undefined && uid !== fields.at("metadata").text("uid")) return refused(409, "the pod has another uid");
  return fields.at("spec").text("serviceAccountName") === account
    ? undefined
    : refused(403, "the pod runs as another service account");
}

function accountOf(ask: TokenAsk): { readonly namespace: string; readonly name: string; readonly uid: string } {
  const metadata = readFields(ask.serviceAccount, []).at("metadata");
  return {
    namespace: metadata.text("namespace") ?? "",
    name: metadata.text("name") ?? "",
    uid: metadata.text("uid") ?? "",
  };
}

function placeOf(pod: ApiObject | undefined): Pick<Parameters<TokenIssuer>[0], "pod" | "node"> {
  if (!pod) return {};
  const fields = readFields(pod, []);
  const metadata = fields.at("metadata");
  const node = fields.at("spec").text("nodeName");
  return {
    pod: { name: metadata.text("name") ?? "", uid: metadata.text("uid") ?? "" },
    ...(node !== undefined && { node: { name: node, uid: `node-${node}` } }),
  };
}

/** The event as the API server's audit log has it (`audit.k8s.io/v1`). */
function auditEvent(
  ask: TokenAsk,
  token: string,
  account: { readonly namespace: string; readonly name: string },
): unknown {
  const jti = jtiOf(token);
  const at = renderRfc3339(ask.now);
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: ask.level,
    auditID: `audit-${jti}`,
    stage: "ResponseComplete",
    requestURI: `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    verb: "create",
    user: { username: ask.username },
    objectRef: { resource: "serviceaccounts", ...account, apiVersion: "v1", subresource: "token" },
    ...(ask.level === "Request" && { requestObject: ask.body }),
    responseStatus: { metadata: {}, code: 201 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    annotations: { "authentication.kubernetes.io/issued-credential-id": `JTI=${jti}` },
  };
}

function jtiOf(token: string): string {
  const payload = parseBase64Url(token.split(".")[1] ?? "");
  const claims: unknown = JSON.parse((payload && parseUtf8(payload)) ?? "{}");
  return isFields(claims) && typeof claims["jti"] === "string" ? claims["jti"] : "";
}

function refused(status: 400 | 403 | 409 | 422, message: string): TokenAnswer {
  return { kind: "refused", status, message };
}
