/**
 * Every way a policy set can be wrong (trust-policy chapter §1.5), and what to write instead. An id is never renamed or
 * reused.
 */
export const POLICY_CODES = {
  TP001: {
    title: "not UTF-8, over 1 MiB, or control characters",
    fix: "Save the file again as UTF-8; split a set that is too large.",
  },
  TP002: {
    title: "YAML that two readers may understand differently",
    fix: "Write the value out: no aliases, merge keys, tags or duplicate keys.",
  },
  TP003: { title: "a field that does not exist", fix: "Remove it, or write the field that was meant." },
  TP004: { title: "a value of the wrong type, or missing", fix: "Write a value of the type named." },
  TP005: {
    title: "an unsupported apiVersion or kind",
    fix: "Write apiVersion countersign.dev/v1alpha1 and kind TrustPolicy, TrustException, BreakGlass, Placement or DenyRule.",
  },
  TP006: { title: "one name defined twice", fix: "Rename one of the two." },
  TP007: { title: "a value out of range or malformed", fix: "Write it in the form named." },
  TP008: { title: "the revision goes down", fix: "Raise spec.revision; a Git revert also raises it." },
  TP009: {
    title: "the policy set is not signed by the identity that must sign it",
    fix: "Sign what `countersign policy show --canonical` prints.",
  },
  TP101: { title: "an image pattern without registry host", fix: "Write the host out, as in docker.io/library/nginx." },
  TP102: { title: "a tag or digest in an image pattern", fix: "Remove it; let one digest in by a TrustException." },
  TP103: {
    title: "a wildcard in the host, ** not last, or an empty segment",
    fix: "Write host/segment/… with * inside a segment and ** as the last segment.",
  },
  TP104: { title: "two families match the same image", fix: "Add `except` to one of them." },
  TP105: { title: "an except that never matches", fix: "Delete it." },
  TP106: { title: "a family that matches nothing", fix: "Delete it, or its except." },
  TP107: { title: "a pattern that covers a whole registry", fix: "Name the organisation.", level: "warning" },
  TP201: { title: "an identity without issuer", fix: "Add the exact issuer URL." },
  TP202: { title: "no SAN, or several, in one identity", fix: "Write one identity for each SAN." },
  TP203: { title: "a pattern that is not anchored, alternates outside a group, or has flags", fix: "Write ^(?:…)$." },
  TP204: {
    title: "a pattern that is not RE2, or too large",
    fix: "Write a shorter pattern, without look-around and back-references.",
  },
  TP205: {
    title: "a pattern without a literal beginning",
    fix: "Write scheme and host literally; give Kubernetes identities an exact issuer.",
  },
  TP206: { title: "an unescaped dot in the host part of a pattern", fix: "Write \\. for the dot." },
  TP207: { title: "a wildcard inside an exact value", fix: "Write the exact value, or {pattern: '^…$'}." },
  TP208: {
    title: "an issuer that no discovery document has",
    fix: "Copy the issuer from the discovery document, byte for byte.",
  },
  TP209: { title: "a SAN that no Fulcio issues", fix: "Copy the SAN from a certificate." },
  TP210: { title: "a pattern that accepts every string of its kind", fix: "Name what is trusted." },
  TP211: { title: "an identity that is not in the identity register", fix: "Register it.", level: "warning" },
  TP212: { title: "a SAN that does not fit the issuer", fix: "Write serviceAccount: {cluster, namespace, name}." },
  TP213: { title: "an authority that nothing uses", fix: "Delete it.", level: "warning" },
  TP214: { title: "an unknown authority", fix: "Define it under spec.authorities, or correct the name." },
  TP301: { title: "an unknown trust root", fix: "Name a trust domain of the configuration." },
  TP302: { title: "a log that is not of this root", fix: "Name a log of the trust domain." },
  TP303: {
    title: "an unknown witness, or a quorum that cannot be met",
    fix: "Name witnesses of the configuration, and a quorum from 1 to their number.",
  },
  TP304: { title: "a promise taken for a proof without a reason", fix: "Write log.reason, or proof: inclusion." },
  TP305: { title: "logs that state no time, and no timestamp authority", fix: "Add tsa to time.sources." },
  TP306: { title: "an unknown timestamp authority, or none in the root", fix: "Name a TSA of the trust domain." },
  TP307: { title: "no SCT asked for, though the root has a CT log", fix: "Write sct: required." },
  TP308: {
    title: "public and private roots as alternatives of each other",
    fix: "Split the family.",
    level: "warning",
  },
  TP309: {
    title: "an authority of another trust domain than the family's placement",
    fix: "Use an authority of the placement's domain, or change the placement.",
  },
  TP401: { title: "an empty requirement", fix: "Name what is required." },
  TP402: { title: "atLeast out of range", fix: "Write a number from 1 to the number of branches." },
  TP403: { title: "one signer that would count twice", fix: "Give each branch signers of its own." },
  TP404: {
    title: "an attestation type that is neither a URI nor a preset",
    fix: "Write a predicate type URI, or slsa1, slsa02, spdx, cyclonedx, vuln or openvex.",
  },
  TP405: { title: "a condition that cannot be judged", fix: "Write a JSON Pointer and exactly one test." },
  TP406: { title: "a requirement too deep or with too many terms", fix: "At most 4 levels and 64 terms." },
  TP407: {
    title: "an attestation by a Notation authority",
    fix: "Use a Sigstore or key authority; Notation signs no statements.",
  },
  TP408: { title: "a requirement that nothing can meet", fix: "Correct the dates." },
  TP409: {
    title: "a signed name asked for, where only bundles are evidence",
    fix: "Write claims.reference: ignore, or let formats have legacy.",
  },
  TP501: { title: "an unknown time zone", fix: "Write an IANA name, such as Europe/Zurich." },
  TP502: { title: "an empty window", fix: "Name days, and two different times." },
  TP504: { title: "an opening without end, over 90 days, or past", fix: "Write until: a date within 90 days." },
  TP505: {
    title: "an exemption without owner or reason, or from everything",
    fix: "Name the namespaces, who owns the exemption, and why.",
  },
  TP601: { title: "approver and requester are the same", fix: "Let somebody else approve." },
  TP602: {
    title: "an end that is missing, too late or past",
    fix: "Write ends: within 14 days, 90 with the right to approve long ones; 4 hours for BreakGlass.",
  },
  TP603: { title: "ticket or reason missing", fix: "Write a ticket URL and a reason of 20 to 500 characters." },
  TP604: { title: "a scope that is too wide", fix: "Name digests or a repository, namespaces and clusters." },
  TP605: {
    title: "a reason code that cannot be excused",
    fix: "An exception excuses what is missing or unexpected, not what is forged.",
  },
  TP606: {
    title: "an approval that is not verified",
    fix: "Let the approver merge it, or approve it through the API.",
  },
  TP607: { title: "two exceptions that overlap", fix: "Delete or narrow one of them." },
  TP608: { title: "reasonCodes empty or unknown", fix: "List the codes of the denial." },
} as const;
export type PolicyCode = keyof typeof POLICY_CODES;

/** Takes text as a code; `undefined` when there is none of that name. */
export function parsePolicyCode(text: string): PolicyCode | undefined {
  return isPolicyCode(text) ? text : undefined;
}

function isPolicyCode(text: string): text is PolicyCode {
  return Object.hasOwn(POLICY_CODES, text);
}
