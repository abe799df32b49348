import { renderBundle } from "../../core/bundle/render.ts";
import { sameBytes } from "../../core/bytes/bytes.ts";
import type { Identity } from "../../core/identity/identity.ts";
import type { Parsed } from "../../core/parsed.ts";
import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import { isSameStatement } from "../../core/sign/same-statement.ts";
import { fail, pass, type NonEmpty } from "../../core/verdict.ts";
import { attach } from "./attach.ts";
import {
  identityFor,
  isUsable,
  obtainCredential,
  readJudgedToken,
  rememberIssuers,
  type Credential,
} from "./credential.ts";
import { gatherPayloads, type Payload } from "./gather-payloads.ts";
import type { MadeSignature, SignArtifact, SigningJob, SigningOutcome, SigningPorts } from "./job.ts";
import { judgeOwn, makeBundle, type VerifiedBundle } from "./make-bundle.ts";
import { retrying } from "./retry.ts";

/**
 * Signs artifacts keylessly with the identity of this workload: one key and one certificate for all of them while it lasts.
 * Time and log come first, the registry last, and nothing is published or given out that the verifier rejects.
 */
export function signArtifact(given: SigningPorts): SignArtifact {
  return async (jobs, signal) => {
    const ports = forOneRun(given);
    const plan = await planRun(ports, jobs, signal);
    if (!plan.ok) return refused(plan);
    const made = await signAll(ports, plan.value, signal);
    if (!made.ok) return refused(made);
    return publish(ports, made.value, signal);
  };
}

function forOneRun(ports: SigningPorts): SigningPorts {
  const { authorities } = ports.domain;
  const services = authorities.services.map(rememberIssuers);
  return { ...ports, domain: { ...ports.domain, authorities: { ...authorities, services } } };
}

function refused({ code, detail }: Extract<Parsed<never, SigningReason>, { readonly ok: false }>): SigningOutcome {
  return { verdict: fail(code, detail), signatures: [] };
}

/** A payload, and the signature that it has already. */
type Task = { readonly payload: Payload; readonly existing: MadeSignature | undefined };
type Plan = {
  readonly tasks: readonly Task[];
  readonly identity: Identity | undefined;
  readonly jti: string | undefined;
};

/** Everything that can be known, and refused, before a key is made. */
async function planRun(
  ports: SigningPorts,
  jobs: NonEmpty<SigningJob>,
  signal: AbortSignal,
): Promise<Parsed<Plan, SigningReason>> {
  const read = await readJudgedToken(ports, signal);
  if (!read.ok) return read;
  const payloads: Payload[] = [];
  for (const job of jobs) {
    // oxlint-disable-next-line no-await-in-loop -- a run signs a handful of things; the first refusal ends it
    const gathered = await gatherPayloads(ports, job, signal);
    if (!gathered.ok) return gathered;
    payloads.push(...gathered.value);
  }
  const { claims } = read.value;
  const identity = await foreseenIdentity(ports, claims, signal);
  const tasks = await Promise.all(
    payloads.map(async (payload) => ({
      payload,
      existing: identity && (await findExisting(ports, payload, identity, signal)),
    })),
  );
  return { ok: true, value: { tasks, identity, jti: claims.jti } };
}

/** Asked only where it is of use: without knowing whom to look for, nothing can be reused. */
async function foreseenIdentity(
  ports: SigningPorts,
  claims: Parameters<typeof identityFor>[0],
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const [authority] = ports.domain.authorities.services;
  if (!ports.attached || !authority) return undefined;
  return identityFor(claims, await retrying(ports, () => authority.issuers(signal), signal));
}

/** A signature of the same statement by the same identity that the verifier accepts. */
async function findExisting(
  ports: SigningPorts,
  payload: Payload,
  identity: Identity,
  signal: AbortSignal,
): Promise<MadeSignature | undefined> {
  const { destination } = payload;
  if (!destination || !ports.attached) return undefined;
  const { repository, subject, layout } = destination;
  const attached = await ports.attached({ repository, digest: subject.digest }, signal);
  for (const one of attached) {
    if (one.layout !== layout || !isOver(one, payload)) continue;
    const judged = judgeOwn(ports, one.bundle, payload, identity);
    if (judged.ok) return toMade(payload, judged.value, { manifest: one.manifest, reused: true });
  }
  return undefined;
}

function isOver({ bundle, payload: signed }: AttachedSignature, payload: Payload): boolean {
  const { content } = bundle;
  if (content.kind !== payload.kind) return false;
  if (content.kind === "message") return signed !== undefined && sameBytes(signed, payload.bytes);
  return isSameStatement(content.payload, payload.bytes);
}

/** A payload with its signature, made now or before. */
type Signed =
  | { readonly payload: Payload; readonly made: VerifiedBundle; readonly credential: Credential }
  | { readonly payload: Payload; readonly existing: MadeSignature };
type Made = { readonly signed: readonly Signed[]; readonly plan: Plan; readonly credential: Credential | undefined };

async function signAll(ports: SigningPorts, plan: Plan, signal: AbortSignal): Promise<Parsed<Made, SigningReason>> {
  const signed: Signed[] = [];
  let credential: Credential | undefined;
  for (const { payload, existing } of plan.tasks) {
    if (existing) {
      signed.push({ payload, existing });
      continue;
    }
    if (!credential || !isUsable(credential, ports)) {
      // oxlint-disable-next-line no-await-in-loop -- once a run, or once in nine minutes
      const obtained = await obtainCredential(ports, signal);
      if (!obtained.ok) return obtained;
      credential = obtained.value;
    }
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the certificate is watched between them
    const made = await makeBundle(ports, credential, payload, signal);
    if (!made.ok) return made;
    signed.push({ payload, made: made.value, credential });
  }
  return { ok: true, value: { signed, plan, credential } };
}

async function publish(
  ports: SigningPorts,
  { signed, plan, credential }: Made,
  signal: AbortSignal,
): Promise<SigningOutcome> {
  const signatures: MadeSignature[] = [];
  for (const one of signed) {
    // oxlint-disable-next-line no-await-in-loop -- two signatures of one image write the same fallback tag
    const made = "existing" in one ? { ok: true as const, value: one.existing } : await publishOne(ports, one, signal);
    if (!made.ok) return { ...refused(made), signatures };
    signatures.push(made.value);
  }
  const identity = credential?.identity ?? plan.identity;
  const jti = credential?.jti ?? plan.jti;
  return {
    verdict: pass,
    signatures,
    ...(identity && { identity }),
    ...(credential && { certificate: credential.leaf }),
    ...(jti !== undefined && { credentialId: `JTI=${jti}` }),
  };
}

async function publishOne(
  ports: SigningPorts,
  { payload, made, credential }: Extract<Signed, { readonly made: VerifiedBundle }>,
  signal: AbortSignal,
): Promise<Parsed<MadeSignature, SigningReason>> {
  if (!payload.destination) return { ok: true, value: toMade(payload, made, { reused: false }) };
  const attachment = {
    payload,
    bundle: made.bundle,
    bytes: renderBundle(made.bundle),
    createdAt: credential.leaf.notBefore,
    chain: credential.chain,
  };
  const manifest = await attach(ports.registry, payload.destination, attachment, signal);
  return manifest.ok
    ? { ok: true, value: toMade(payload, made, { manifest: manifest.value, reused: false }) }
    : manifest;
}

function toMade(
  { destination, predicateType }: Payload,
  { bundle, facts }: VerifiedBundle,
  more: Pick<MadeSignature, "manifest" | "reused">,
): MadeSignature {
  return {
    ...(destination && { subject: { repository: destination.repository, digest: destination.subject.digest } }),
    ...(predicateType !== undefined && { predicateType }),
    bundle,
    bytes: renderBundle(bundle),
    facts,
    ...more,
  };
}
