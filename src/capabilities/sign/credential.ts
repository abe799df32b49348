import { toChallenge, toExpectedIdentity } from "../../core/identity/challenge.ts";
import type { Identity } from "../../core/identity/identity.ts";
import { judgeToken } from "../../core/identity/judge-token.ts";
import { readToken, type IdToken } from "../../core/identity/token.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { bug } from "../../core/bug.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import type { Secret } from "../../core/secret.ts";
import { judgeIssued } from "../../core/sign/judge-certificate.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import type { Certificate } from "../../core/x509/certificate.ts";
import type { AcceptedIssuer, CertificateAuthority } from "../../ports/certificate-authority.ts";
import type { Signer } from "../../ports/signer.ts";
import type { SigningPorts } from "./job.ts";
import { askEnough, retrying } from "./retry.ts";

/** A key, and the certificate that says whose it is for the next minutes. */
export type Credential = {
  readonly signer: Signer;
  readonly leaf: Certificate;
  /** What the CA gave beside the leaf, DER. */
  readonly chain: readonly Uint8Array[];
  readonly identity: Identity;
  readonly jti?: string;
};

/** Below this the certificate may expire between the signature and its timestamp. */
const REMAINING_MS_MIN = 60_000;

/** Whether a certificate is good for one signature more. */
export function isUsable({ leaf }: Credential, ports: Pick<SigningPorts, "clock">): boolean {
  return leaf.notAfter - ports.clock.now() >= REMAINING_MS_MIN;
}

/** The token as it is now, judged before anybody sees it. */
export async function readJudgedToken(
  ports: SigningPorts,
  signal: AbortSignal,
): Promise<Parsed<{ readonly token: Secret<string>; readonly claims: IdToken }, SigningReason>> {
  const token = await ports.tokens.read(signal);
  const claims = token.use(readToken);
  if (!claims.ok) return malformed("token-malformed", `${claims.code}: ${claims.detail}`);
  const verdict = judgeToken(claims.value, ports.domain.tokenPolicy, ports.clock.now());
  if (verdict.kind === "pass") return parsed({ token, claims: claims.value });
  const [first, ...more] = verdict.kind === "fail" ? verdict.reasons : bug("a token is judged whole");
  return malformed(first.reason, [first, ...more].map(({ detail }) => detail).join("; "));
}

/** The identity that the CA will give to a token, where it says how it reads it. */
export function identityFor(claims: IdToken, issuers: readonly AcceptedIssuer[]): Identity | undefined {
  return toExpectedIdentity(claims, toChallenge(claims, issuers)?.entry?.issuerType);
}

/** Gets a certificate for a fresh key from the first authority that answers, and judges it before it is used. */
export async function obtainCredential(
  ports: SigningPorts,
  signal: AbortSignal,
): Promise<Parsed<Credential, SigningReason>> {
  const signer = await ports.newSigner();
  const answers = await askEnough(ports.domain.authorities, async (authority) => {
    const issuers = await retrying(ports, () => authority.issuers(signal), signal);
    // The token is read anew for each attempt: the kubelet may have replaced it while we waited.
    return retrying(ports, () => issueOnce(ports, { authority, issuers, signer }, signal), signal);
  });
  return answers[0] ?? malformed("signing-config-unsatisfiable", "no certificate authority is configured");
}

type Asking = {
  readonly authority: CertificateAuthority;
  readonly issuers: readonly AcceptedIssuer[];
  readonly signer: Signer;
};

async function issueOnce(
  ports: SigningPorts,
  { authority, issuers, signer }: Asking,
  signal: AbortSignal,
): Promise<Parsed<Credential, SigningReason>> {
  const read = await readJudgedToken(ports, signal);
  if (!read.ok) return read;
  const { token, claims } = read.value;
  const challenge = toChallenge(claims, issuers);
  if (!challenge) return malformed("fulcio-challenge-unknown", `for tokens of ${claims.issuer}`);
  const proofOfPossession = await signer.sign(toUtf8(challenge.value));
  const issued = await authority.issue({ token, publicKey: signer.publicKey, proofOfPossession }, signal);
  const identity = toExpectedIdentity(claims, challenge.entry?.issuerType);
  const judged = judgeIssued(issued, {
    publicKey: signer.publicKey,
    token: claims,
    identity,
    trust: ports.domain.trust,
    now: ports.clock.now(),
  });
  if (!judged.ok) return judged;
  const { jti } = claims;
  return parsed({ signer, ...judged.value, chain: issued.chain.slice(1), ...(jti !== undefined && { jti }) });
}

/** The same authority, asked for its issuers once in a run: they are needed to look for signatures, and again to ask for a certificate. */
export function rememberIssuers(authority: CertificateAuthority): CertificateAuthority {
  let known: readonly AcceptedIssuer[] | undefined;
  return {
    issue: (request, signal) => authority.issue(request, signal),
    issuers: async (signal) => {
      known ??= await authority.issuers(signal);
      return known;
    },
  };
}
