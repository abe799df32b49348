import type { RequestedImage } from "../../core/admission/workload-images.ts";
import type { DigestRef } from "../../core/digest.ts";
import { parseImageReference, type ImageReference } from "../../core/image/reference.ts";
import type { CandidateVerdict, ImageVerdict, RequirementVerdict } from "../../core/policy/review-verdict.ts";
import type { ImageFamily } from "../../core/policy/trust-policy.ts";
import type { UnixMs } from "../../core/time.ts";
import type { ImageFacts } from "./image-facts.ts";
import type { PolicyInForce } from "./policy-in-force.ts";

/** Under what an image is judged: one namespace at one time. */
export type Circumstances = {
  readonly policy: PolicyInForce | undefined;
  readonly namespace: string;
  readonly at: UnixMs;
  /** Pods are named by digest when they are admitted; templates need not be. */
  readonly needsDigest: boolean;
};

/** What can be said of an image without the network, or what has to be asked of it. */
export type Standing =
  | { readonly kind: "decided"; readonly verdict: ImageVerdict }
  | {
      readonly kind: "open";
      readonly image: RequestedImage;
      readonly reference: ImageReference;
      readonly family: ImageFamily;
      readonly policy: PolicyInForce;
    };

/**
 * The steps before the network, in the order of trust-policy chapter §1.2: deny rules, exempt namespace, break glass,
 * reference and pin, family. An image that no family covers is asked of nobody: that is most of the protection against
 * being sent to addresses of an attacker's choice.
 */
export function standOf(image: RequestedImage, circumstances: Circumstances): Standing {
  if (image.unchanged) return decided(image, "unchanged", "allowed-unchanged");
  const { policy, namespace, at } = circumstances;
  if (!policy) return decided(image, "denied", "policy-not-loaded");
  const parsed = parseImageReference(image.image);
  const reference = parsed.ok ? parsed.value : undefined;
  const deniedBy = reference?.digest && policy.denied({ kind: "digest", digest: reference.digest });
  if (deniedBy !== undefined) return decided(image, "denied", "deny-rule", reference, { deniedBy });
  if (policy.enforcementOf(namespace, at).kind === "exempt") return decided(image, "exempt", "allowed-exempt");
  const glass = policy.breakGlassFor(namespace, at);
  if (glass) return decided(image, "broken-glass", "allowed-break-glass", reference, { exception: glass.name });
  return reference && reference.otherDigest === undefined
    ? standOfReference(image, reference, policy, circumstances)
    : decided(image, "denied", "ref-invalid", reference);
}

function standOfReference(
  image: RequestedImage,
  reference: ImageReference,
  policy: PolicyInForce,
  { at, needsDigest }: Circumstances,
): Standing {
  const family = policy.familyOf(reference.repository);
  const { unmatched, pin } = policy.set;
  if (!family) {
    const admits = unmatched.kind === "admit" && at < unmatched.until;
    return decided(image, admits ? "exempt" : "denied", admits ? "allowed-exempt" : "no-family", reference);
  }
  return !reference.digest && (needsDigest || pin === "require")
    ? decided(image, "denied", "ref-not-pinned", reference, { family: family.name })
    : { kind: "open", image, reference, family, policy };
}

function decided(
  image: RequestedImage,
  outcome: ImageVerdict["outcome"],
  code: string,
  ...[reference, more = {}]: readonly [ImageReference?, Partial<ImageVerdict>?]
): Standing {
  return { kind: "decided", verdict: { ...verdictOf(image, reference), ...more, outcome, code } };
}

type OpenImage = Extract<Standing, { readonly kind: "open" }>;

/** An open image that stays so: there is no digest, or no time left, to find anything out with. */
export function undecided({ image, reference, family }: OpenImage, code: string): ImageVerdict {
  const outcome = code === "image-not-found" || code === "digest-mismatch" ? "denied" : "unknown";
  return { ...verdictOf(image, reference), family: family.name, outcome, code };
}

/** The steps after the facts: deny rules by signer, then exceptions. */
export function concludeImage(
  { image, reference, family, policy }: OpenImage,
  digest: DigestRef,
  facts: ImageFacts,
  { namespace, at }: Pick<Circumstances, "namespace" | "at">,
): ImageVerdict {
  const { require, code, codes, trust } = facts;
  const base = { ...verdictOf(image, { ...reference, digest }), family: family.name, require, trust };
  const deniedBy = policy.denied({ kind: "digest", digest }) ?? deniedSignerOf(policy, require);
  if (deniedBy !== undefined) return { ...base, outcome: "denied", code: "deny-rule", deniedBy };
  if (require.state === "pass") return { ...base, outcome: "satisfied", code };
  const { repository, tag } = reference;
  const excused = { repository, ...(tag !== undefined && { tag }), digest, namespace, codes };
  const exception = policy.exceptionFor(excused, at);
  if (exception) return { ...base, outcome: "excepted", code: "allowed-exception", exception: exception.name };
  return { ...base, outcome: require.state === "unknown" ? "unknown" : "denied", code };
}

/** A good signature by somebody who is denied, whoever else has signed as well. */
function deniedSignerOf(policy: PolicyInForce, require: RequirementVerdict): string | undefined {
  const signers = candidatesOf(require).flatMap(({ state, identity, key, signedAt }) => {
    const who = { ...(identity && { identity }), ...(key && { key }), ...(signedAt !== undefined && { signedAt }) };
    return state === "pass" ? [{ kind: "signer", ...who } as const] : [];
  });
  return signers.flatMap((signer) => policy.denied(signer) ?? [])[0];
}

function candidatesOf(require: RequirementVerdict): readonly CandidateVerdict[] {
  return require.op === "term" ? require.candidates : require.of.flatMap(candidatesOf);
}

function verdictOf(
  { path, name, image }: RequestedImage,
  reference: ImageReference | undefined,
): Omit<ImageVerdict, "outcome" | "code"> {
  const canonical = reference ? `${reference.repository}${nameOf(reference)}` : image;
  const digest = reference?.digest;
  return { path, container: name, given: image, canonical, trust: [], ...(digest && { digest }) };
}

/** The digest decides; a tag beside it is only what somebody called it. */
function nameOf({ tag, digest, otherDigest }: ImageReference): string {
  const pinned = digest ?? otherDigest;
  return pinned === undefined ? `:${tag ?? "latest"}` : `@${pinned}`;
}
