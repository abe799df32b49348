import { reasonClassOf, type ReasonClass } from "./reason-class.ts";

/** What a reason code means, and what whoever reads it can do. */
export type ReasonHelp = { readonly means: string; readonly remedy: string };

const OWNER = "Ask the owner of the trust policy.";
const AGAIN = "Nothing is said of the image; repeat the request, and look at the webhook's log if it stays so.";
const SIGN = "Build and sign the image with its pipeline.";
const PUBLISHER = "Ask the publisher for a signature that is good, or the owner of the trust policy.";

/** The codes that admission and policies own (trust-policy chapter §4.2); those of the verifier have the words of their class. */
const HELP: Readonly<Record<string, ReasonHelp>> = {
  "deny-rule": {
    means: "A deny rule names the image, or somebody whose good signature it has; nothing lifts that.",
    remedy: "Use another image. A rule is taken out by two persons.",
  },
  "no-family": {
    means: "No family of the trust policy covers the repository, so the registry was not even asked.",
    remedy: `Check the spelling of the image. ${OWNER}`,
  },
  "ref-invalid": {
    means: "This is no image reference, or its digest is not SHA-256.",
    remedy: "Write host/path@sha256:….",
  },
  "ref-not-pinned": {
    means: "The image is named by a tag, which can move after it was judged.",
    remedy: "Name it by digest, or let the mutating webhook do so.",
  },
  "policy-not-loaded": { means: "There is no valid trust policy, so nothing may run.", remedy: OWNER },
  "policy-invalid": { means: "A document of the trust policy has errors.", remedy: "Correct the named places." },
  "registry-unreachable": { means: "The registry did not answer, or answered with an error.", remedy: AGAIN },
  "registry-auth": {
    means: "The registry refused the webhook's credentials.",
    remedy: "Give the webhook a pull secret that may read the repository and what refers to its images.",
  },
  "registry-rate-limited": { means: "The registry asks for fewer requests.", remedy: AGAIN },
  "registry-refused": {
    means: "The registry's address, a redirect or its place of tokens is not one that may be asked.",
    remedy: "Name the registry in the configuration, with its authHosts, if it is meant.",
  },
  deadline: {
    means: "There was no answer in the time of one request; what is found out later is kept.",
    remedy: AGAIN,
  },
  "root-expired": {
    means: "The trusted root that the signatures are judged by has expired, or could not be had.",
    remedy: "Refresh the root: countersign trust, the TUF repository, or the configured file.",
  },
  "root-stale": { means: "The trusted root could not be refreshed.", remedy: "Look at the TUF repository." },
  "clock-unsure": {
    means: "A signature is from the future, so that one of the clocks is wrong.",
    remedy: "Compare the clocks of the webhook and of whoever signed.",
  },
  "notation-revocation-unknown": {
    means: "Nobody could say in time whether a certificate of the signer is revoked.",
    remedy: "Let the webhook reach the places that the certificate names, or relax revocation in the policy.",
  },
  "notation-store-missing": {
    means: "The trust stores that the policy names could not be read, or are empty.",
    remedy: "Look at notation.trustStores of the configuration and at the folders that it names.",
  },
  "image-not-found": { means: "The registry has no such image.", remedy: "Check the name, and that it was pushed." },
  "digest-mismatch": {
    means: "The registry served other bytes than the digest says.",
    remedy: "Look at the registry, and at what stands before it; do not run what it serves.",
  },
  "manifest-invalid": { means: "A manifest is not what it says it is.", remedy: "Look at what the registry serves." },
  "manifest-ambiguous": {
    means: "A manifest is an index to one reader and an image to another.",
    remedy: "Push the image anew with another tool.",
  },
  "too-large": { means: "Something beside the image is larger than is read.", remedy: "Remove it from the registry." },
  "too-many-candidates": {
    means: "More signatures are beside the image than are looked at, and none of those was good.",
    remedy: "Remove what is no signature of yours from the repository.",
  },
  "too-many-images": { means: "The object names more images than are judged at once.", remedy: "Split it." },
  "no-signature": { means: "Nothing beside the image is a signature of it, of the kind asked for.", remedy: SIGN },
  "no-attestation": { means: "No statement of the type asked for is beside the image.", remedy: SIGN },
  "child-not-signed": {
    means: "The index that the tag leads to is signed, and lists the image; the image itself is not.",
    remedy: "Name the index instead, or sign every platform (sign image --recursive).",
  },
  "platform-uncovered": { means: "A platform that the policy asks for is not there, or not signed.", remedy: SIGN },
  "threshold-not-met": { means: "Fewer of the named signers have signed than the policy asks for.", remedy: SIGN },
  "issuer-mismatch": {
    means: "The signature is by somebody whose identity another issuer vouches for.",
    remedy: "Build with the pipeline, in the cluster, that the policy names.",
  },
  "identity-mismatch": {
    means: "The signature is good, and by somebody else than the policy names.",
    remedy: "Build with the pipeline whose identity is expected.",
  },
  "extension-mismatch": {
    means: "The signer is right, and the certificate's extensions are others than the policy asks for.",
    remedy: "Build from the repository and the workflow that the policy names.",
  },
  "witness-quorum": {
    means: "Fewer witnesses than asked for have signed the log's checkpoint.",
    remedy: "Sign again once the witnesses are there.",
  },
  "time-disagree": { means: "Two verified times of one signature cannot both be true.", remedy: SIGN },
  "window-outside": { means: "The image was signed outside the hours that the policy allows.", remedy: SIGN },
  "age-exceeded": { means: "The signature is older than the policy allows.", remedy: SIGN },
  "signed-too-early": { means: "The image was signed before the policy's first moment.", remedy: SIGN },
  "predicate-condition": {
    means: "A statement of the right type does not say what the policy asks for.",
    remedy: "Compare the statement with the conditions of the policy.",
  },
  "predicate-stale": { means: "A statement is older than the policy allows.", remedy: "Make it anew." },
  "payload-reference-mismatch": { means: "The signature names another repository.", remedy: SIGN },
  "notation-identity": {
    means: "The signer's certificate is good, and names somebody whom the policy does not.",
    remedy: PUBLISHER,
  },
  "notation-expired": { means: "The signer said how long the signature is good, and that is over.", remedy: PUBLISHER },
  "notation-revoked": { means: "A certificate of the signer is revoked.", remedy: PUBLISHER },
  "notation-plugin-required": {
    means: "The signer asks for a verification plugin, and none is run here.",
    remedy: PUBLISHER,
  },
};

/** Of codes without words of their own. */
const OF_CLASS: Readonly<Record<ReasonClass, ReasonHelp>> = {
  policy: { means: "The trust policy refuses it.", remedy: OWNER },
  environment: { means: "The world failed, and not the image.", remedy: AGAIN },
  registry: {
    means: "What the registry serves is not what it should be.",
    remedy: "Look at what the registry serves.",
  },
  absence: { means: "Evidence that the policy asks for is not there.", remedy: SIGN },
  envelope: {
    means: "What looks like a signature of the image is broken, or is of something else.",
    remedy: "Find out who put it there. It proves nothing; sign the image with its pipeline.",
  },
  certificate: {
    means: "The signer's certificate or key is none that the trusted root vouches for.",
    remedy: "Compare the signer's certificate authority with the trust domain of the policy.",
  },
  identity: { means: "The signature is by somebody else than the policy names.", remedy: SIGN },
  log: {
    means: "The signature's entry in a transparency log is missing, not proven, or of something else.",
    remedy: "Compare the log with those of the trust domain, and sign again.",
  },
  time: {
    means: "When it was signed is not proven, or not within a validity that counts.",
    remedy: "Sign again, with a time-stamp authority or log of the trust domain.",
  },
  predicate: { means: "A statement says something else than the policy asks for.", remedy: SIGN },
  notation: { means: "A Notary Project signature is not one that the policy takes.", remedy: PUBLISHER },
  admitted: { means: "It was let in without being satisfied, for the reason that the code names.", remedy: OWNER },
};

/** The words for a reason code of a verdict; `undefined` for a word that is none. */
export function helpOfReason(code: string): ReasonHelp | undefined {
  if (Object.hasOwn(HELP, code)) return HELP[code];
  const found = reasonClassOf(code);
  return found && OF_CLASS[found];
}

/** The codes that have words of their own. */
export const EXPLAINED_REASONS: readonly string[] = Object.keys(HELP);
