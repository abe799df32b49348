import { bug } from "../../core/bug.ts";
import type { Bundle, BundleContent, TlogEntry } from "../../core/bundle/bundle.ts";
import { renderTimestampRequest } from "../../core/cms/timestamp-request.ts";
import { sha256 } from "../../core/digest.ts";
import { renderEnvelope } from "../../core/dsse/envelope.ts";
import { toPae } from "../../core/dsse/pae.ts";
import { STATEMENT_PAYLOAD_TYPE } from "../../core/dsse/statement.ts";
import { Fault } from "../../core/fault.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import { judgeStamp } from "../../core/sign/judge-stamp.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import type { VerifyFacts } from "../../core/verify/facts.ts";
import { judgeEvidence } from "../../core/verify/judge-evidence.ts";
import type { Identity } from "../../core/identity/identity.ts";
import type { LogRequest } from "../../ports/transparency-log.ts";
import type { Credential } from "./credential.ts";
import type { Payload } from "./gather-payloads.ts";
import type { SigningPorts } from "./job.ts";
import { askEnough, retrying } from "./retry.ts";

/** A bundle that has passed the verifier. */
export type VerifiedBundle = { readonly bundle: Bundle; readonly facts: VerifyFacts };

/**
 * Signs one payload and collects the evidence: time first, then the log, since a Rekor v2 entry without a timestamp could
 * never be verified. What comes out has passed the verifier as others run it.
 */
export async function makeBundle(
  ports: SigningPorts,
  credential: Credential,
  payload: Payload,
  signal: AbortSignal,
): Promise<Parsed<VerifiedBundle, SigningReason>> {
  const made = await signOnce(ports, credential, payload, signal).catch((error: unknown) => {
    // The log holds an entry with this very signature and does not give it; a fresh signature is a fresh entry.
    if (error instanceof Fault && error.id === "log.duplicate") return signOnce(ports, credential, payload, signal);
    throw error;
  });
  return made.ok ? judgeOwn(ports, made.value, payload, credential.identity) : made;
}

/** The full verifier over a bundle, with the identity that it has to be of. */
export function judgeOwn(
  { domain }: Pick<SigningPorts, "domain">,
  bundle: Bundle,
  payload: Payload,
  identity: Identity,
): Parsed<VerifiedBundle, SigningReason> {
  const { predicateType, artifact } = payload;
  const policy = { identity, ...(predicateType !== undefined && { predicateType }) };
  const { verdict, facts } = judgeEvidence(bundle, artifact, domain.trust, policy);
  if (verdict.kind === "pass") return parsed({ bundle, facts });
  const [first] = verdict.kind === "fail" ? verdict.reasons : bug("a whole bundle is decided");
  return malformed(first.reason, first.detail);
}

async function signOnce(
  ports: SigningPorts,
  { signer, leaf }: Credential,
  payload: Payload,
  signal: AbortSignal,
): Promise<Parsed<Bundle, SigningReason>> {
  const pae = toPae(STATEMENT_PAYLOAD_TYPE, payload.bytes);
  const signature = await signer.sign(payload.kind === "dsse" ? pae : payload.bytes);
  const timestamps = await stamp(ports, signature, signal);
  if (!timestamps.ok) return timestamps;
  const verifier = { kind: "certificate", der: leaf.der } as const;
  const content: BundleContent = toContent(payload, signature);
  const logged: LogRequest["content"] =
    content.kind === "dsse"
      ? { kind: "dsse", envelope: renderEnvelope(content), pae }
      : { kind: "message", digest: sha256(payload.bytes) };
  const entries = await append(ports, { verifier, signature, content: logged }, signal);
  const key = { kind: "certificate", leaf: leaf.der, chain: [] } as const;
  return parsed({ version: "0.3", key, entries, timestamps: timestamps.value, content });
}

function toContent({ kind, bytes }: Payload, signature: Uint8Array): BundleContent {
  return kind === "dsse"
    ? { kind, payload: bytes, payloadType: STATEMENT_PAYLOAD_TYPE, signature, keyid: "" }
    : { kind, digest: { algorithm: "sha256", bytes: sha256(bytes) }, signature };
}

const NONCE_BYTES = 8;

async function stamp(
  ports: SigningPorts,
  signature: Uint8Array,
  signal: AbortSignal,
): Promise<Parsed<readonly Uint8Array[], SigningReason>> {
  const { timestampAuthorities, logs, trust } = ports.domain;
  if (timestampAuthorities.services.length === 0) {
    const hasNoTime = logs.services.some(({ type }) => type === "rekor2");
    return hasNoTime
      ? malformed("tsa-required", "a Rekor v2 states no time, and no timestamp authority is configured")
      : parsed([]);
  }
  const answers = await askEnough(timestampAuthorities, (authority) =>
    retrying(
      ports,
      async () => {
        const nonce = ports.random.bytes(NONCE_BYTES);
        const response = await authority.stamp(renderTimestampRequest({ digest: sha256(signature), nonce }), signal);
        return { nonce, response, now: ports.clock.now() };
      },
      signal,
    ),
  );
  for (const { nonce, response, now } of answers) {
    const verdict = judgeStamp(response, { signature, nonce, trust, now });
    if (verdict.kind === "fail") return malformed(verdict.reasons[0].reason, verdict.reasons[0].detail);
  }
  return parsed(answers.map(({ response }) => response));
}

function append(ports: SigningPorts, request: LogRequest, signal: AbortSignal): Promise<readonly TlogEntry[]> {
  return askEnough(ports.domain.logs, (log) => retrying(ports, () => log.append(request, signal), signal));
}
