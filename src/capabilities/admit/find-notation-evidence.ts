import { toNotationCandidate } from "../../core/admission/notation-candidate.ts";
import type { NamedAuthority, StoreTrust } from "../../core/admission/named-trust.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { JudgedNotation, NotationContext } from "../../core/notation/judge-notation.ts";
import type { Candidate, EvidenceGap } from "../../core/policy/judge/image-evidence.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Descriptor } from "../../ports/registry.ts";
import type { EvidenceRegistry } from "./bounded-registry.ts";

type Envelope = { readonly mediaType: string; readonly bytes: Uint8Array };

/** How Notary Project signatures are found and judged; `verify` does it in the same way. */
export type NotationEvidencePorts = {
  readonly find: (
    registry: EvidenceRegistry,
    image: { readonly repository: string; readonly digest: DigestRef },
    signal: AbortSignal,
  ) => AsyncIterable<
    | ({ readonly kind: "envelope"; readonly manifest: DigestRef } & Envelope)
    | {
        readonly kind: "unreadable";
        readonly manifest: DigestRef;
        readonly code: string;
        readonly detail: string;
      }
    | { readonly kind: "gap"; readonly missing: string; readonly detail: string }
  >;
  readonly judge: (
    envelope: Envelope,
    context: NotationContext,
    patience: { readonly signal: AbortSignal; readonly patience: () => AbortSignal },
  ) => Promise<JudgedNotation>;
};

/** What is asked of one artifact; `authorities` are those whose trust stores could be had. */
export type NotationSearch = {
  readonly registry: EvidenceRegistry;
  readonly repository: string;
  readonly artifact: Descriptor;
  readonly authorities: readonly NamedAuthority[];
};

/** The part of an admission's time in which responders and servers of revocation lists have to answer. */
const REVOCATION_MS = 2000;

/**
 * Gathers the Notary Project signatures of an artifact, each judged for every authority that could mean it. Whom a trusted
 * certificate names for its revocation is waited for only so long: then revocation is not known, which denies and says so.
 */
export async function findNotationEvidence(
  { find, judge, clock }: NotationEvidencePorts & { readonly clock: Clock },
  { registry, repository, artifact, authorities }: NotationSearch,
  signal: AbortSignal,
): Promise<{ readonly candidates: readonly Candidate[]; readonly gaps: readonly EvidenceGap[] }> {
  const candidates: Candidate[] = [];
  const gaps: EvidenceGap[] = [];
  const asked = authorities.flatMap(({ name, stores }) => (stores ? [{ name, stores }] : []));
  const done = new AbortController();
  const patience = patienceOf(clock, done.signal);
  const contextOf = ({ rules, anchors }: StoreTrust): NotationContext => {
    return { artifact, rules, trust: anchors, now: clock.now() };
  };
  try {
    for await (const found of find(registry, { repository, digest: artifact.digest }, signal)) {
      if (found.kind === "gap") gaps.push(toGap(found));
      else if (found.kind === "unreadable") candidates.push(toUnreadable(found));
      else {
        const judging = asked.map(async ({ name, stores }) => ({
          authority: name,
          rules: stores.rules,
          judged: await judge(found, contextOf(stores), { signal, patience }),
        }));
        candidates.push(toNotationCandidate(found.manifest, await Promise.all(judging)));
      }
    }
  } finally {
    done.abort();
  }
  return { candidates, gaps };
}

/** A signal that fires so long after it was first asked for. */
function patienceOf(clock: Clock, done: AbortSignal): () => AbortSignal {
  let late: AbortController | undefined;
  return () => {
    if (late) return late.signal;
    const started = new AbortController();
    late = started;
    // Rejects when all is judged: then there is nothing to be late for.
    void clock.sleep(REVOCATION_MS, done).then(
      () => started.abort(),
      () => undefined,
    );
    return started.signal;
  };
}

function toGap({ missing, detail }: { readonly missing: string; readonly detail: string }): EvidenceGap {
  const code = missing === "too-many-candidates" ? missing : "manifest-invalid";
  return { code, detail, source: "notation" };
}

function toUnreadable(found: {
  readonly manifest: DigestRef;
  readonly code: string;
  readonly detail: string;
}): Candidate {
  const { manifest, code, detail } = found;
  return { source: "notation", digest: manifest, says: { kind: "unreadable", code, detail }, byAuthority: {} };
}
