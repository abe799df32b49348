import type { Correlation, Grade } from "../correlate/correlation.ts";
import { isAtLeast } from "../correlate/grade.ts";
import { isSignature, type SignatureLink } from "../correlate/signature-link.ts";
import type { Seen } from "../correlate/world.ts";
import type { DigestRef } from "../digest.ts";
import { renderEventRef, type SigningEvent } from "../entry/signing-event.ts";
import { provenIdentity } from "../correlate/preconditions.ts";
import { renderIdentity, sameIdentity, type Identity } from "../identity/identity.ts";
import { parseImageId } from "../image/image-id.ts";
import { digestsOfSet, matchInSet, type ImageSet } from "../image/image-set.ts";
import { parseImageReference } from "../image/reference.ts";
import type { Pod, PodContainer } from "../pipelines/pod.ts";
import { familyOf, isExpected } from "../policy/judge-signer.ts";
import type { SignerFamily, SignerPolicy } from "../policy/signer-policy.ts";
import type { UnixMs } from "../time.ts";
import { ownerChain, type Owned } from "./owner-chain.ts";
import type { ImageMatch, RunningContainer } from "./running-container.ts";

/** All that the inventory looks at. */
export type InventoryWorld = {
  readonly pods: readonly Seen<Pod>[];
  /** Everything that may own a pod, runs included. */
  readonly owners: readonly Owned[];
  readonly imageSets: readonly ImageSet[];
  readonly links: readonly SignatureLink[];
  /** By `renderEventRef`, at least those that the links name. */
  readonly events: ReadonlyMap<string, SigningEvent>;
  readonly correlations: ReadonlyMap<string, Correlation>;
  readonly policy?: SignerPolicy;
};

/** Lists every container of every pod with what is known of the signature of its image. Nothing is left out. */
export function listContainers(world: InventoryWorld): readonly RunningContainer[] {
  const index = indexInventory(world);
  return world.pods.flatMap((pod) => {
    const owners = ownerChain(index.ownersByUid, pod.value.meta);
    const isBuild = owners[0]?.kind === "TaskRun";
    return pod.value.containers.map((container): RunningContainer => {
      const image = imageOf(container);
      return {
        cluster: pod.cluster,
        namespace: pod.value.meta.namespace,
        pod: pod.value.meta.name,
        podUid: pod.value.meta.uid,
        container: container.name,
        containerKind: isBuild && container.kind === "container" ? "build" : container.kind,
        image: container.image,
        imageId: container.imageId,
        repository: image.repository,
        ...(image.digest && { digest: image.digest }),
        owners,
        ...timesOf(pod, container),
        ...judgeImage(index, image),
      };
    });
  });
}

type Index = {
  readonly ownersByUid: ReadonlyMap<string, Owned>;
  /** By every digest that an image may go by. */
  readonly sets: ReadonlyMap<DigestRef, readonly ImageSet[]>;
  readonly links: ReadonlyMap<DigestRef, readonly SignatureLink[]>;
  readonly world: InventoryWorld;
};

function indexInventory(world: InventoryWorld): Index {
  const sets = new Map<DigestRef, ImageSet[]>();
  for (const set of world.imageSets) {
    for (const digest of digestsOfSet(set)) sets.set(digest, [...(sets.get(digest) ?? []), set]);
  }
  return {
    ownersByUid: new Map(world.owners.map((owner) => [owner.meta.uid, owner])),
    sets,
    links: Map.groupBy(world.links.filter(isSignature), ({ subject }) => subject),
    world,
  };
}

type Image = { readonly repository: string; readonly digest?: DigestRef; readonly reasons: readonly string[] };

/** What runs: the runtime's word before the spec's, for a tag moves and a pod does not. */
function imageOf(container: PodContainer): Image {
  const spec = parseImageReference(container.image);
  const status = parseImageReference(container.statusImage);
  const id = parseImageId(container.imageId);
  const named = spec.ok ? spec.value.repository : status.ok ? status.value.repository : "";
  if (id.kind === "manifest") return { repository: id.repository ?? named, digest: id.digest, reasons: [] };
  if (id.kind === "config") return { repository: named, digest: id.digest, reasons: [] };
  const digest = spec.ok ? spec.value.digest : undefined;
  const reason =
    id.kind === "unreadable"
      ? `the runtime's image id ${JSON.stringify(id.text)} is of no known form`
      : container.kind === "image-volume"
        ? "an image volume: the runtime does not report what it mounted"
        : "the container has not started";
  return { repository: named, ...(digest && { digest }), reasons: [reason] };
}

type Judged = Pick<RunningContainer, "match" | "signing" | "signers" | "events" | "grade" | "reasons">;

function judgeImage(index: Index, image: Image): Judged {
  const found = image.digest ? signaturesOf(index, image.digest) : [];
  const [first] = found;
  if (!image.digest || !first) return withoutSignature(index, image);
  const events = found.map(({ event }) => event);
  const signers = unique(events.flatMap((event) => provenIdentity(event) ?? []));
  const signing = judgeSigners(index.world.policy, image.repository, signers);
  return {
    match: first.match,
    signing: signing.state,
    signers,
    events: uniqueRefs(events),
    grade: bestGrade(events.map((event) => index.world.correlations.get(renderEventRef(event))?.grade ?? "none")),
    reasons: [...image.reasons, ...signing.reasons],
  };
}

type Found = { readonly event: SigningEvent; readonly match: ImageMatch };

/** Signatures of anything that the reported digest stands for, with how it does. Several indexes may share one child. */
function signaturesOf(index: Index, reported: DigestRef): readonly Found[] {
  const sets = index.sets.get(reported) ?? [];
  const known: readonly ImageSet[] = [...sets, { subject: reported, isIndex: false, children: [] }];
  const subjects = new Map<DigestRef, ImageMatch>();
  for (const set of known) {
    const match = matchInSet(set, reported);
    if (match && !subjects.has(set.subject)) subjects.set(set.subject, match);
  }
  return [...subjects].flatMap(([subject, match]) =>
    (index.links.get(subject) ?? []).flatMap((link) => {
      const event = index.world.events.get(renderEventRef(link));
      // A bare key or an untrusted certificate proves nobody: it is no signature by anyone that a policy could name.
      return event && provenIdentity(event) ? [{ event, match }] : [];
    }),
  );
}

function withoutSignature(index: Index, image: Image): Judged {
  const nothing = { signers: [], events: [], grade: "none" } as const;
  const isResolved = image.digest !== undefined && index.sets.has(image.digest);
  if (!isResolved) {
    const reason = image.digest ? `${image.digest} is in no registry that was asked` : "what runs is not known";
    return { ...nothing, match: "unresolvable", signing: "unresolvable", reasons: [...image.reasons, reason] };
  }
  const reason = "no verified signature of this image is known";
  return { ...nothing, match: "no-match", signing: "unsigned", reasons: [...image.reasons, reason] };
}

function judgeSigners(
  policy: SignerPolicy | undefined,
  repository: string,
  signers: readonly Identity[],
): { readonly state: "signed" | "unexpected-identity"; readonly reasons: readonly string[] } {
  if (!policy) return { state: "signed", reasons: ["no policy is loaded: any verified identity counts"] };
  const family: SignerFamily | undefined = familyOf(policy, repository);
  if (!family) {
    return { state: "unexpected-identity", reasons: [`no family of policy ${policy.name} covers ${repository}`] };
  }
  const expected = signers.find((signer) => isExpected(family, signer));
  return expected
    ? {
        state: "signed",
        reasons: [`family ${family.name} of policy ${policy.name} allows its signer ${renderIdentity(expected)}`],
      }
    : {
        state: "unexpected-identity",
        reasons: [`family ${family.name} of policy ${policy.name} allows none of its signers`],
      };
}

/** A pod that is gone has ended, at the latest when it was found gone. */
function timesOf(
  pod: Seen<Pod>,
  { startedAt, finishedAt }: PodContainer,
): { readonly startedAt?: UnixMs; readonly finishedAt?: UnixMs } {
  const end = finishedAt ?? pod.goneBy;
  return { ...(startedAt !== undefined && { startedAt }), ...(end !== undefined && { finishedAt: end }) };
}

function bestGrade(grades: readonly Grade[]): Grade {
  return grades.reduce<Grade>((best, grade) => (isAtLeast(grade, best) ? grade : best), "none");
}

function unique(identities: readonly Identity[]): readonly Identity[] {
  return identities.filter((identity, i) => identities.findIndex((other) => sameIdentity(other, identity)) === i);
}

function uniqueRefs(events: readonly SigningEvent[]): Judged["events"] {
  const refs = new Map(events.map(({ log, logIndex }) => [`${log}/${logIndex}`, { log, logIndex }]));
  return [...refs.values()];
}
