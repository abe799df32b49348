import type { Bundle } from "../../core/bundle/bundle.ts";
import { claimOf, judgeSimpleSigning } from "../../core/bundle/simple-signing.ts";
import type { SignatureLink } from "../../core/correlate/signature-link.ts";
import { bug } from "../../core/bug.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf, parseDigestRef, parseSha256Hex, sameDigest, sha256, type DigestRef } from "../../core/digest.ts";
import type { Statement } from "../../core/dsse/statement.ts";
import type { EventDigest, SigningEvent } from "../../core/entry/signing-event.ts";
import { Fault } from "../../core/fault.ts";
import { isFields } from "../../core/pipelines/field-reader.ts";
import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { Gap } from "../../core/verdict.ts";
import type { Artifact } from "../../core/verify/artifact.ts";
import { judgeEvidence } from "../../core/verify/judge-evidence.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventStore } from "../../ports/event-store.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";
import type { SignatureStore } from "../../ports/signature-store.ts";
import { resolveImage } from "./resolve-image.ts";
import type { ImageTarget } from "./targets.ts";

/** What lies beside an image, as the verb `verify` gathers it; wiring passes it as a function. */
export type GatherSignatures = (
  image: { readonly repository: RepositoryName; readonly digest: DigestRef },
  signal: AbortSignal,
) => Promise<{ readonly signatures: readonly AttachedSignature[]; readonly gaps: readonly Gap[] }>;

export type LearnPorts = {
  readonly registry: Registry;
  readonly gatherSignatures: GatherSignatures;
  readonly events: EventStore;
  readonly signatures: SignatureStore;
  /** A bundle is believed when any of these stands for it. */
  readonly trusts: readonly CompiledTrust[];
  readonly clock: Clock;
};

/** What was learned, and what could not be. */
export type Learned = {
  readonly links: readonly SignatureLink[];
  /** Signatures that did not verify, with the first reason. They join nothing. */
  readonly refused: readonly { readonly target: ImageTarget; readonly blob: DigestRef; readonly reason: string }[];
  /** Verified signatures whose entry is in no log that is followed. */
  readonly unfollowed: readonly { readonly target: ImageTarget; readonly blob: DigestRef }[];
  /** The checkpoints that verified bundles hold: second views of their logs. */
  readonly checkpoints: readonly Uint8Array[];
  readonly gaps: readonly Gap[];
};

/** Registries are asked for a few images at a time. */
const CONCURRENT_MAX = 8;

/**
 * Learns what entries are about: resolves images, verifies every bundle beside them before anything is believed of it, and
 * joins it to the entries that carry its signature. A registry that does not answer is a gap, not the end.
 */
export function learnSignatures(
  ports: LearnPorts,
): (targets: readonly ImageTarget[], signal: AbortSignal) => Promise<Learned> {
  return async (targets, signal) => {
    const parts: Learned[] = [];
    for (let i = 0; i < targets.length; i += CONCURRENT_MAX) {
      const batch = targets.slice(i, i + CONCURRENT_MAX);
      // oxlint-disable-next-line no-await-in-loop -- bounded: one batch after the other
      parts.push(...(await Promise.all(batch.map((target) => learnOrGap(ports, target, signal)))));
    }
    return join(parts);
  };
}

async function learnOrGap(ports: LearnPorts, target: ImageTarget, signal: AbortSignal): Promise<Learned> {
  try {
    return await learnTarget(ports, target, signal);
  } catch (error) {
    if (!(error instanceof Fault) || !error.id.startsWith("registry.")) throw error;
    const detail = `${target.repository}@${target.reference}: ${error.id}`;
    return { ...NOTHING, gaps: [{ missing: "signatures", detail }] };
  }
}

async function learnTarget(ports: LearnPorts, target: ImageTarget, signal: AbortSignal): Promise<Learned> {
  const { registry, signatures, events } = ports;
  const set = await resolveImage(registry, target, signal);
  if (!set)
    return {
      ...NOTHING,
      gaps: [{ missing: "image", detail: `${target.repository}@${target.reference} is not there` }],
    };
  await signatures.saveImageSets([set]);
  const image = { repository: target.repository, digest: set.subject };
  const gathered = await ports.gatherSignatures(image, signal);
  const parts: Learned[] = [];
  for (const attached of gathered.signatures) {
    const judged = judgeAttached(ports.trusts, attached, set.subject);
    if (!judged.ok) {
      parts.push({ ...NOTHING, refused: [{ target, blob: attached.blob, reason: judged.reason }] });
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop -- an image has a handful of signatures
    const found = await events.eventsWith([digestRefOf(attached.bundle.content.signature)]);
    const seenAt = ports.clock.now();
    const about = {
      repository: image.repository,
      subject: set.subject,
      bundle: attached.blob,
      ...claimsOf(judged.statement),
      ...claimsIn(attached.payload),
      seenAt,
    };
    const links = found
      .filter((event) => isOf(event, attached.bundle))
      .map(({ log, logIndex }): SignatureLink => ({ log, logIndex, ...about }));
    // oxlint-disable-next-line no-await-in-loop -- as above
    for (const link of links) await events.addDigests(link.log, link.logIndex, subjectsOf(judged.statement, link));
    parts.push({
      ...NOTHING,
      links,
      unfollowed: links.length === 0 ? [{ target, blob: attached.blob }] : [],
      checkpoints: checkpointsOf(attached.bundle),
    });
  }
  const learned = join(parts);
  await signatures.saveLinks(learned.links);
  return { ...learned, gaps: gathered.gaps };
}

function checkpointsOf({ entries }: Bundle): readonly Uint8Array[] {
  return entries.flatMap(({ inclusionProof }) =>
    inclusionProof?.checkpoint === undefined ? [] : toUtf8(inclusionProof.checkpoint),
  );
}

/** The entry is about this bundle when it carries the same signature, which led here, by the same certificate. */
function isOf(event: SigningEvent, { key }: Bundle): boolean {
  return (
    key.kind === "certificate" &&
    event.certificate !== undefined &&
    sameDigest(event.certificate.sha256, sha256(key.leaf))
  );
}

type JudgedAttached =
  | { readonly ok: true; readonly statement?: Statement }
  | { readonly ok: false; readonly reason: string };

/** Whose signature it is does not matter here, only that it is good: the policy asks for the name later. */
function judgeAttached(
  trusts: readonly CompiledTrust[],
  attached: AttachedSignature,
  digest: DigestRef,
): JudgedAttached {
  const { bundle, payload } = attached;
  if (bundle.key.kind !== "certificate") return { ok: false, reason: "key-required" };
  const artifact: Artifact = payload === undefined ? artifactOf(digest) : { kind: "bytes", bytes: payload };
  let reason = "no-trust-domain";
  for (const trust of trusts) {
    const { verdict, facts } = judgeEvidence(bundle, artifact, trust, { identity: () => true });
    if (verdict.kind === "pass") {
      const named = payload === undefined ? verdict : judgeSimpleSigning(payload, digest);
      if (named.kind === "pass") return { ok: true, ...(facts.statement && { statement: facts.statement }) };
      return { ok: false, reason: "payload-reference-mismatch" };
    }
    if (verdict.kind === "fail") reason = verdict.reasons[0].reason;
  }
  return { ok: false, reason };
}

function artifactOf(digest: DigestRef): Artifact {
  const bytes = parseSha256Hex(digest.slice("sha256:".length)) ?? bug("a digest that is none");
  return { kind: "digest", digest: { algorithm: "sha256", bytes } };
}

/** What the statement says of the run that made it (SLSA provenance v1 `runDetails.metadata.invocationId`). */
function claimsOf(
  statement: Statement | undefined,
): Pick<SignatureLink, "predicateType" | "invocationId" | "claimedRunUid"> {
  if (!statement) return {};
  const { predicateType, predicate } = statement;
  const invocationId = textAt(predicate, "runDetails", "metadata", "invocationId");
  const claimedRunUid = textAt(predicate, "taskRunUID");
  return {
    predicateType,
    ...(invocationId !== undefined && { invocationId }),
    ...(claimedRunUid !== undefined && { claimedRunUid }),
  };
}

/** What a signature over a manifest says of the run in its `optional` part (cosign `sign -a taskRunUID=…`). */
function claimsIn(payload: Uint8Array | undefined): Pick<SignatureLink, "claimedRunUid"> {
  const claimedRunUid = payload && claimOf(payload, "taskRunUID");
  return claimedRunUid !== undefined && claimedRunUid.length <= CLAIM_CHARACTERS_MAX ? { claimedRunUid } : {};
}

const CLAIM_CHARACTERS_MAX = 256;

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === "string" && value.length <= CLAIM_CHARACTERS_MAX ? value : undefined;
  return isFields(value) && Object.hasOwn(value, key) ? textAt(value[key], ...rest) : undefined;
}

/** Every subject of a verified statement; of a signature over the manifest, the manifest. */
function subjectsOf(statement: Statement | undefined, { subject, bundle }: SignatureLink): readonly EventDigest[] {
  const named = (statement?.subjects ?? []).flatMap(
    ({ digests }) => parseDigestRef(`sha256:${digests["sha256"] ?? ""}`) ?? [],
  );
  return [...new Set([subject, ...named])].map((digest) => ({ role: "subject", digest, via: bundle }));
}

const NOTHING: Learned = { links: [], refused: [], unfollowed: [], checkpoints: [], gaps: [] };

function join(parts: readonly Learned[]): Learned {
  return {
    links: parts.flatMap(({ links }) => links),
    refused: parts.flatMap(({ refused }) => refused),
    unfollowed: parts.flatMap(({ unfollowed }) => unfollowed),
    checkpoints: parts.flatMap(({ checkpoints }) => checkpoints),
    gaps: parts.flatMap(({ gaps }) => gaps),
  };
}
