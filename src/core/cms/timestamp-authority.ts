import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { Interval } from "../time.ts";
import type { Certificate } from "../x509/certificate.ts";
import { checkCaChain, isSignedBy, namesIssuer, validityOf, type ChainCode } from "../x509/chain.ts";
import { EKU_TIME_STAMPING } from "../x509/extensions.ts";

/**
 * An authority of the trusted root whose time stamps are believed; made by `timestampAuthorityTrust`, which has
 * checked names and signatures of the chain, so that a judgement need not.
 */
export type TimestampAuthorityTrust = {
  /** As in the trusted root: the signer first, or the CA that issues signers; the anchor last. */
  readonly chain: readonly Certificate[];
  /** When the authority is believed; both ends inside. */
  readonly validFor: Interval;
  /** The signer, where the chain starts with it: certificates that come with a token are then not looked at. */
  readonly signer: Certificate | undefined;
  /** When all certificates of the chain are valid. */
  readonly validity: Required<Interval>;
  readonly [checked]: true;
};
const checked: unique symbol = Symbol("checked");

/** Checks the chain of a time-stamp authority once, at load. Its anchor is trusted as it stands. */
export function timestampAuthorityTrust(
  chain: readonly Certificate[],
  validFor: Interval,
): Parsed<TimestampAuthorityTrust, ChainCode> {
  const [first, ...rest] = chain;
  if (!first) return malformed("chain-empty", "no certificates");
  const signer = first.isCa ? undefined : first;
  const cas = signer ? rest : chain;
  const [issuer] = cas;
  if (issuer) {
    const path = checkCaChain(cas, EKU_TIME_STAMPING);
    if (!path.ok) return path;
    if (signer && !namesIssuer(signer, issuer)) return malformed("chain-issuer", "the signer names another issuer");
    if (signer && !isSignedBy(signer, issuer))
      return malformed("chain-signature", "the signer is not signed by the next");
  }
  const validity = validityOf(chain);
  if (!validity) return malformed("chain-validity", "the certificates are never valid together");
  return parsed({ chain, validFor, signer, validity, [checked]: true });
}
