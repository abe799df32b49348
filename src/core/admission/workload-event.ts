import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256 } from "../digest.ts";
import { API_GROUP, PRODUCT } from "../names.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import { messageOf, toReference, type ObjectReference } from "./policy-report.ts";
import { cutTo, toPrintable } from "./printable.ts";
import type { ReverifiedImage } from "./reverified.ts";

/** An Event of the core group, on the object that a person deployed (trust-policy chapter §5.6). */
export type WorkloadEvent = {
  readonly apiVersion: "v1";
  readonly kind: "Event";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: ObjectReference;
  readonly reason: EventReason;
  readonly message: string;
  readonly type: "Warning";
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count: number;
};

/** `WouldDeny`: it runs, and would be refused if it were created now. Nobody has denied it anything. */
export type EventReason = "CountersignWouldDeny" | "CountersignAudit" | "CountersignBreakGlass";

/** The chapter's bound: one a (object, digest, code) in ten minutes. */
const BUCKET_MS = 600_000;
/** The API server's own limit on a message is 1,024 bytes. */
const MESSAGE_MAX = 900;
const WORKLOADS_MAX = 20;

/**
 * Events about an image that runs, one for each workload. Their names follow from what they say and from the ten minutes
 * they are said in, so that the API server itself refuses the second of two.
 */
export function toWorkloadEvents(image: ReverifiedImage, now: UnixMs): readonly WorkloadEvent[] {
  const reason = reasonOf(image);
  if (!reason) return [];
  const { running, verdict } = image;
  const { namespace } = running;
  const at = renderRfc3339(now);
  return running.workloads.slice(0, WORKLOADS_MAX).map((workload) => {
    const said = [workload.uid, verdict.digest ?? "", verdict.code, reason, Math.floor(now / BUCKET_MS)].join(" ");
    const hash = toHex(sha256(toUtf8(said))).slice(0, 16);
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${workload.name.slice(0, 200)}.${hash}`, namespace },
      involvedObject: toReference(namespace, workload),
      reason,
      message: cutTo(toPrintable(messageOf(image)), MESSAGE_MAX),
      type: "Warning",
      source: { component: PRODUCT },
      reportingComponent: `${API_GROUP}/server`,
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
  });
}

/** Only what somebody should look at; what could not be found out is told by the metrics, and not to every developer. */
function reasonOf({ verdict, mode }: ReverifiedImage): EventReason | undefined {
  if (verdict.outcome === "broken-glass") return "CountersignBreakGlass";
  if (verdict.outcome !== "denied") return undefined;
  return mode === "audit" ? "CountersignAudit" : "CountersignWouldDeny";
}
