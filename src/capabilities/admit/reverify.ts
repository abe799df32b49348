import type { ReverifiedImage } from "../../core/admission/reverified.ts";
import type { RunningImage } from "../../core/admission/running-image.ts";
import type { AdmissionRequest } from "../../core/admission/review.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { ImageVerdict } from "../../core/policy/review-verdict.ts";
import type { UnixMs } from "../../core/time.ts";
import { admit, type Admission, type AdmitPorts } from "./admit.ts";
import type { HeldFacts, Question } from "./held-facts.ts";
import type { PolicyInForce } from "./policy-in-force.ts";

export type ReverifyPorts = Omit<AdmitPorts, "facts"> & { readonly facts: HeldFacts };

/** Judges images that run, in their order. Rejects with the signal's reason between two images, never with half of them. */
export type Reverify = (images: readonly RunningImage[], signal: AbortSignal) => Promise<readonly ReverifiedImage[]>;

/** A registry that is slow is waited for: nobody waits for us. */
const BUDGET_MS = 60_000;
const IMAGES_AT_A_TIME = 8;
const SEEN_MAX = 200_000;

/**
 * Judges what runs again, by the same judgement as admission: as if a pod of this image were created now in its namespace.
 * Facts of an earlier run are taken up again, and those found are kept after each few images: a run that is killed goes on
 * where it was. Nothing here can stop, or hold up, anything. Faults: those of the store.
 */
export function reverify(ports: ReverifyPorts): Reverify {
  const judge = admit(ports);
  const seen = new Map<string, { readonly said: string; readonly at: UnixMs }>();
  const remember = (image: RunningImage, verdict: ImageVerdict, foundAt: UnixMs | undefined): UnixMs => {
    const key = [image.cluster, image.namespace, image.given, ...image.digests].join(" ");
    const said = [verdict.outcome, verdict.code, verdict.exception ?? "", foundAt ?? ""].join(" ");
    const known = seen.get(key);
    if (known?.said === said) return known.at;
    const at = known === undefined ? (foundAt ?? ports.clock.now()) : ports.clock.now();
    // What no longer runs is not looked for: at worst every report is written once more.
    if (seen.size >= SEEN_MAX) seen.clear();
    seen.set(key, { said, at });
    return at;
  };
  const judgeOne = async (image: RunningImage): Promise<ReverifiedImage> => {
    const admission = await judgeRunning(judge, image);
    const [verdict] = admission.verdict.images;
    const decided = verdict ? withoutPolicy(verdict) : unreported(image);
    const question = questionOf(image, ports.policy(), decided.digest);
    return {
      running: image,
      verdict: decided,
      mode: admission.verdict.mode,
      at: remember(image, decided, question && ports.facts.foundAt(question)),
      policy: admission.policy ? nameOf(admission.policy) : "",
      needs: decided.family === undefined ? "" : (admission.policy?.needs(decided.family) ?? ""),
    };
  };
  return async (images, signal) => {
    await ports.facts.load(questionsOf(images, ports.policy()));
    const judged: ReverifiedImage[] = [];
    for (let i = 0; i < images.length; i += IMAGES_AT_A_TIME) {
      signal.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- so many at a time
      judged.push(...(await Promise.all(images.slice(i, i + IMAGES_AT_A_TIME).map(judgeOne))));
      // oxlint-disable-next-line no-await-in-loop -- what was found out is not found out twice
      await ports.facts.save();
    }
    return judged;
  };
}

/** What facts are asked for by images, so that those of an earlier run can be taken up, and no others kept. */
export function questionsOf(images: readonly RunningImage[], policy: PolicyInForce | undefined): readonly Question[] {
  return images.flatMap((image) => image.digests.flatMap((digest) => questionOf(image, policy, digest) ?? []));
}

function questionOf(
  { repository }: RunningImage,
  policy: PolicyInForce | undefined,
  digest: DigestRef | undefined,
): Question | undefined {
  const family = repository === "" ? undefined : policy?.familyOf(repository);
  return policy && family && digest ? { repository, digest, family, policy } : undefined;
}

/**
 * What runs first, then the indexes that hold it: a signature on an index covers its children by their hash. Only a
 * satisfied index counts, and nothing lifts a deny rule.
 */
async function judgeRunning(judge: ReturnType<typeof admit>, image: RunningImage): Promise<Admission> {
  const [first, ...holders] = image.digests;
  const admission = await judgeDigest(judge, image, first);
  const [verdict] = admission.verdict.images;
  const isOpen =
    verdict !== undefined && ["denied", "unknown"].includes(verdict.outcome) && verdict.code !== "deny-rule";
  if (!isOpen) return admission;
  for (const holder of holders) {
    // oxlint-disable-next-line no-await-in-loop -- the first that is satisfied is enough
    const held = await judgeDigest(judge, image, holder);
    if (held.verdict.images[0]?.outcome === "satisfied") return held;
  }
  return admission;
}

async function judgeDigest(
  judge: ReturnType<typeof admit>,
  image: RunningImage,
  digest: DigestRef | undefined,
): Promise<Admission> {
  const isNamed = digest !== undefined && image.repository !== "";
  const asked = isNamed ? `${image.repository}@${digest}` : image.given;
  const name = image.workloads[0]?.containers[0] ?? "";
  const request = requestOf(image);
  const images = [{ path: "spec.containers[0].image", name, image: asked, unchanged: false }];
  const admission = await judge({ request, images, budgetMs: BUDGET_MS });
  return isNamed ? admission : withoutDigest(admission, image);
}

function requestOf({ namespace }: RunningImage): AdmissionRequest {
  return {
    uid: "running",
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: "pods",
    subResource: "",
    namespace,
    name: "",
    // Nothing is being created.
    dryRun: true,
    user: "",
  };
}

/** A tag may stand for anything by now: of what runs under it without a digest nothing is known, whatever the policy says of the name. */
function withoutDigest(admission: Admission, image: RunningImage): Admission {
  const [verdict] = admission.verdict.images;
  const isLeftAlone = verdict !== undefined && ["exempt", "broken-glass"].includes(verdict.outcome);
  const isNoFamily =
    verdict?.code === "no-family" || verdict?.code === "ref-invalid" || verdict?.code === "policy-not-loaded";
  if (isLeftAlone || isNoFamily) return admission;
  return { ...admission, verdict: { ...admission.verdict, allowed: false, images: [unreported(image)] } };
}

/** Admission refuses while it has no policy; here the webhook may have one that cannot be read any more, so nothing is known. */
function withoutPolicy(verdict: ImageVerdict): ImageVerdict {
  return verdict.code === "policy-not-loaded" ? { ...verdict, outcome: "unknown" } : verdict;
}

function unreported({ given, workloads }: RunningImage): ImageVerdict {
  const container = workloads[0]?.containers[0] ?? "";
  const place = { path: "spec.containers[0].image", container, given, canonical: given };
  return { ...place, outcome: "unknown", code: "digest-unreported", trust: [] };
}

function nameOf({ set }: PolicyInForce): string {
  return set.revision === undefined ? set.name : `${set.name} r${set.revision}`;
}
