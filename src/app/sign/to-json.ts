import type { MadeSignature, SigningOutcome } from "../../capabilities/sign/job.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { digestRefOf } from "../../core/digest.ts";
import { leafHash } from "../../core/merkle/tree.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { JsonValue } from "../output/json-value.ts";

/** The receipt of a signing run as JSON: what was signed, as whom, and where the proof of it is. */
export function toSigningJson(outcome: SigningOutcome): { readonly [member: string]: JsonValue | undefined } {
  const { verdict, identity, certificate, credentialId, signatures } = outcome;
  return {
    verdict: { ...verdict },
    ...(identity && { identity: { ...identity } }),
    ...(certificate && {
      certificate: {
        serial: toHex(certificate.serial),
        sha256: digestRefOf(certificate.der),
        notBefore: renderRfc3339(certificate.notBefore),
        notAfter: renderRfc3339(certificate.notAfter),
      },
    }),
    ...(credentialId !== undefined && { credentialId }),
    signatures: signatures.map(toSignatureJson),
  };
}

function toSignatureJson(signature: MadeSignature): JsonValue {
  const { subject, predicateType, manifest, facts, bundle, bytes, reused } = signature;
  return {
    ...(subject && { image: `${subject.repository}@${subject.digest}` }),
    ...(predicateType !== undefined && { predicateType }),
    bundle: digestRefOf(bytes),
    ...(manifest !== undefined && { manifest }),
    entries: facts.entries.map(({ log, logIndex, position }) => {
      const body = bundle.entries[position]?.canonicalizedBody;
      return { log, index: logIndex, ...(body && { leaf: toHex(leafHash(body)) }) };
    }),
    times: facts.times.map(({ at, source, by }) => ({ at: renderRfc3339(at), source, by })),
    reused,
  };
}
