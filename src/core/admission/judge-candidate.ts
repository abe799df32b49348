import { judgeSimpleSigning, readSimpleSigning } from "../bundle/simple-signing.ts";
import { importPublicKey } from "../crypto/public-key.ts";
import { digestRefOf, parseSha256Hex, sha256, type DigestRef } from "../digest.ts";
import { COSIGN_SIGN_PREDICATE_TYPE, readStatement } from "../dsse/statement.ts";
import type { Identity } from "../identity/identity.ts";
import { JSON_DEPTH_MAX, readJson } from "../json/read-json.ts";
import type { Candidate, Saying, SignerFacts, SignerJudgement } from "../policy/judge/image-evidence.ts";
import type { KeyAuthority, TextRule } from "../policy/trust-policy.ts";
import type { AttachedSignature } from "../sign/attached-signature.ts";
import type { UnixMs } from "../time.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import { fail, type Verdict } from "../verdict.ts";
import type { Artifact, PrehashCheck } from "../verify/artifact.ts";
import type { VerifyFacts } from "../verify/facts.ts";
import { judgeEvidence, type Judgement } from "../verify/judge-evidence.ts";
import type { ExpectedSigner } from "../verify/policy.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { identityOf } from "../x509/identity-of.ts";
import type { NamedAuthority, NamedTrust } from "./named-trust.ts";

/** What a candidate is judged under. */
export type CandidateContext = {
  readonly image: DigestRef;
  readonly authorities: readonly NamedAuthority[];
  readonly now: UnixMs;
  readonly verifyPrehashed?: PrehashCheck;
};

/** Puts a signature to the verifier, once for each root and each key that it could be good under. Pure. */
export function judgeCandidate(attached: AttachedSignature, context: CandidateContext): Candidate {
  const says = sayingOf(attached);
  const source = attached.layout === "legacy" ? "legacy" : "bundle";
  const base = { source, digest: attached.manifest, says } as const;
  if (says.kind === "unreadable") return { ...base, byAuthority: {} };
  const byRoot = new Map<string, SignerJudgement>();
  const judged = context.authorities.flatMap((named) => {
    const { name, authority, trust } = named;
    if (authority.kind === "notation") return [];
    if (authority.kind === "key") return [[name, judgeByKey(attached, authority, trust, context)] as const];
    if (!trust) return [];
    const known = byRoot.get(authority.root) ?? judgeByRoot(attached, trust, context);
    byRoot.set(authority.root, known);
    return [[name, known] as const];
  });
  return { ...base, byAuthority: Object.fromEntries(judged) };
}

/**
 * Whether the certificate names somebody whom an authority might accept; by text alone, before any arithmetic. What does not
 * is looked at only to say whom it names: a flood of strangers' signatures must cost nothing.
 */
export function mayBeAccepted(attached: AttachedSignature, authorities: readonly NamedAuthority[]): boolean {
  const claimed = claimedIdentity(attached);
  return authorities.some(({ authority }) => {
    if (authority.kind === "notation") return false;
    if (authority.kind === "key") return attached.bundle.key.kind === "public-key";
    return authority.identities.some(
      ({ issuer, san }) => claimed !== undefined && mayMatch(issuer, claimed.issuer) && mayMatch(san, claimed.san),
    );
  });
}

/** A pattern is matched later; here it lets everything through. */
function mayMatch(rule: TextRule, text: string): boolean {
  return rule.kind === "pattern" || rule.text === text;
}

function claimedIdentity({ bundle }: AttachedSignature): Identity | undefined {
  if (bundle.key.kind !== "certificate") return undefined;
  const leaf = parseCertificate(bundle.key.leaf);
  const identity = leaf.ok ? identityOf(leaf.value) : leaf;
  return identity.ok ? identity.value : undefined;
}

/** What a signature says of the image, as far as its bytes can be read; whether they are signed is judged apart. */
function sayingOf({ bundle, payload }: AttachedSignature): Saying {
  if (bundle.content.kind === "message") {
    if (payload === undefined) return { kind: "signature" };
    const simple = readSimpleSigning(payload);
    if (!simple.ok) return { kind: "unreadable", code: simple.code, detail: simple.detail };
    const { dockerReference } = simple.value;
    return { kind: "signature", ...(dockerReference !== "" && { reference: dockerReference }) };
  }
  const statement = readStatement(bundle.content.payload);
  if (!statement.ok) return { kind: "unreadable", code: statement.code, detail: statement.detail };
  const { predicateType } = statement.value;
  if (predicateType === COSIGN_SIGN_PREDICATE_TYPE) return { kind: "signature" };
  const bytesMax = bundle.content.payload.length;
  const json = readJson(bundle.content.payload, { bytesMax, depthMax: JSON_DEPTH_MAX });
  return json.ok
    ? { kind: "attestation", predicateType, statement: json.value }
    : { kind: "unreadable", code: json.code, detail: json.detail };
}

/** Anybody may have signed, as far as the verifier is concerned; whether they may is the policy's to say. */
const ANYBODY: ExpectedSigner = { identity: () => true };

function judgeByRoot(attached: AttachedSignature, trust: NamedTrust, context: CandidateContext): SignerJudgement {
  const judgement = judge(attached, trust.compiled, ANYBODY, context);
  const identity = judgement.facts.identity ?? claimedIdentity(attached);
  return toSignerJudgement(judgement, trust, identity);
}

/** A trust domain with nothing in it: a key that needs no log is trusted for itself. */
const NO_TRUST: NamedTrust = {
  compiled: {
    trustId: sha256(new Uint8Array(0)),
    thresholds: { log: 0, time: 0, sct: 0 },
    logs: [],
    cas: [],
    ctLogs: [],
    tsas: [],
  },
  nameOfLog: (url) => url,
  nameOfTsa: (uri) => uri,
};

function judgeByKey(
  attached: AttachedSignature,
  authority: KeyAuthority,
  trust: NamedTrust | undefined,
  context: CandidateContext,
): SignerJudgement {
  const key = importPublicKey(authority.publicKey);
  if (!key.ok) return { verdict: fail(key.code, key.detail) };
  const { from, to } = authority.validity;
  const expected = { key: key.value, keyValidFor: { lo: from, hi: to } };
  const under = trust ?? NO_TRUST;
  const judgement = toSignerJudgement(judge(attached, under.compiled, expected, context), under, undefined);
  const { signer } = judgement;
  return { ...judgement, ...(signer && { signer: { ...signer, key: digestRefOf(authority.publicKey) } }) };
}

function judge(
  { bundle, payload }: AttachedSignature,
  trust: CompiledTrust,
  expected: ExpectedSigner,
  { image, now, verifyPrehashed }: CandidateContext,
): { readonly verdict: Verdict<string>; readonly facts: VerifyFacts } {
  const artifact =
    payload === undefined ? toArtifact(image, verifyPrehashed) : ({ kind: "bytes", bytes: payload } as const);
  const judgement: Judgement = judgeEvidence(bundle, artifact, trust, {
    ...expected,
    ...("key" in expected && { now }),
  });
  if (judgement.verdict.kind !== "pass" || payload === undefined) return judgement;
  // The signature is good over the payload; now the payload has to be about this image.
  return { verdict: judgeSimpleSigning(payload, image), facts: judgement.facts };
}

function toArtifact(image: DigestRef, verifyPrehashed: PrehashCheck | undefined): Artifact {
  const bytes = parseSha256Hex(image.slice("sha256:".length)) ?? sha256(new Uint8Array(0));
  const digest = { algorithm: "sha256", bytes } as const;
  return { kind: "digest", digest, ...(verifyPrehashed && { verifyPrehashed }) };
}

function toSignerJudgement(
  { verdict, facts }: { readonly verdict: Verdict<string>; readonly facts: VerifyFacts },
  { nameOfLog, nameOfTsa }: NamedTrust,
  identity: Identity | undefined,
): SignerJudgement {
  const signer: SignerFacts = {
    ...(identity && { identity }),
    extensions: Object.fromEntries([...facts.extensions].map(([arc, text]) => [String(arc), text])),
    times: facts.times.map(({ at, source, by }) => ({
      at,
      source,
      by: source === "log" ? nameOfLog(by) : nameOfTsa(by),
    })),
    entries: facts.entries.map(({ log, group, logIndex, inclusion }) => ({
      log: nameOfLog(log),
      operator: group,
      index: logIndex,
      proof: inclusion ? "inclusion" : "promise",
    })),
  };
  return { verdict, signer };
}
