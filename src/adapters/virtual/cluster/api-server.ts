import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { randomBytes } from "node:crypto";
import { isFields } from "../../../core/pipelines/field-reader.ts";
import { bug } from "../../../core/bug.ts";
import { readFields } from "../../../core/pipelines/field-reader.ts";
import type { UnixMs } from "../../../core/time.ts";
import { listen, type Listening, type ListenOptions } from "../serve.ts";
import { answerDiscovery } from "./discovery.ts";
import { listings, selectedName, type Listings } from "./listing.ts";
import { isRefusal, objectTable, type ApiObject, type ObjectTable, type Refusal } from "./object-table.ts";
import { readBody, readObject, sendJson, sendStatus } from "./replies.ts";
import { API_RESOURCES, parseTarget, type ApiResource, type Target } from "./resources.ts";
import { answerTokenRequest, type AuditLevel, type TokenIssuer } from "./token-request.ts";
import { WATCH_SECONDS_DEFAULT, watches, type Watches } from "./watches.ts";

/** Who may talk to the stand-in. `read`: get, list and watch, as the ClusterRole countersign-reader. */
export type ApiAccount = { readonly token: string; readonly username: string; readonly may: "read" | "write" };

export type ApiServerOptions = ListenOptions & {
  readonly now: () => UnixMs;
  /** Makes the tokens of TokenRequest; without it the request answers 404. */
  readonly issueToken?: TokenIssuer;
  /** Gets one audit event for each token. OpenShift logs at `Metadata`, which is the default here. */
  readonly onAudit?: (event: unknown) => void;
  readonly auditLevel?: AuditLevel;
  /** What it serves about its tokens: the discovery document and the JWK set; without it those paths answer 404. */
  readonly issuer?: { readonly discovery: unknown; readonly jwks: unknown };
  /** Audiences of tokens that it takes as credentials for itself (kube-apiserver `--api-audiences`); none unless given. */
  readonly apiAudiences?: readonly string[];
  readonly resources?: readonly ApiResource[];
  /** Beside the accounts that the server makes for itself. */
  readonly accounts?: readonly ApiAccount[];
};

/**
 * A stand-in for a Kubernetes API server, for tests and the demo: lists, watches, objects and tokens over a real socket.
 * It admits everything, schedules nothing, and is no API server.
 */
export type ApiServer = Listening & {
  /** Bearer tokens: of a reader, and of one who may write. */
  readonly readerToken: string;
  readonly adminToken: string;
  /** The objects behind the socket, for whoever plays the controllers. */
  readonly objects: ObjectTable;
  readonly resource: (plural: string) => ApiResource;
  readonly watches: Omit<Watches, "open">;
  /** Forgets history and snapshots: watches and lists that go on from before get 410. */
  readonly compact: () => void;
};

const BODY_BYTES_MAX = 3 * 1024 * 1024;

/** Starts the stand-in on loopback. Faults: `server.port-in-use`. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const table = objectTable(options.now);
  const resources = options.resources ?? API_RESOURCES;
  const tokens = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")] as const;
  const desk: Desk = {
    options,
    table,
    resources,
    lists: listings(table),
    issued: new Map(),
    watching: watches(table),
    accounts: [
      { token: tokens[0], username: "system:serviceaccount:countersign:reader", may: "read" },
      { token: tokens[1], username: "system:admin", may: "write" },
      ...(options.accounts ?? []),
    ],
  };
  let number = 0;
  const server = createServer((request, response) => {
    number += 1;
    const [path = ""] = (request.url ?? "").split("?", 1);
    const outage = options.outage?.({ method: request.method ?? "", path, number });
    if (outage === "reset") request.socket.destroy();
    else if (outage) response.writeHead(outage.status, { ...outage.headers }).end(outage.body ?? "");
    else void answer(desk, request, response);
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    readerToken: tokens[0],
    adminToken: tokens[1],
    objects: table,
    resource: (plural) => resources.find((known) => known.plural === plural) ?? bug(`no resource ${plural}`),
    watches: desk.watching,
    compact: () => {
      table.compact();
      desk.lists.expire();
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

type Desk = {
  readonly options: ApiServerOptions;
  readonly table: ObjectTable;
  readonly resources: readonly ApiResource[];
  readonly lists: Listings;
  readonly watching: Watches;
  readonly accounts: readonly ApiAccount[];
  /** Tokens that it issued, by audience. */
  readonly issued: Map<string, string>;
};

const KEYS_PATH = "/openid/v1/jwks";
const REVIEW_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

async function answer(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, BODY_BYTES_MAX);
  const url = new URL(request.url ?? "/", "http://stand-in");
  const account = accountOf(desk, request.headers.authorization ?? "");
  const method = request.method ?? "";
  if (!account) return sendStatus(response, 401, "Unauthorized", "Unauthorized");
  if (body === undefined) return sendStatus(response, 413, "RequestEntityTooLarge", "the body is too large");
  if (!isAcceptable(url.pathname, request.headers.accept)) {
    return sendStatus(response, 406, "NotAcceptable", "only application/jwk-set+json is served here");
  }
  const fixed = answerFixed(desk, `${method} ${url.pathname}`, account);
  if (fixed !== undefined) return sendJson(response, method === "GET" ? 200 : 201, fixed);
  return answerObjects(desk, { url, method, account, body, type: request.headers["content-type"] }, response);
}

type Asked = {
  readonly url: URL;
  /** Of the body. */
  readonly type: string | undefined;
  readonly method: string;
  readonly account: ApiAccount;
  readonly body: Uint8Array;
};

function answerObjects(desk: Desk, { url, method, account, body, type }: Asked, response: ServerResponse): void {
  const target = parseTarget(url.pathname, desk.resources);
  if (!target) return sendStatus(response, 404, "NotFound", "the server could not find the requested resource");
  if (method !== "GET" && account.may === "read") {
    return sendStatus(response, 403, "Forbidden", `${account.username} cannot ${method} ${target.resource.plural}`);
  }
  if (method === "GET") return answerRead(desk, target, url.searchParams, response);
  return answerWrite(desk, { target, method, account, body, type }, response);
}

/** An account by its token, or the bearer of a token of ours that is for the API, who may do nothing. */
function accountOf({ accounts, issued, options }: Desk, authorization: string): ApiAccount | undefined {
  const token = authorization.replace(/^Bearer /, "");
  const audience = issued.get(token);
  const isForUs = audience !== undefined && options.apiAudiences?.includes(audience) === true;
  return isForUs ? { token, username: "bearer", may: "read" } : accounts.find((known) => known.token === token);
}

/** The keys are served to those alone who name the type of a JWK set. */
function isAcceptable(path: string, accept = ""): boolean {
  return path !== KEYS_PATH || /jwk-set|\*\/\*/.test(accept);
}

/** What does not depend on objects: the issuer's documents, who asks, and discovery. */
function answerFixed({ options, resources }: Desk, asked: string, { username }: ApiAccount): unknown {
  const [method, path = ""] = asked.split(" ", 2);
  if (asked === `POST ${REVIEW_PATH}`) return { kind: "SelfSubjectReview", status: { userInfo: { username } } };
  if (method !== "GET") return undefined;
  if (path === "/.well-known/openid-configuration") return options.issuer?.discovery;
  if (path === KEYS_PATH) return options.issuer?.jwks;
  return answerDiscovery(resources, path);
}

function answerRead(desk: Desk, target: Target, query: URLSearchParams, response: ServerResponse): void {
  const { table, lists, watching } = desk;
  if (target.name !== undefined) {
    const found = table.read(target.resource, target.namespace, target.name);
    return found ? sendJson(response, 200, found) : sendStatus(response, 404, "NotFound", `"${target.name}" not found`);
  }
  const resourceVersion = query.get("resourceVersion") ?? "";
  if (query.get("watch") !== "true" && query.get("watch") !== "1") {
    const page = lists.page(target, query);
    if (page.kind === "page") return sendJson(response, 200, page.body);
    return sendStatus(response, 410, "Expired", "The provided continue parameter is too old");
  }
  if (resourceVersion !== "" && !table.changesAfter(Number(resourceVersion))) {
    return sendStatus(response, 410, "Expired", `too old resource version: ${resourceVersion}`);
  }
  return watching.open(response, {
    target,
    only: selectedName(query),
    resourceVersion,
    bookmarks: query.get("allowWatchBookmarks") === "true",
    timeoutSeconds: Number(query.get("timeoutSeconds") ?? WATCH_SECONDS_DEFAULT),
  });
}

type Write = {
  readonly target: Target;
  readonly method: string;
  readonly account: ApiAccount;
  readonly body: Uint8Array;
  /** `content-type` of the request. */
  readonly type: string | undefined;
};

const PATCHES: Readonly<Record<string, string>> = {
  "application/apply-patch+yaml": "APPLY",
  "application/merge-patch+json": "MERGE",
};

function answerWrite(desk: Desk, write: Write, response: ServerResponse): void {
  const { target, method, body } = write;
  const { resource, namespace, name } = target;
  if (method === "DELETE" && name !== undefined) {
    return settle(response, 200, desk.table.remove(resource, { namespace, name }));
  }
  const object = readObject(body, target);
  if (!object) return sendStatus(response, 400, "BadRequest", "the body is no object");
  if (name !== undefined) return answerObjectWrite(desk, write, object, response);
  if (method !== "POST") return sendStatus(response, 405, "MethodNotAllowed", method);
  return settle(response, 201, desk.table.create(resource, object));
}

function answerObjectWrite(desk: Desk, write: Write, object: ApiObject, response: ServerResponse): void {
  const { target, method, type } = write;
  const { resource, namespace, name = "", subresource = "" } = target;
  const verb = method === "PATCH" ? (PATCHES[type ?? ""] ?? method) : method;
  switch (`${verb} ${subresource}`) {
    case "PUT ":
      return settle(response, 200, desk.table.replace(resource, object));
    case "MERGE ":
      return answerMerge(desk, target, object, response);
    case "APPLY ":
      return answerApply(desk, target, object, response);
    case "PUT status":
    case "PATCH status":
      return settle(response, 200, desk.table.replaceStatus(resource, { namespace, name }, object["status"]));
    case "POST token":
      return answerToken(desk, write, object, response);
    default:
      return sendStatus(response, 405, "MethodNotAllowed", method);
  }
}

/** RFC 7386, which arrays are replaced by. */
function answerMerge({ table }: Desk, target: Target, patch: ApiObject, response: ServerResponse): void {
  const { resource, namespace, name = "" } = target;
  const known = table.read(resource, namespace, name);
  if (!known) return sendStatus(response, 404, "NotFound", `"${name}" not found`);
  const merged = merge(known, patch);
  return settle(
    response,
    200,
    table.replace(resource, { ...merged, metadata: isFields(merged["metadata"]) ? merged["metadata"] : {} }),
  );
}

function merge(target: unknown, patch: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = isFields(value) ? merge(merged[key], value) : value;
  }
  return merged;
}

/** Server-side apply, of a client that owns all of the object: made where it is not there, replaced where it is. */
function answerApply({ table }: Desk, target: Target, object: ApiObject, response: ServerResponse): void {
  const { resource, namespace, name = "" } = target;
  const isThere = table.read(resource, namespace, name) !== undefined;
  return isThere
    ? settle(response, 200, table.replace(resource, object))
    : settle(response, 201, table.create(resource, object));
}

function answerToken(desk: Desk, { target, account }: Write, body: ApiObject, response: ServerResponse): void {
  const { issueToken, onAudit, now, auditLevel = "Metadata" } = desk.options;
  const { resource, namespace, name = "" } = target;
  const serviceAccount = desk.table.read(resource, namespace, name);
  const pods = desk.resources.find(({ plural }) => plural === "pods");
  if (!issueToken || !serviceAccount)
    return sendStatus(response, 404, "NotFound", `serviceaccounts "${name}" not found`);
  const answered = answerTokenRequest(issueToken, {
    body,
    serviceAccount,
    podByName: (pod) => pods && desk.table.read(pods, namespace, pod),
    username: account.username,
    now: now(),
    level: auditLevel,
  });
  if (answered.kind === "refused") return sendStatus(response, answered.status, "Forbidden", answered.message);
  const [audience] = desk.options.issuer ? audiencesOf(body) : [];
  if (audience !== undefined) desk.issued.set(answered.token, audience);
  onAudit?.(answered.audit);
  return sendJson(response, 201, answered.reply);
}

function audiencesOf(body: ApiObject): readonly string[] {
  const list = readFields(body, []).at("spec").items("audiences");
  return list.map(({ value }) => value).filter((value) => typeof value === "string");
}

function settle(response: ServerResponse, status: number, result: ApiObject | Refusal): void {
  if (isRefusal(result)) return sendStatus(response, result.status, result.reason, result.message);
  return sendJson(response, status, result);
}
