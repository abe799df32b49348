import { parseTimestampToken } from "../cms/timestamp.ts";
import { judgeTimestamp, type ProvenTimestamp } from "../cms/judge-timestamp.ts";
import type { TstCode } from "../cms/tst-code.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { addMs, earliest, renderRfc3339, type UnixMs } from "../time.ts";
import { fail, pass, type Verdict } from "../verdict.ts";
import { isWithin } from "../x509/chain.ts";
import { renderName } from "../x509/name.ts";
import type { NotationEnvelope } from "./envelope.ts";
import type { Chain } from "./judge-chain.ts";
import type { NotationRules } from "./rules.ts";
import type { NotationTrust } from "./trust.ts";

export type TimeReason = TstCode | "cert-not-valid-at-time" | "time-missing";

/** When a signature was made, as far as somebody trusted says so. */
export type NotationTime = {
  readonly at: UnixMs;
  readonly source: "tsa" | "signing-authority";
  /** The time stamp that says so; what it rests on may be revoked as well. */
  readonly stamp?: ProvenTimestamp;
};

export type JudgedTime = {
  readonly verdict: Verdict<TimeReason>;
  readonly time?: NotationTime;
  /** When a pass ends by itself: of certificates that are held against the present. */
  readonly until?: UnixMs;
};

type Question = {
  readonly envelope: NotationEnvelope;
  readonly chain: Chain;
  readonly rules: NotationRules;
  readonly trust: NotationTrust;
  readonly now: UnixMs;
};

/**
 * Judges that the certificates were valid when the signature was made (trust-store-trust-policy, `Signature
 * Verification details`, authentic timestamp). The signer's own word for a time is never one: without a time stamp
 * the certificates have to be valid now.
 */
export function judgeTime(question: Question): JudgedTime {
  const { envelope, chain, now } = question;
  const { scheme, signingTime } = envelope.attributes;
  if (scheme === "notary.x509.signingAuthority") {
    const time = { at: signingTime, source: "signing-authority" } as const;
    return withTime(validThroughout(chain, signingTime, signingTime), time);
  }
  if (!asksForStamp(question)) {
    const until = earliest(chain.map(({ notAfter }) => notAfter));
    return { verdict: validThroughout(chain, now, now), ...(until !== undefined && { until }) };
  }
  const stamp = readStamp(question);
  if (!stamp.ok) return { verdict: fail(stamp.code, stamp.detail) };
  const { genTime, accuracyMs = 0 } = stamp.value;
  const time = { at: genTime, source: "tsa", stamp: stamp.value } as const;
  return withTime(validThroughout(chain, addMs(genTime, -accuracyMs), addMs(genTime, accuracyMs)), time);
}

function withTime(verdict: Verdict<TimeReason>, time: NotationTime): JudgedTime {
  return verdict.kind === "pass" ? { verdict, time } : { verdict };
}

/** A time stamp is asked for where somebody is trusted to give one: always, or once a certificate has expired. */
function asksForStamp({ rules, trust, chain, now }: Question): boolean {
  if (trust.tsa.length === 0) return false;
  return rules.verifyTimestamp === "always" || chain.some(({ notAfter }) => now > notAfter);
}

function readStamp({ envelope, trust }: Question): Parsed<ProvenTimestamp, TimeReason> {
  const { timestamp, signature } = envelope;
  if (!timestamp) return malformed("time-missing", "the policy asks for a time stamp and the signature has none");
  const token = parseTimestampToken(timestamp);
  if (!token.ok) return token;
  // RFC 5816 leaves it out where SHA-1 would do; the Notary Project does not.
  if (!token.value.signed.signer.attributes.signingCertificate) {
    return malformed("tst-signing-cert", "no signing-certificate-v2 attribute");
  }
  const stamp = judgeTimestamp(token.value, { signature, authorities: trust.tsa });
  return stamp.ok ? parsed(stamp.value) : stamp;
}

/** Every certificate is valid from the first to the last instant at which the signature may have been made. */
function validThroughout(chain: Chain, lo: UnixMs, hi: UnixMs): Verdict<"cert-not-valid-at-time"> {
  const invalid = chain.find(({ notBefore, notAfter }) => {
    const validity = { lo: notBefore, hi: notAfter };
    return !isWithin(lo, validity) || !isWithin(hi, validity);
  });
  if (!invalid) return pass;
  const { subject, notBefore, notAfter } = invalid;
  const period = `${renderRfc3339(notBefore)} to ${renderRfc3339(notAfter)}`;
  return fail("cert-not-valid-at-time", `${renderName(subject)} is valid from ${period}, not at ${renderRfc3339(hi)}`);
}
