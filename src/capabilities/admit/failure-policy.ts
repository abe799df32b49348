import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { isJsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import { API_GROUP } from "../../core/names.ts";
import { readFields } from "../../core/pipelines/field-reader.ts";
import { addMs, parseRfc3339, renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { ClusterObject } from "../../ports/cluster.ts";
import type { ClusterOperator, Operated, OperatedObject } from "../../ports/cluster-operator.ts";

/** A wish that the API server admits what the webhook does not answer for, and what became of it. */
export type FailOpen = {
  readonly id: string;
  readonly requester: string;
  readonly reason: string;
  readonly ticket: string;
  readonly asked: UnixMs;
  readonly durationMs: number;
  readonly approver?: string;
  /** Absent until it is approved. */
  readonly until?: UnixMs;
};

/** How the two registrations stand. */
export type FailurePolicyState = {
  /** By webhook; empty where nothing is registered. */
  readonly webhooks: readonly { readonly name: string; readonly failurePolicy: string }[];
  readonly isOpen: boolean;
  readonly request?: FailOpen;
};

export type FailurePolicyRequest = Pick<FailOpen, "reason" | "ticket" | "durationMs">;
export type FailurePolicyDone =
  | { readonly kind: "done"; readonly state: FailurePolicyState }
  | Extract<Operated, { readonly kind: "refused" }>;

export type FailurePolicyDesk = {
  readonly look: (signal: AbortSignal) => Promise<FailurePolicyState>;
  /** The first person. Opens nothing. */
  readonly ask: (request: FailurePolicyRequest, signal: AbortSignal) => Promise<FailurePolicyDone>;
  /** The second: the API server admits from now on what the webhook does not answer for. */
  readonly approve: (id: string, signal: AbortSignal) => Promise<FailurePolicyDone>;
  /** Anybody, and whoever keeps the time. */
  readonly close: (signal: AbortSignal) => Promise<FailurePolicyDone>;
};

export type FailurePolicyPorts = { readonly operator: ClusterOperator; readonly now: () => UnixMs };

const NOTE = `${API_GROUP}/failure-policy`;
const PLURALS = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"] as const;
/** A wish that nobody approved is none any more. */
const ASKED_MS_MAX = 1_800_000;
export const FAIL_OPEN_MS_MAX: number = 4 * 3_600_000;

/**
 * The last resort when the webhook itself is gone (trust-policy chapter §1.4): failurePolicy `Ignore` for a while. One
 * person asks, a second approves, and whoever keeps the time closes. Nothing but RBAC and the API server's audit log holds
 * them to it: the webhook that could is what has failed. Faults: those of the operator, `input.unknown`, `input.malformed`.
 */
export function failurePolicyDesk({ operator, now }: FailurePolicyPorts): FailurePolicyDesk {
  const look = async (signal: AbortSignal): Promise<Held> => {
    const found = await Promise.all(PLURALS.map((plural) => operator.read(objectOf(plural), signal)));
    return { found, state: stateOf(found) };
  };
  const put = async (held: Held, change: Change, signal: AbortSignal): Promise<FailurePolicyDone> => {
    for (const [i, object] of held.found.entries()) {
      if (!object) continue;
      // oxlint-disable-next-line no-await-in-loop -- the validating one first: it holds the note
      const outcome = await operator.merge(objectOf(PLURALS[i] ?? PLURALS[0]), patchOf(object, change), signal);
      if (outcome.kind === "refused") return outcome;
      if (outcome.kind !== "done")
        throw new Fault("cluster.unreachable", `${operator.name}: the registration changed in between; repeat`);
    }
    return { kind: "done", state: (await look(signal)).state };
  };
  return {
    look: async (signal) => (await look(signal)).state,
    ask: async (asked, signal) => {
      const [held, requester] = await Promise.all([registered(operator, look, signal), operator.whoAmI(signal)]);
      const at = now();
      const id = `fp-${toHex(sha256(toUtf8(JSON.stringify([requester, at, asked])))).slice(0, 8)}`;
      return put(held, { note: { ...asked, id, requester, asked: at } }, signal);
    },
    approve: async (id, signal) => {
      const [held, approver] = await Promise.all([registered(operator, look, signal), operator.whoAmI(signal)]);
      const { request } = held.state;
      if (request?.id !== id) throw new Fault("input.unknown", `${operator.name}: nobody asked for ${id}`);
      if (request.requester === approver)
        throw new Fault("input.malformed", `${approver} asked for ${id}; another person approves it`);
      const isLate = now() >= addMs(request.asked, ASKED_MS_MAX) || request.durationMs > FAIL_OPEN_MS_MAX;
      if (isLate) throw new Fault("input.malformed", `${id} is too old, or too long; ask anew`);
      const until = addMs(now(), request.durationMs);
      return put(held, { note: { ...request, approver, until }, failurePolicy: "Ignore" }, signal);
    },
    close: async (signal) => put(await look(signal), { note: null, failurePolicy: "Fail" }, signal),
  };
}

/** Keeps the time: closes what is over. What was opened by hand is somebody's own decision, and only told. */
export async function closeWhenOver(
  desk: FailurePolicyDesk,
  now: UnixMs,
  signal: AbortSignal,
): Promise<{ readonly state: FailurePolicyState; readonly closed: boolean }> {
  const state = await desk.look(signal);
  const until = state.request?.until;
  if (!state.isOpen || until === undefined || now < until) return { state, closed: false };
  const done = await desk.close(signal);
  // With who had opened it, for whoever tells it.
  return done.kind === "done" ? { state: { ...state, ...done.state }, closed: true } : { state, closed: false };
}

type Held = { readonly found: readonly (ClusterObject | undefined)[]; readonly state: FailurePolicyState };
type Change = { readonly note: FailOpen | null; readonly failurePolicy?: "Fail" | "Ignore" };

async function registered(
  { name }: ClusterOperator,
  look: (signal: AbortSignal) => Promise<Held>,
  signal: AbortSignal,
): Promise<Held> {
  const held = await look(signal);
  if (held.state.webhooks.length > 0) return held;
  throw new Fault("input.unknown", `${name}: no registration called countersign`);
}

function objectOf(plural: (typeof PLURALS)[number]): OperatedObject {
  return {
    resource: { group: "admissionregistration.k8s.io", version: "v1", plural },
    namespace: "",
    name: "countersign",
  };
}

/** Of images only: what guards the policy itself stays shut. */
function isOfImages(name: string): boolean {
  return name === `images.${API_GROUP}` || name === `resolve.images.${API_GROUP}`;
}

function stateOf(found: readonly (ClusterObject | undefined)[]): FailurePolicyState {
  const webhooks = found.flatMap((object) =>
    readFields(object ?? {}, [])
      .items("webhooks")
      .map((webhook) => ({ name: webhook.text("name") ?? "", failurePolicy: webhook.text("failurePolicy") ?? "Fail" }))
      .filter(({ name }) => isOfImages(name)),
  );
  const note = found.map(
    (object) =>
      readFields(object ?? {}, [])
        .at("metadata")
        .texts("annotations")[NOTE],
  );
  const request = note.flatMap((text) => (text === undefined ? [] : (readNote(text) ?? [])))[0];
  const isOpen = webhooks.some(({ failurePolicy }) => failurePolicy === "Ignore");
  return { webhooks, isOpen, ...(request && { request }) };
}

function patchOf(object: ClusterObject, { note, failurePolicy }: Change): JsonObject {
  // Read again as JSON, since a list is replaced as a whole and must be what it was but for one member.
  const whole = readJson(toUtf8(JSON.stringify(object)), { bytesMax: 4 * 1024 * 1024, depthMax: 64 });
  const json = whole.ok && isJsonObject(whole.value) ? whole.value : {};
  const list = Array.isArray(json["webhooks"]) ? json["webhooks"] : [];
  const webhooks = list.map((webhook) =>
    isJsonObject(webhook) &&
    typeof webhook["name"] === "string" &&
    isOfImages(webhook["name"]) &&
    failurePolicy !== undefined
      ? { ...webhook, failurePolicy }
      : webhook,
  );
  const version = object.metadata["resourceVersion"];
  const annotations = { [NOTE]: note && renderNote(note) };
  const metadata = { annotations, ...(typeof version === "string" && { resourceVersion: version }) };
  return { metadata, ...(failurePolicy !== undefined && { webhooks }) };
}

function renderNote({ asked, until, ...note }: FailOpen): string {
  return JSON.stringify({
    ...note,
    asked: renderRfc3339(asked),
    ...(until !== undefined && { until: renderRfc3339(until) }),
  });
}

/** `undefined` for what is none: somebody else wrote it. */
function readNote(text: string): FailOpen | undefined {
  const json = readJson(toUtf8(text), { bytesMax: 8192, depthMax: 4 });
  const note = readFields(json.ok ? json.value : {}, []);
  const [id, requester, reason = "", ticket = ""] = ["id", "requester", "reason", "ticket"].map((key) =>
    note.text(key),
  );
  const [asked, until] = ["asked", "until"].map((key) => parseRfc3339(note.text(key) ?? ""));
  const durationMs = note.count("durationMs");
  const approver = note.text("approver");
  if (id === undefined || requester === undefined || asked === undefined || durationMs === undefined) return undefined;
  const approved = { ...(approver !== undefined && { approver }), ...(until !== undefined && { until }) };
  return { id, requester, reason, ticket, asked, durationMs, ...approved };
}
