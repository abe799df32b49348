import { readTokenIssue } from "../../core/pipelines/audit-event.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClusterObject } from "../../ports/cluster.ts";
import type { ClusterStore, StoredObject } from "../../ports/cluster-store.ts";

/** Under this name the store keeps what the API server's audit log says of tokens: events come from its sink, not from the API. */
export const AUDIT_RESOURCE = "audit.k8s.io/events";

/** Records the audit events in which a service-account token was issued; the rest is passed over. Returns how many were kept. */
export function recordAudit(ports: {
  readonly clusters: ClusterStore;
  readonly clock: Clock;
}): (cluster: string, events: readonly unknown[]) => Promise<number> {
  return async (cluster, events) => {
    const now = ports.clock.now();
    const upserts = events.flatMap((event): readonly StoredObject[] => {
      const issue = readTokenIssue(event);
      if (!issue || issue.auditId === "") return [];
      const { auditId: uid, namespace, serviceAccount: name } = issue;
      const object = toObject(event);
      const place = { cluster, resource: AUDIT_RESOURCE, uid, namespace, name };
      return [
        {
          ...place,
          object,
          firstSeen: issue.issuedAt,
          lastSeen: issue.issuedAt,
          end: { kind: "deleted", goneBy: now },
        },
      ];
    });
    const last = upserts.at(-1);
    if (last) await ports.clusters.commit({ cluster, resource: AUDIT_RESOURCE, resourceVersion: last.uid, upserts });
    return upserts.length;
  };
}

/** An audit event has no metadata; the store keeps objects that do. */
function toObject(event: unknown): ClusterObject {
  const fields = typeof event === "object" && event !== null ? event : {};
  return { ...fields, apiVersion: "audit.k8s.io/v1", kind: "Event", metadata: {} };
}
