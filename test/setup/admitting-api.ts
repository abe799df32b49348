import { randomUUID } from "node:crypto";
import { request } from "node:https";

/** What an API server says to one request. */
export type ApiAnswer = { readonly status: number; readonly body: ApiObject; readonly warnings: readonly string[] };
export type ApiObject = { readonly message?: string; readonly [field: string]: unknown };

/** An API server that asks webhooks before it stores anything. */
export type AdmittingApi = {
  readonly ask: (method: "POST" | "PUT" | "GET" | "DELETE", path: string, object?: object) => Promise<ApiAnswer>;
  readonly close: () => Promise<void>;
};

/** A registration as far as the stand-in follows it: whom to call, and for which namespaces. */
type Webhook = {
  readonly clientConfig: { readonly url: string; readonly caBundle: string };
  readonly failurePolicy: string;
  readonly timeoutSeconds: number;
  readonly namespaceSelector: {
    readonly matchExpressions: readonly { readonly operator: string; readonly values: readonly string[] }[];
  };
  readonly matchConditions?: readonly { readonly expression: string }[];
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly operations: readonly string[];
  }[];
};
type Configuration = { readonly kind: string; readonly webhooks: readonly Webhook[] };
type Target = {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly sub: string;
};
type Response = {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: { readonly code: number; readonly message: string };
};

/**
 * A stand-in for the admission chain of an API server: calls mutating, then validating webhooks as the registrations say,
 * applies their patches, and stores what they let pass. It validates nothing of its own.
 */
export function openAdmittingApi(): AdmittingApi {
  const stored = new Map<string, ApiObject>();
  const configurations: Configuration[] = [];
  const write = async (
    method: "POST" | "PUT" | "DELETE",
    path: string,
    object: object | undefined,
  ): Promise<ApiAnswer> => {
    const target = parseTarget(path, object);
    const key = [target.group, target.namespace, target.plural, target.name].join("/");
    const before = stored.get(key);
    const operation = method === "PUT" ? "UPDATE" : method === "POST" ? "CREATE" : "DELETE";
    const admitted = await admit(configurations, {
      target,
      operation,
      object: object as ApiObject | undefined,
      before,
    });
    if (admitted.status >= 400) return admitted;
    if (method === "DELETE") stored.delete(key);
    else stored.set(key, admitted.body);
    return admitted;
  };
  return {
    ask: async (method, path, object) => {
      if (method === "GET") return answerRead(stored, path);
      if (path.includes("/admissionregistration.k8s.io/")) {
        configurations.push(object as Configuration);
        return { status: 201, body: {}, warnings: [] };
      }
      return write(method, path, object);
    },
    close: async () => undefined,
  };
}

function answerRead(stored: ReadonlyMap<string, ApiObject>, path: string): ApiAnswer {
  const { group, namespace, plural, name } = parseTarget(path, undefined);
  const found = stored.get([group, namespace, plural, name].join("/"));
  return found
    ? { status: 200, body: found, warnings: [] }
    : { status: 404, body: { message: "not found" }, warnings: [] };
}

/** `/api/v1/namespaces/n/pods[/p[/sub]]`, and the same under `/apis/group/version`. */
function parseTarget(path: string, object: object | undefined): Target {
  const isCore = path.startsWith("/api/");
  const [group = "", version = "", ...parts] = path
    .replace(/^\/api\//, "//")
    .replace(/^\/apis\//, "/")
    .slice(1)
    .split("/");
  const isNamespaced = parts[0] === "namespaces" && parts.length > 2;
  const [namespace = "", plural = "", name = "", sub = ""] = isNamespaced ? parts.slice(1) : ["", ...parts];
  return { group: isCore ? "" : group, version, namespace, plural, name: name || nameIn(object), sub };
}

function nameIn(object: { readonly metadata?: { readonly name?: string } } | undefined): string {
  return object?.metadata?.name ?? "";
}

type Asked = {
  readonly target: Target;
  readonly operation: string;
  readonly object: ApiObject | undefined;
  readonly before: ApiObject | undefined;
};

async function admit(configurations: readonly Configuration[], asked: Asked): Promise<ApiAnswer> {
  const order = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
  const webhooks = order.flatMap((kind) =>
    configurations.filter((found) => found.kind === kind).flatMap((found) => found.webhooks),
  );
  let { object } = asked;
  const warnings: string[] = [];
  for (const webhook of webhooks.filter((found) => isFor(found, asked))) {
    // oxlint-disable-next-line no-await-in-loop -- a chain
    const response = await call(webhook, { ...asked, object });
    warnings.push(...(response.warnings ?? []));
    if (!response.allowed) {
      const { code = 403, message = "" } = response.status ?? {};
      return { status: code, body: { message: `admission webhook denied the request: ${message}` }, warnings };
    }
    if (response.patch !== undefined) object = applyPatch(object, response.patch);
  }
  return { status: asked.operation === "CREATE" ? 201 : 200, body: object ?? {}, warnings };
}

function isFor(webhook: Webhook, { target, operation }: Asked): boolean {
  const [expression] = webhook.namespaceSelector.matchExpressions;
  const isNamed = expression?.values.includes(target.namespace) === true;
  if (isNamed !== (expression?.operator === "In")) return false;
  const condition = webhook.matchConditions?.[0]?.expression;
  if (condition !== undefined && !condition.split(" || ").includes(`request.name == "${target.name}"`)) return false;
  const resource = target.sub === "" ? target.plural : `${target.plural}/${target.sub}`;
  return webhook.rules.some(
    (rule) =>
      rule.apiGroups.includes(target.group) && rule.resources.includes(resource) && rule.operations.includes(operation),
  );
}

async function call(webhook: Webhook, { target, operation, object, before }: Asked): Promise<Response> {
  const kind = (object ?? before)?.["kind"];
  const { group, version, namespace, plural, name, sub } = target;
  const review = {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: randomUUID(),
      kind: { group, version, kind },
      resource: { group, version, resource: plural },
      ...(sub !== "" && { subResource: sub }),
      name,
      namespace,
      operation,
      userInfo: { username: "admin" },
      object: object ?? null,
      oldObject: operation === "CREATE" ? null : (before ?? null),
      dryRun: false,
    },
  };
  const { status, text } = await post(webhook, JSON.stringify(review));
  if (status === 200) return (JSON.parse(text) as { response: Response }).response;
  const isOpen = webhook.failurePolicy === "Ignore";
  return isOpen
    ? { allowed: true }
    : { allowed: false, status: { code: 500, message: `the webhook answered ${status}` } };
}

function post(
  { clientConfig, timeoutSeconds }: Webhook,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = `${clientConfig.url}?timeout=${timeoutSeconds}s`;
  const ca = Buffer.from(clientConfig.caBundle, "base64").toString();
  return new Promise((resolve) => {
    const asked = request(url, { method: "POST", ca, headers: { "content-type": "application/json" } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => void (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", (error) => resolve({ status: 0, text: error.message }));
    asked.end(body);
  });
}

/** `test` and `replace` of RFC 6902, which is all that we send. */
function applyPatch(object: ApiObject | undefined, patch: string): ApiObject {
  const copy = structuredClone(object ?? {}) as Record<string, unknown>;
  for (const { op, path, value } of JSON.parse(Buffer.from(patch, "base64").toString()) as {
    op: string;
    path: string;
    value: unknown;
  }[]) {
    const steps = path.split("/").slice(1);
    const last = steps.pop() ?? "";
    let at = copy;
    for (const step of steps) at = at[step] as Record<string, unknown>;
    if (op === "test" && at[last] !== value) throw new Error(`test failed at ${path}`);
    at[last] = value;
  }
  return copy;
}
