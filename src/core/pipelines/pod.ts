import type { UnixMs } from "../time.ts";
import { readFields, type FieldReader, type ObjectNote } from "./field-reader.ts";
import { readObjectMeta, type ObjectMeta } from "./object-meta.ts";

/** A pod with every container it has, or had. */
export type Pod = {
  readonly meta: ObjectMeta;
  readonly serviceAccount: string;
  readonly node: string;
  readonly phase: string;
  readonly startedAt?: UnixMs;
  readonly containers: readonly PodContainer[];
  /** Audiences of its projected service-account tokens; empty text where the volume names none (the API server's own). */
  readonly audiences: readonly string[];
  /** Created by the kubelet from a file: the API server has only its mirror. */
  readonly isMirror: boolean;
  readonly notes: readonly ObjectNote[];
};

export type PodContainer = {
  readonly name: string;
  readonly kind: "container" | "init" | "ephemeral" | "image-volume";
  /** As the spec names it. */
  readonly image: string;
  /** `status…image` and `status…imageID`, as the runtime writes them; empty before the container has started. */
  readonly statusImage: string;
  readonly imageId: string;
  readonly restarts: number;
  readonly startedAt?: UnixMs;
  readonly finishedAt?: UnixMs;
};

const GROUPS = [
  { kind: "init", spec: "initContainers", status: "initContainerStatuses" },
  { kind: "container", spec: "containers", status: "containerStatuses" },
  { kind: "ephemeral", spec: "ephemeralContainers", status: "ephemeralContainerStatuses" },
] as const;

/** Reads a pod. Never throws; what is missing or of the wrong type is left out and noted. */
export function readPod(object: unknown): Pod {
  const notes: ObjectNote[] = [];
  const pod = readFields(object, notes);
  const meta = readObjectMeta(pod);
  const spec = pod.at("spec");
  const status = pod.at("status");
  const startedAt = status.time("startTime");
  return {
    meta,
    serviceAccount: spec.text("serviceAccountName") || spec.text("serviceAccount") || "default",
    node: spec.text("nodeName") ?? "",
    phase: status.text("phase") ?? "",
    ...(startedAt !== undefined && { startedAt }),
    containers: [...GROUPS.flatMap((group) => readGroup(spec, status, group)), ...readImageVolumes(spec)],
    audiences: readAudiences(spec),
    isMirror: Object.hasOwn(meta.annotations, "kubernetes.io/config.mirror"),
    notes,
  };
}

/** When the last container of a pod ended; `undefined` while one runs or when no status says it. */
export function podEndOf(pod: Pod): UnixMs | undefined {
  const ran = pod.containers.filter((container) => container.kind !== "image-volume");
  const ends = ran.flatMap((container) => container.finishedAt ?? []);
  return ends.length === ran.length ? ends.toSorted((a, b) => b - a)[0] : undefined;
}

function readGroup(spec: FieldReader, status: FieldReader, group: (typeof GROUPS)[number]): readonly PodContainer[] {
  const statuses = new Map(status.items(group.status).map((item) => [item.text("name") ?? "", item]));
  return spec.items(group.spec).map((container) => {
    const name = container.text("name") ?? "";
    const found = statuses.get(name);
    return {
      name,
      kind: group.kind,
      image: container.text("image") ?? "",
      statusImage: found?.text("image") ?? "",
      imageId: found?.text("imageID") ?? "",
      restarts: found?.count("restartCount") ?? 0,
      ...readTimes(found),
    };
  });
}

/** The running state has the start, the terminated one both; a waiting container may still have run before. */
function readTimes(status: FieldReader | undefined): { readonly startedAt?: UnixMs; readonly finishedAt?: UnixMs } {
  const state = status?.at("state");
  const running = state?.at("running").time("startedAt");
  if (running !== undefined) return { startedAt: running };
  const ended = state?.at("terminated").present ? state.at("terminated") : status?.at("lastState", "terminated");
  const startedAt = ended?.time("startedAt");
  const finishedAt = ended?.time("finishedAt");
  return { ...(startedAt !== undefined && { startedAt }), ...(finishedAt !== undefined && { finishedAt }) };
}

function readImageVolumes(spec: FieldReader): readonly PodContainer[] {
  return spec.items("volumes").flatMap((volume) => {
    const image = volume.at("image").text("reference");
    if (image === undefined) return [];
    const name = volume.text("name") ?? "";
    return [{ name, kind: "image-volume" as const, image, statusImage: "", imageId: "", restarts: 0 }];
  });
}

function readAudiences(spec: FieldReader): readonly string[] {
  const sources = spec.items("volumes").flatMap((volume) => volume.at("projected").items("sources"));
  const tokens = sources.map((source) => source.at("serviceAccountToken")).filter((token) => token.present);
  return [...new Set(tokens.map((token) => token.text("audience") ?? ""))];
}
