import type { AdmissionRequest } from "../../core/admission/review.ts";
import type { RequestedImage } from "../../core/admission/workload-images.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { ImageVerdict, ReviewVerdict } from "../../core/policy/review-verdict.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Registry } from "../../ports/registry.ts";
import { codeOfFailure } from "./fault-code.ts";
import type { FactsQuestion } from "./image-facts.ts";
import { concludeImage, standOf, undecided, type Circumstances, type Standing } from "./judge-image.ts";
import type { PolicyInForce } from "./policy-in-force.ts";
import type { RecallFacts } from "./recall-facts.ts";

export type AdmitPorts = {
  readonly clock: Pick<Clock, "now">;
  readonly registry: Pick<Registry, "manifest">;
  /** The last good policy; `undefined` while there has been none, and then nothing runs. */
  readonly policy: () => PolicyInForce | undefined;
  readonly facts: RecallFacts;
  /** Of the program and of its time zones: a verdict can be reproduced only with both. */
  readonly engine: string;
  readonly tzdata: string;
};

/** One request with its images, and how long there is for an answer. */
export type AdmitQuestion = {
  readonly request: AdmissionRequest;
  readonly images: readonly RequestedImage[];
  readonly budgetMs: number;
};

export type Admission = {
  readonly verdict: ReviewVerdict;
  /** The policy it was judged by. */
  readonly policy: PolicyInForce | undefined;
  /** Every verdict on an image came without the network. */
  readonly cached: boolean;
};

export type Admit = (question: AdmitQuestion) => Promise<Admission>;

/** Distinct images of one request, and those judged at a time (trust-policy chapter §3.4). */
const IMAGES_MAX = 32;
const IMAGES_AT_A_TIME = 8;

/**
 * Judges the images of a request. Never rejects for what the world does: an image about which nothing could be found out
 * in time is `unknown`, and unknown is refused wherever the policy is enforced.
 */
export function admit(ports: AdmitPorts): Admit {
  return async ({ request, images, budgetMs }) => {
    const policy = ports.policy();
    const { namespace } = request;
    const at = ports.clock.now();
    const needsDigest = request.kind.kind === "Pod";
    const circumstances = { policy, namespace, at, needsDigest };
    const distinct = new Set(images.flatMap(({ image, unchanged }) => (unchanged ? [] : [image])));
    const standings =
      distinct.size > IMAGES_MAX ? images.map(tooMany) : images.map((image) => standOf(image, circumstances));
    const { verdicts, cached } = await decideAll(ports, standings, circumstances, budgetMs);
    const mode = policy?.enforcementOf(namespace, at).kind === "audit" ? "audit" : "enforce";
    const revision = policy?.set.revision;
    const verdict: ReviewVerdict = {
      allowed: mode === "audit" || verdicts.every(isAllowed),
      mode,
      images: verdicts,
      policyHash: policy?.hash ?? "",
      ...(revision !== undefined && { policyRevision: revision }),
      engine: ports.engine,
      tzdata: ports.tzdata,
    };
    return { verdict, policy, cached };
  };
}

/** Whether an image may run where the policy is enforced. Everything that is not one of these is refused. */
export function isAllowed({ outcome }: ImageVerdict): boolean {
  return ["satisfied", "unchanged", "exempt", "excepted", "broken-glass"].includes(outcome);
}

function tooMany({ path, name, image }: RequestedImage): Standing {
  const verdict = { path, container: name, given: image, canonical: image, trust: [] };
  return { kind: "decided", verdict: { ...verdict, outcome: "denied", code: "too-many-images" } };
}

type Decided = { readonly verdicts: readonly ImageVerdict[]; readonly cached: boolean };
type OpenImage = Extract<Standing, { readonly kind: "open" }>;

async function decideAll(
  ports: AdmitPorts,
  standings: readonly Standing[],
  circumstances: Circumstances,
  budgetMs: number,
): Promise<Decided> {
  const known = standings.map((standing) =>
    standing.kind === "decided" ? standing.verdict : decideNow(ports, standing, circumstances),
  );
  const answered = known.flatMap((verdict) => verdict ?? []);
  // Most requests end here: no timer, no promise, no work for the collector.
  if (answered.length === standings.length) return { verdicts: answered, cached: true };
  const signal = AbortSignal.timeout(budgetMs);
  const resolve = resolver(ports.registry, signal);
  const verdicts: ImageVerdict[] = [];
  for (let i = 0; i < standings.length; i += IMAGES_AT_A_TIME) {
    const batch = standings.slice(i, i + IMAGES_AT_A_TIME).map(async (standing, offset) => {
      const verdict = known[i + offset];
      if (verdict || standing.kind === "decided") return verdict ?? [];
      return decideLater({ ports, circumstances, resolve, signal }, standing);
    });
    // oxlint-disable-next-line no-await-in-loop -- no more images at a time than the chapter allows
    verdicts.push(...(await Promise.all(batch)).flat());
  }
  return { verdicts, cached: false };
}

/** An image named by a digest about which everything is known. */
function decideNow(ports: AdmitPorts, open: OpenImage, circumstances: Circumstances): ImageVerdict | undefined {
  const { digest } = open.reference;
  if (!digest) return undefined;
  const facts = ports.facts.recall(questionOf(open, digest));
  return facts && concludeImage(open, digest, facts, circumstances);
}

function questionOf({ reference, family, policy }: OpenImage, digest: DigestRef): FactsQuestion {
  const { repository, tag } = reference;
  return { repository, digest, ...(tag !== undefined && { tag }), family, policy };
}

type Later = {
  readonly ports: AdmitPorts;
  readonly circumstances: Circumstances;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
};

async function decideLater({ ports, circumstances, resolve, signal }: Later, open: OpenImage): Promise<ImageVerdict> {
  const { repository } = open.reference;
  try {
    const digest = open.reference.digest ?? (await resolve(repository, open.reference.tag ?? "latest"));
    if (!digest) return undecided(open, "image-not-found");
    const { facts } = await ports.facts.find(questionOf(open, digest), signal);
    return concludeImage(open, digest, facts, circumstances);
  } catch (error) {
    const failure = codeOfFailure(error);
    if (!failure) throw error;
    return undecided(open, failure.code);
  }
}

type Resolve = (repository: string, tag: string) => Promise<DigestRef | undefined>;

/** Resolves each tag once a request: two containers with one tag run one image. Never kept beyond it, since tags move. */
export function resolver(registry: Pick<Registry, "manifest">, signal: AbortSignal): Resolve {
  const asked = new Map<string, Promise<DigestRef | undefined>>();
  return (repository, tag) => {
    const key = `${repository}:${tag}`;
    const known = asked.get(key);
    if (known) return known;
    const asking = registry.manifest(repository, tag, signal).then((found) => found?.descriptor.digest);
    asked.set(key, asking);
    return asking;
  };
}
