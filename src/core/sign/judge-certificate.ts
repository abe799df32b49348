import { sameBytes } from "../bytes/bytes.ts";
import type { Identity } from "../identity/identity.ts";
import type { IdToken } from "../identity/token.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import { judgePath } from "../verify/judge-path.ts";
import { judgeScts } from "../verify/judge-scts.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { identityOf } from "../x509/identity-of.ts";
import { CLOCK_SKEW_MS_MAX } from "./judge-stamp.ts";
import type { SigningReason } from "./reason.ts";

/** What was asked of a certificate authority. */
export type IssueRequest = {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly token: IdToken;
  /** What the token must become; absent where the CA composes it of claims that are not read. */
  readonly identity: Identity | undefined;
  readonly trust: CompiledTrust;
  readonly now: UnixMs;
};

/** What a CA answered: its chain in DER, leaf first. */
export type IssueAnswer = { readonly chain: readonly Uint8Array[]; readonly sct: "embedded" | "detached" };

/** A certificate that is ours, and that others will accept. */
export type IssuedLeaf = { readonly leaf: Certificate; readonly identity: Identity };

/**
 * Judges what a CA gave for a token before anything is signed with it: our key, our identity, and steps 12 and 13 of the
 * verification procedure with now as the time. A certificate of another's would put our signature under their name.
 */
export function judgeIssued(answer: IssueAnswer, request: IssueRequest): Parsed<IssuedLeaf, SigningReason> {
  if (answer.sct === "detached") return malformed("fulcio-detached-sct", "the SCT came beside the certificate");
  const [leaf, ...chain] = readChain(answer.chain);
  if (!leaf?.ok) return leaf ?? malformed("fulcio-key-mismatch", "the chain is empty");
  if (!sameBytes(leaf.value.spki, request.publicKey)) {
    return malformed("fulcio-key-mismatch", "the certificate is for another key");
  }
  const identity = judgeOwner(leaf.value, request);
  if (!identity.ok) return identity;
  const intermediates = chain.flatMap((read) => (read.ok ? [read.value] : []));
  const time = {
    at: effectiveNow(leaf.value, request.now),
    source: "tsa",
    by: "this machine",
    group: "clock",
  } as const;
  const path = judgePath(leaf.value, intermediates, request.trust, [time]);
  if (!path.ok) return path;
  const scts = judgeScts(leaf.value, path.value.issuerSpkiHash, request.trust, request.trust.thresholds.sct);
  return scts.ok ? parsed({ leaf: leaf.value, identity: identity.value }) : scts;
}

function readChain(chain: readonly Uint8Array[]): readonly ReturnType<typeof parseCertificate>[] {
  return chain.map(parseCertificate);
}

function judgeOwner(leaf: Certificate, request: IssueRequest): Parsed<Identity, SigningReason> {
  const identity = identityOf(leaf);
  if (!identity.ok) return identity;
  const { issuer, san, sanType } = identity.value;
  const expected = request.identity ?? { ...identity.value, issuer: request.token.issuer };
  if (issuer === expected.issuer && san === expected.san && sanType === expected.sanType) return identity;
  return malformed(
    "fulcio-identity-mismatch",
    `the certificate is for ${san} of ${issuer}, the token for ${expected.san} of ${expected.issuer}`,
  );
}

/** The CA's clock may be a little ahead of ours: then its `notBefore` is our now. */
function effectiveNow({ notBefore }: Certificate, now: UnixMs): UnixMs {
  return notBefore > now && notBefore - now <= CLOCK_SKEW_MS_MAX ? notBefore : now;
}
