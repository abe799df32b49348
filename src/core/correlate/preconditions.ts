import type { SigningEvent } from "../entry/signing-event.ts";
import { parseServiceAccountSan, sameIdentity, type Identity, type ServiceAccountName } from "../identity/identity.ts";
import type { Precondition } from "./grade.ts";
import { CHAINS_DELAY_MS, WINDOW_SLACK_MS, windowOf, type SeenRun, type WorldIndex } from "./index-world.ts";

/**
 * The identity that a certificate proves; `undefined` for bare keys and for certificates that do not chain to a trusted
 * CA: those say what they like. Of an entry with several signers the first, whose certificate the event carries.
 */
export function provenIdentity(event: SigningEvent): Identity | undefined {
  return event.chain === "verified" && event.certificate ? event.identities[0] : undefined;
}

/** P1: the certificate's subject is the run's account under that cluster's issuer, or that cluster's Chains. */
export function judgeIdentityFit(index: WorldIndex, event: SigningEvent, run: SeenRun): Precondition {
  const identity = provenIdentity(event);
  const cluster = index.clusters.find((known) => known.cluster === run.cluster);
  if (!identity || !cluster) return "unknown";
  if (cluster.chains && sameIdentity(cluster.chains, identity)) return "fits";
  const account = parseAccount(identity);
  const { namespace } = run.value.meta;
  return account?.namespace === namespace &&
    account.serviceAccount === run.value.serviceAccount &&
    cluster.issuers.includes(identity.issuer)
    ? "fits"
    : "conflict";
}

/** P2: the certificate was issued while the run ran, with a minute on both sides; for Chains up to an hour after. */
export function judgeTimeFit(event: SigningEvent, run: SeenRun, byController: boolean): Precondition {
  const at = event.certificate?.notBefore;
  const window = windowOf(run.value, byController ? CHAINS_DELAY_MS : WINDOW_SLACK_MS);
  if (at === undefined || event.chain !== "verified" || !window) return "unknown";
  return at >= window.since && (window.until === undefined || at <= window.until) ? "fits" : "conflict";
}

/** Whether the entry was signed by the registered Chains controller of the run's cluster. */
export function isByController(index: WorldIndex, event: SigningEvent, run: SeenRun): boolean {
  const identity = provenIdentity(event);
  const chains = index.clusters.find((known) => known.cluster === run.cluster)?.chains;
  return identity !== undefined && chains !== undefined && sameIdentity(chains, identity);
}

/** Whether the run says that it signed with another certificate than this entry's. It then cannot have signed this entry. */
export function namesOtherCertificate(event: SigningEvent, run: SeenRun): boolean {
  const named = run.value.receipt?.certificate?.serialHex;
  const carried = event.certificate?.serialHex;
  return named !== undefined && carried !== undefined && trimSerial(named) !== trimSerial(carried);
}

/** DER pads a serial with a zero byte when its first bit is set; tools differ in showing it. */
function trimSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, "");
}

const BOUND_SAN = /^https:\/\/kubernetes\.io\/serviceaccounts\/([^/:]+):([^/:]+)$/;

/** The account in a SAN, of Fulcio's issuer type `kubernetes` or of the profile `bound` (pipelines chapter §1.1). */
export function parseAccount(identity: Identity): ServiceAccountName | undefined {
  if (identity.sanType !== "uri") return undefined;
  const plain = parseServiceAccountSan(identity.san);
  if (plain) return plain;
  const [, namespace, serviceAccount] = BOUND_SAN.exec(identity.san) ?? [];
  return namespace !== undefined && serviceAccount !== undefined ? { namespace, serviceAccount } : undefined;
}
