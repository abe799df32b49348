import { codeOfFailure } from "../../capabilities/admit/fault-code.ts";
import type { FindFacts } from "../../capabilities/admit/image-facts.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { DrillAnswer } from "../../core/drill/answer.ts";
import { referenceOf, type Exhibit } from "../../core/drill/exhibit.ts";
import { NAMESPACE } from "../../core/drill/review.ts";
import { parseImageReference, type ImageReference } from "../../core/image/reference.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import type { Registry } from "../../ports/registry.ts";
import { policyOf } from "./policy-of.ts";
import { readPolicyText } from "./read-policy-text.ts";

export type VerifyTargetPorts = {
  readonly find: FindFacts;
  readonly registry: Pick<Registry, "manifest">;
  readonly trust: CompiledTrust;
  readonly clock: Pick<Clock, "now">;
};

/** Our verifier and policy, asked about an image itself rather than about what a cluster is to run. */
export function verifyTarget(ports: VerifyTargetPorts): DrillTarget {
  return {
    name: "verify",
    ask: async (exhibit, signal) => {
      if (exhibit.review !== undefined && exhibit.reference === undefined) {
        return { kind: "not-run", detail: "about what an API server asks; a verifier of images is not asked that" };
      }
      const answer = refusedText(ports, exhibit) ?? (await askOrFail(ports, exhibit, signal));
      const strays = exhibit.strayRequests?.() ?? 0;
      return strays > 0 ? { kind: "admitted", detail: `${strays} requests to a host that nothing leads to` } : answer;
    },
  };
}

function refusedText({ clock }: VerifyTargetPorts, { documents }: Exhibit): DrillAnswer | undefined {
  const problems = documents ? readPolicyText(documents, clock.now()).problems : [];
  const [first, ...others] = problems.filter(({ level }) => level === "error");
  if (!first) return undefined;
  return { kind: "refused", codes: [first, ...others].map(({ id }) => id), detail: renderProblem(first) };
}

/** As an admission has. */
const DEADLINE_MS = 4_000;

async function askOrFail(ports: VerifyTargetPorts, exhibit: Exhibit, signal: AbortSignal): Promise<DrillAnswer> {
  const reference = parseImageReference(referenceOf(exhibit));
  if (!reference.ok) return refused("ref-invalid", reference.detail);
  try {
    return await askAbout(ports, exhibit, reference.value, AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]));
  } catch (error) {
    const failure = codeOfFailure(error);
    if (!failure) throw error;
    return refused(failure.code, failure.detail);
  }
}

function refused(code: string, detail: string): DrillAnswer {
  return { kind: "refused", codes: [code], detail };
}

async function askAbout(
  { find, registry, trust, clock }: VerifyTargetPorts,
  exhibit: Exhibit,
  reference: ImageReference,
  signal: AbortSignal,
): Promise<DrillAnswer> {
  const { repository, tag, otherDigest } = reference;
  if (otherDigest !== undefined) return refused("ref-invalid", "another algorithm than SHA-256");
  const policy = policyOf(exhibit, trust, clock.now());
  const family = policy.familyOf(repository);
  if (!family) return refused("no-family", repository);
  const resolve = async (): Promise<DigestRef | undefined> =>
    (await registry.manifest(repository, tag ?? "latest", signal))?.descriptor.digest;
  const digest = reference.digest ?? (await resolve());
  if (!digest) return refused("image-not-found", referenceOf(exhibit));
  if (digest !== exhibit.digest) return refused("other-image", `the tag leads to ${digest}`);
  const facts = await find({ repository, digest, ...(tag !== undefined && { tag }), family, policy }, signal);
  const { require, code, codes } = facts;
  if (require.state === "pass") return { kind: "admitted", detail: code };
  const excuse = policy.exceptionFor({ repository, digest, namespace: NAMESPACE, codes }, clock.now());
  if (excuse) return { kind: "admitted", detail: `exception ${excuse.name}` };
  return { kind: "refused", codes: [code, ...codes.filter((other) => other !== code)], detail: codes.join(", ") };
}
