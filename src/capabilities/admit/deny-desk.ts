import { unreachable } from "../../core/bug.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { API_VERSION } from "../../core/names.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";
import { judgeDenyChange } from "../../core/policy/judge/denied.ts";
import type { DeniedWhat, DenyRule } from "../../core/policy/trust-policy.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import type { ClusterOperator, Operated, OperatedObject } from "../../ports/cluster-operator.ts";

export type DenyPorts = {
  readonly operator: Pick<ClusterOperator, "name" | "read" | "merge" | "whoAmI">;
  readonly now: () => UnixMs;
  /** The rules that stand in a text of documents. Faults: `policy.invalid`. */
  readonly read: (path: string, text: string) => readonly DenyRule[];
};

export type DenyRequest = {
  readonly what: DeniedWhat;
  readonly since?: UnixMs;
  readonly until?: UnixMs;
  readonly reason: string;
};

/** `withdrawn`: it holds until somebody else removes it. `refused`: the API server, or a webhook, said no. */
export type DenyDone =
  | { readonly kind: "added" | "withdrawn" | "removed"; readonly rule: DenyRule }
  | Extract<Operated, { readonly kind: "refused" }>;

/** The register of deny rules of one cluster. */
export type DenyDesk = {
  readonly list: (signal: AbortSignal) => Promise<readonly DenyRule[]>;
  readonly add: (request: DenyRequest, signal: AbortSignal) => Promise<DenyDone>;
  /** The first person withdraws a rule, the second takes it out. */
  readonly remove: (name: string, signal: AbortSignal) => Promise<DenyDone>;
};

/** The ConfigMap in which a cluster keeps its deny rules, beside the one with its policy. */
export const DENY_CONFIG_MAP = "deny-rules";

const CONFIG_MAPS = { group: "", version: "v1", plural: "configmaps" };

/** A rule with the key of the ConfigMap that it stands under. */
type Held = {
  readonly rules: readonly { readonly key: string; readonly rule: DenyRule }[];
  readonly resourceVersion: string;
};

/** Reads the register through the API server; one that is not there denies nothing. Faults: the operator's, `policy.invalid`. */
export async function lookAtRegister(
  { operator, read }: { readonly operator: Pick<ClusterOperator, "read">; readonly read: DenyPorts["read"] },
  namespace: string,
  signal: AbortSignal,
): Promise<Held> {
  const found = await operator.read(mapIn(namespace), signal);
  const data = isFields(found?.["data"]) ? Object.entries(found["data"]) : [];
  const rules = data.flatMap(([key, text]) =>
    typeof text === "string" ? read(key, text).map((rule) => ({ key, rule })) : [],
  );
  const version = found?.metadata["resourceVersion"];
  return { rules, resourceVersion: typeof version === "string" ? version : "" };
}

function mapIn(namespace: string): OperatedObject {
  return { resource: CONFIG_MAPS, namespace, name: DENY_CONFIG_MAP };
}

/**
 * Denies images and signers at once, by one person, and takes that back by two (audit chapter §5). Who they are is what the
 * API server says of each; the webhook's `/policy` holds them to it. Faults: those of the operator, `input.unknown`,
 * `input.malformed`, `policy.invalid`.
 */
export function denyDesk(ports: DenyPorts, namespace: string): DenyDesk {
  const { operator, now } = ports;
  const put = async (rule: DenyRule, text: string | null, held: Held, signal: AbortSignal): Promise<Operated> => {
    const { resourceVersion } = held;
    const metadata = resourceVersion === "" ? {} : { metadata: { resourceVersion } };
    return operator.merge(mapIn(namespace), { ...metadata, data: { [keyOf(rule.name)]: text } }, signal);
  };
  return {
    list: async (signal) => (await lookAtRegister(ports, namespace, signal)).rules.map(({ rule }) => rule),
    add: async (request, signal) => {
      const held = await lookAtRegister(ports, namespace, signal);
      const by = await operator.whoAmI(signal);
      const at = wholeSecond(now());
      const rule: DenyRule = { ...request, name: nameOf(by, at, request), by, at };
      return settled(operator.name, { kind: "added", rule }, await put(rule, renderRule(rule), held, signal));
    },
    remove: async (name, signal) => {
      const held = await lookAtRegister(ports, namespace, signal);
      const user = await operator.whoAmI(signal);
      const found = held.rules.find(({ rule }) => rule.name === name);
      if (!found) throw new Fault("input.unknown", `${operator.name}: DenyRule ${name}`);
      const { key, rule } = found;
      if (key !== keyOf(name)) {
        throw new Fault("input.malformed", `DenyRule ${name} stands in ${key} with others; edit it there`);
      }
      if (rule.withdrawn === undefined) {
        const withdrawn = { ...rule, withdrawn: user };
        const outcome = await put(rule, renderRule(withdrawn), held, signal);
        return settled(operator.name, { kind: "withdrawn", rule: withdrawn }, outcome);
      }
      const [problem] = judgeDenyChange([rule], [], user);
      if (problem !== undefined) throw new Fault("input.malformed", problem);
      return settled(operator.name, { kind: "removed", rule }, await put(rule, null, held, signal));
    },
  };
}

function keyOf(name: string): string {
  return `deny-${name}.yaml`;
}

/** RFC 3339 of Kubernetes has whole seconds. */
function wholeSecond(at: UnixMs): UnixMs {
  return addMs(at, -(at % 1000));
}

function nameOf(by: string, at: UnixMs, request: DenyRequest): string {
  return `dr-${toHex(sha256(toUtf8(JSON.stringify([by, at, request])))).slice(0, 8)}`;
}

function settled(cluster: string, done: Exclude<DenyDone, { readonly kind: "refused" }>, outcome: Operated): DenyDone {
  switch (outcome.kind) {
    case "done":
      return done;
    case "refused":
      return outcome;
    case "absent":
      throw new Fault("input.unknown", `${cluster}: ConfigMap ${DENY_CONFIG_MAP}; make an empty one first`);
    case "conflict":
      throw new Fault("cluster.unreachable", `${cluster}: the register changed in between; look again and repeat`);
    default:
      return unreachable(outcome);
  }
}

/** As a document of the register; JSON is YAML. */
function renderRule({ name, what, since, until, reason, by, at, withdrawn }: DenyRule): string {
  const spec = {
    ...(what.kind === "identity" ? { identity: { issuer: what.issuer, san: what.san } } : { [what.kind]: what.digest }),
    ...(since !== undefined && { since: renderRfc3339(since) }),
    ...(until !== undefined && { until: renderRfc3339(until) }),
    reason,
    by,
    ...(at !== undefined && { at: renderRfc3339(at) }),
    ...(withdrawn !== undefined && { withdrawn }),
  };
  const document = { apiVersion: API_VERSION, kind: "DenyRule", metadata: { name }, spec };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
