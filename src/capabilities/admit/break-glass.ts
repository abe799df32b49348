import { unreachable } from "../../core/bug.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";
import type { BreakGlass } from "../../core/policy/trust-policy.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import { API_VERSION } from "../../core/names.ts";
import { Fault } from "../../core/fault.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import type { ClusterOperator, Operated, OperatedObject } from "../../ports/cluster-operator.ts";

export type BreakGlassPorts = {
  readonly operator: ClusterOperator;
  readonly now: () => UnixMs;
  /** The emergencies that stand in a text of documents. */
  readonly read: (path: string, text: string) => readonly BreakGlass[];
};

/** What one person asks for. */
export type BreakGlassRequest = {
  readonly namespaces: readonly string[];
  readonly reason: string;
  readonly ticket: string;
  readonly durationMs: number;
};

export type BreakGlassDone =
  | { readonly kind: "done"; readonly glass: BreakGlass }
  | Extract<Operated, { readonly kind: "refused" }>;

/** The emergencies of one cluster, in the ConfigMap that holds its policy. */
export type BreakGlassDesk = {
  readonly list: (signal: AbortSignal) => Promise<readonly BreakGlass[]>;
  /** The first person. Opens nothing. */
  readonly ask: (request: BreakGlassRequest, signal: AbortSignal) => Promise<BreakGlassDone>;
  /** The second. */
  readonly approve: (name: string, signal: AbortSignal) => Promise<BreakGlassDone>;
  /** Anybody. */
  readonly end: (name: string, signal: AbortSignal) => Promise<BreakGlassDone>;
};

const CONFIG_MAPS = { group: "", version: "v1", plural: "configmaps" };

/**
 * Opens namespaces in an emergency (trust-policy chapter §1.4): one person asks, a second approves, and it ends by itself.
 * Who they are is what the API server says of each; the webhook's `/policy` holds them to it. Faults: those of the operator,
 * `input.unknown`, `input.malformed`.
 */
export function breakGlassDesk({ operator, now, read }: BreakGlassPorts, namespace: string): BreakGlassDesk {
  const map: OperatedObject = { resource: CONFIG_MAPS, namespace, name: "trust-policy" };
  const look = async (signal: AbortSignal): Promise<Held> => {
    const found = await operator.read(map, signal);
    if (!found) throw new Fault("input.unknown", `${operator.name}: ConfigMap ${namespace}/${map.name}`);
    const data = isFields(found["data"]) ? Object.entries(found["data"]) : [];
    const glasses = data.flatMap(([key, text]) =>
      typeof text === "string" ? read(key, text).map((glass) => ({ key, glass })) : [],
    );
    const { resourceVersion } = found.metadata;
    return { glasses, resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "" };
  };
  const put = async (key: string, glass: BreakGlass | null, held: Held, signal: AbortSignal): Promise<Operated> => {
    const { resourceVersion } = held;
    const data = { [key]: glass && renderBreakGlass(glass) };
    const metadata = resourceVersion === "" ? {} : { metadata: { resourceVersion } };
    return operator.merge(map, { ...metadata, data }, signal);
  };
  const change = async (
    name: string,
    signal: AbortSignal,
    to: (glass: BreakGlass) => Promise<BreakGlass | null>,
  ): Promise<BreakGlassDone> => {
    const held = await look(signal);
    const found = held.glasses.find(({ glass }) => glass.name === name);
    if (!found) throw new Fault("input.unknown", `${operator.name}: BreakGlass ${name}`);
    if (found.key !== keyOf(name)) {
      throw new Fault("input.malformed", `BreakGlass ${name} stands in ${found.key} with others; edit it there`);
    }
    const glass = await to(found.glass);
    return settled(operator.name, glass ?? found.glass, await put(found.key, glass, held, signal));
  };
  return {
    list: async (signal) => (await look(signal)).glasses.map(({ glass }) => glass),
    ask: async ({ durationMs, ...asked }, signal) => {
      const [held, requester] = await Promise.all([look(signal), operator.whoAmI(signal)]);
      const created = wholeSecond(now());
      const name = nameOf(requester, created, asked);
      const glass = { ...asked, name, requester, created, ends: addMs(created, durationMs), approved: false };
      return settled(operator.name, glass, await put(keyOf(name), glass, held, signal));
    },
    approve: async (name, signal) => {
      const approver = await operator.whoAmI(signal);
      return change(name, signal, async (glass) => {
        if (glass.requester === approver)
          throw new Fault("input.malformed", `${approver} asked for ${name}; another person approves it`);
        if (glass.ends <= now()) throw new Fault("input.malformed", `${name} is over; ask anew`);
        return { ...glass, approver, approved: true };
      });
    },
    end: (name, signal) => change(name, signal, async () => null),
  };
}

type Held = {
  readonly glasses: readonly { readonly key: string; readonly glass: BreakGlass }[];
  readonly resourceVersion: string;
};

function keyOf(name: string): string {
  return `break-glass-${name}.yaml`;
}

/** RFC 3339 of Kubernetes has whole seconds. */
function wholeSecond(at: UnixMs): UnixMs {
  return addMs(at, -(at % 1000));
}

function nameOf(requester: string, created: UnixMs, asked: object): string {
  return `bg-${toHex(sha256(toUtf8(JSON.stringify([requester, created, asked])))).slice(0, 8)}`;
}

function settled(cluster: string, glass: BreakGlass, outcome: Operated): BreakGlassDone {
  switch (outcome.kind) {
    case "done":
      return { kind: "done", glass };
    case "refused":
      return outcome;
    case "absent":
      throw new Fault("input.unknown", `${cluster}: the ConfigMap has gone`);
    case "conflict":
      throw new Fault("cluster.unreachable", `${cluster}: the policy changed in between; look again and repeat`);
    default:
      return unreachable(outcome);
  }
}

/** As a document of the policy set; JSON is YAML. */
function renderBreakGlass({ name, created, ends, requester, approver, ...spec }: BreakGlass): string {
  const { reason, ticket, namespaces, approved } = spec;
  const persons = { ...(requester !== undefined && { requester }), ...(approver !== undefined && { approver }) };
  const document = {
    apiVersion: API_VERSION,
    kind: "BreakGlass",
    metadata: { name, creationTimestamp: renderRfc3339(created) },
    spec: { reason, ticket, namespaces, ends: renderRfc3339(ends), ...persons, approved },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
