import { sha256, type Sha256 } from "../digest.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { renderRfc3339 } from "../time.ts";
import type { CompiledTrust, TrustedCa } from "../trust/compiled-trust.ts";
import type { Certificate } from "../x509/certificate.ts";
import { isSignedBy, isWithin, mayIssue, namesIssuer } from "../x509/chain.ts";
import { EKU_CODE_SIGNING } from "../x509/extensions.ts";
import type { ProvenTime } from "./facts.ts";
import type { PathReason } from "./reason.ts";

/** The leaf was issued under this CA, at a time when everything above it was good. */
export type ProvenPath = { readonly ca: TrustedCa; readonly issuerSpkiHash: Sha256 };

/** A way from the leaf to a CA, so far by names only. */
type Candidate = { readonly ca: TrustedCa; readonly intermediate?: Certificate };

/**
 * Step 12, the hybrid model (client-spec §4.3): every proven time lies within the leaf, every certificate above it
 * and the CA's period in the trusted root. What the clock says now is not asked.
 */
export function judgePath(
  leaf: Certificate,
  candidates: readonly Certificate[],
  trust: CompiledTrust,
  times: readonly ProvenTime[],
): Parsed<ProvenPath, PathReason> {
  let failure: Parsed<never, PathReason> = malformed("cert-unknown-issuer", "issued by no CA of the trusted root");
  for (const candidate of candidatesOf(leaf, candidates, trust)) {
    const judged = judgeCandidate(leaf, candidate, times);
    if (judged.ok) return judged;
    // A CA may be listed once per period, so the last one's reason is as good as the first's.
    failure = judged;
  }
  return failure;
}

function candidatesOf(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  trust: CompiledTrust,
): readonly Candidate[] {
  const direct = trust.cas.filter(({ issuer }) => namesIssuer(leaf, issuer)).map((ca) => ({ ca }));
  const named = intermediates.filter((intermediate) => namesIssuer(leaf, intermediate));
  const indirect = named.flatMap((intermediate) =>
    trust.cas.filter(({ issuer }) => namesIssuer(intermediate, issuer)).map((ca) => ({ ca, intermediate })),
  );
  return [...direct, ...indirect];
}

function judgeCandidate(
  leaf: Certificate,
  { ca, intermediate }: Candidate,
  times: readonly ProvenTime[],
): Parsed<ProvenPath, PathReason> {
  const untimely = times.find(
    ({ at }) => !isWithin(at, ca.window) || !isValidAt(leaf, at) || !isValidAt(intermediate, at),
  );
  if (untimely) {
    const at = renderRfc3339(untimely.at);
    return malformed("cert-not-valid-at-time", `at ${at}, which ${untimely.by} states, a certificate was not valid`);
  }
  if (!intermediate) {
    return isSignedBy(leaf, ca.issuer)
      ? parsed({ ca, issuerSpkiHash: ca.issuerSpkiHash })
      : malformed("cert-signature", "the certificate is not signed by the CA it names");
  }
  const mayAll = [intermediate, ...ca.chain].every((issuer, below) => mayIssue(issuer, below, EKU_CODE_SIGNING));
  return mayAll && isSignedBy(intermediate, ca.issuer) && isSignedBy(leaf, intermediate)
    ? parsed({ ca, issuerSpkiHash: sha256(intermediate.spki) })
    : malformed("cert-signature", "the certificate does not lead to the CA through the intermediate that came with it");
}

function isValidAt(certificate: Certificate | undefined, at: ProvenTime["at"]): boolean {
  return certificate === undefined || (certificate.notBefore <= at && at <= certificate.notAfter);
}
