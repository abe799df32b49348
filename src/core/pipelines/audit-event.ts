import type { UnixMs } from "../time.ts";
import { addMs } from "../time.ts";
import { readFields, type FieldReader, type ObjectNote } from "./field-reader.ts";

/**
 * One token that the API server issued for a service account, from its audit log (`audit.k8s.io/v1`, resource
 * `serviceaccounts/token`). `bound` and `audiences` are known from level `Request` on; OpenShift logs `Metadata` only.
 */
export type TokenIssue = {
  readonly auditId: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The requester; `system:node:<name>` for a projected token. */
  readonly requester: string;
  readonly issuedAt: UnixMs;
  /** `JTI=<uuid>` (KEP-4193); absent on older API servers. */
  readonly credentialId?: string;
  readonly audiences?: readonly string[];
  readonly bound?: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly expiresAt?: UnixMs;
};

/** The default of the API when the request names no `expirationSeconds`. */
const TOKEN_SECONDS_DEFAULT = 3600;

/** Reads an audit event; `undefined` when it is not a token that was issued. */
export function readTokenIssue(object: unknown): TokenIssue | undefined {
  const notes: ObjectNote[] = [];
  const event = readFields(object, notes);
  const target = event.at("objectRef");
  const issuedAt = event.time("requestReceivedTimestamp");
  if (!isIssuedToken(event) || issuedAt === undefined) return undefined;

  const spec = event.at("requestObject", "spec");
  const bound = spec.at("boundObjectRef");
  const credentialId = event.texts("annotations")["authentication.kubernetes.io/issued-credential-id"];
  const audiences = spec.present ? spec.items("audiences").flatMap((item) => textOf(item.value)) : undefined;
  return {
    auditId: event.text("auditID") ?? "",
    namespace: target.text("namespace") ?? "",
    serviceAccount: target.text("name") ?? "",
    requester: event.at("user").text("username") ?? "",
    issuedAt,
    ...(credentialId !== undefined && { credentialId }),
    ...(audiences && {
      audiences,
      expiresAt: addMs(issuedAt, 1000 * (spec.count("expirationSeconds") ?? TOKEN_SECONDS_DEFAULT)),
    }),
    ...(bound.present && { bound: readBound(bound) }),
  };
}

function readBound(bound: FieldReader): { readonly kind: string; readonly name: string; readonly uid: string } {
  return { kind: bound.text("kind") ?? "", name: bound.text("name") ?? "", uid: bound.text("uid") ?? "" };
}

function isIssuedToken(event: FieldReader): boolean {
  const target = event.at("objectRef");
  return (
    event.text("verb") === "create" &&
    target.text("resource") === "serviceaccounts" &&
    target.text("subresource") === "token" &&
    event.text("stage") === "ResponseComplete" &&
    event.at("responseStatus").count("code") === 201
  );
}

function textOf(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : [];
}
