/** What the services that we speak to can fail with. */
export const SERVICE_FAULTS = {
  "http.unreachable": {
    exit: 3,
    message: "The host did not answer.",
    remedy: "Check the URL, the egress policy and the proxy; the request is safe to repeat.",
  },
  "http.timeout": {
    exit: 3,
    message: "The host did not answer in time.",
    remedy: "Try again; check the network between here and the host.",
  },
  "http.too-large": {
    exit: 3,
    message: "The answer is larger than the limit.",
    remedy: "The host may be misconfigured or hostile; look at what it serves.",
  },
  "http.malformed": {
    exit: 3,
    message: "The exchange is not valid HTTP.",
    remedy: "Check that the URL is that of the service, and what a proxy in between does to it.",
  },
  "http.refused": {
    exit: 2,
    message: "The address is not allowed.",
    remedy: "Plain http is for loopback and cluster-local hosts only; redirects to private addresses are not followed.",
  },
  "webhook.unreachable": {
    exit: 3,
    message: "The webhook did not answer.",
    remedy: "Forward its port (kubectl port-forward deploy/countersign-webhook 8081), or name it with --webhook.",
  },
  "webhook.unauthorized": {
    exit: 4,
    message: "The webhook does not know the caller.",
    remedy: "Give --token-file with a token of `auth` of its configuration.",
  },
  "webhook.malformed": {
    exit: 3,
    message: "The answer is not what a webhook of countersign says.",
    remedy: "Check that --webhook is the address of its --admin-listen.",
  },
  "log.unreachable": {
    exit: 3,
    message: "The transparency log did not answer.",
    remedy: "Check the URL, the egress policy and the proxy; the request is safe to repeat.",
  },
  "log.refused": {
    exit: 3,
    message: "The transparency log refused the request.",
    remedy: "Read the log's message; check the entry kind and size against what this log accepts.",
  },
  "log.duplicate": {
    exit: 3,
    message: "The transparency log holds this very entry already.",
    remedy: "Sign again: a fresh signature is a fresh entry.",
  },
  "log.malformed": {
    exit: 3,
    message: "The transparency log's answer is not what the protocol says.",
    remedy: "Check that the URL is that of a log of the configured type.",
  },
  "log.missing": {
    exit: 3,
    message: "The transparency log does not serve what its checkpoint promises.",
    remedy: "Ask the operator of the log; nothing was stored beyond the last proven checkpoint.",
  },
  "log.too-large": {
    exit: 3,
    message: "The transparency log's answer, or the entry, is larger than the limit.",
    remedy: "Check the log; send large statements to a Rekor v2 log, whose requests have a constant size.",
  },
  "fulcio.unreachable": {
    exit: 3,
    message: "The certificate authority did not answer.",
    remedy: "Check the URL and the egress policy; the request is safe to repeat.",
  },
  "fulcio.refused": {
    exit: 4,
    message: "The certificate authority did not accept the token or the proof of possession.",
    remedy: "Compare the token's issuer and audience with the CA's configuration: `countersign doctor`.",
  },
  "fulcio.malformed": {
    exit: 3,
    message: "The certificate authority's answer is not what the protocol says.",
    remedy: "Check that the URL is that of a Fulcio.",
  },
  "fulcio.detached-sct": {
    exit: 3,
    message: "The certificate authority gave a detached SCT.",
    remedy: "Configure Fulcio's CT log so that the SCT is embedded in the certificate.",
  },
  "fulcio.challenge-unknown": {
    exit: 3,
    message: "The certificate authority asks for a challenge claim that is not known.",
    remedy: "Check the issuer's entry in Fulcio's configuration.",
  },
  "tsa.unreachable": {
    exit: 3,
    message: "The timestamp authority did not answer.",
    remedy: "Check the URL and the egress policy; the request is safe to repeat.",
  },
  "tsa.refused": {
    exit: 3,
    message: "The timestamp authority refused the request.",
    remedy: "Read the authority's message.",
  },
  "tsa.malformed": {
    exit: 3,
    message: "The timestamp authority's answer is not what RFC 3161 says.",
    remedy: "Check that the URL is the full path of an RFC 3161 service.",
  },
} as const;
