import type { Grade } from "../correlate/correlation.ts";
import type { DigestRef } from "../digest.ts";
import type { LogName } from "../entry/signing-event.ts";
import type { Identity } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";

/** How the image that runs relates to the digest that was signed (pipelines chapter §7, "Running image"). */
export type ImageMatch = "match-exact" | "match-index" | "match-child" | "match-config" | "no-match" | "unresolvable";

export type OwnerRef = { readonly kind: string; readonly name: string; readonly uid: string };

/** One container that runs, or ran, and what is known of the signature of its image. */
export type RunningContainer = {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly containerKind: "container" | "init" | "ephemeral" | "image-volume" | "build";
  /** As the pod spec names it. */
  readonly image: string;
  /** As the runtime reports it; empty before the container has started. */
  readonly imageId: string;
  /** The repository, without tag and digest. */
  readonly repository: string;
  /** What runs, as far as it is known. */
  readonly digest?: DigestRef;
  /** From the pod's own controller up; `orphaned` ends a chain with a missing parent. */
  readonly owners: readonly OwnerRef[];
  readonly startedAt?: UnixMs;
  readonly finishedAt?: UnixMs;
  readonly match: ImageMatch;
  readonly signing: "signed" | "unexpected-identity" | "unsigned" | "unresolvable";
  readonly signers: readonly Identity[];
  readonly events: readonly { readonly log: LogName; readonly logIndex: number }[];
  /** Of the best correlation of those events. */
  readonly grade: Grade;
  readonly reasons: readonly string[];
};
