/** The classes of reason codes; the class decides what can be excused, how long it is kept, and who is told. */
export type ReasonClass =
  | "policy"
  | "environment"
  | "registry"
  | "absence"
  | "envelope"
  | "certificate"
  | "identity"
  | "log"
  | "time"
  | "predicate"
  | "notation"
  | "admitted";

/** trust-policy chapter §4.2. A name that ends in `*` stands for all that begin so; exact names go first. */
const CLASSES: readonly (readonly [ReasonClass, string])[] = [
  ["policy", "deny-rule no-family ref-invalid ref-not-pinned policy-*"],
  [
    "environment",
    "registry-* deadline root-expired root-stale clock-unsure notation-revocation-unknown notation-store-missing trust-validity-start-missing",
  ],
  ["registry", "image-not-found image-missing digest-mismatch manifest-* too-large too-many-*"],
  ["absence", "no-signature no-attestation child-not-signed platform-uncovered threshold-not-met"],
  [
    "envelope",
    "json-* unknown-field int base64 bundle-* dsse-* statement-* signature signature-* key-alg subject-mismatch payload-* message-digest-* artifact-required",
  ],
  ["certificate", "cert-* leaf-is-ca sct-* san-* issuer-conflict key-* bundle-root-in-chain"],
  ["identity", "issuer-mismatch issuer-missing identity-mismatch extension-mismatch"],
  ["log", "entry-* set-* proof-* inclusion-proof checkpoint-* log-* witness-quorum"],
  ["time", "time-* tst-* window-outside age-exceeded signed-too-early"],
  ["predicate", "predicate-*"],
  ["notation", "notation-*"],
  ["admitted", "allowed-*"],
];

const EXACT: ReadonlyMap<string, ReasonClass> = namesOf(false);
const PREFIXES: ReadonlyMap<string, ReasonClass> = namesOf(true);

/** The class of a reason code; `undefined` for a word that is none. */
export function reasonClassOf(code: string): ReasonClass | undefined {
  const exact = EXACT.get(code);
  if (exact) return exact;
  const prefix = [...PREFIXES.keys()].filter((start) => code.startsWith(start) && code.length > start.length);
  const [longest] = prefix.toSorted((a, b) => b.length - a.length);
  return longest === undefined ? undefined : PREFIXES.get(longest);
}

/** What is missing or unexpected can be excused; what is forged cannot (trust-policy chapter §1.4). */
export const EXCUSABLE_CODES: readonly string[] = [
  "no-signature",
  "no-attestation",
  "child-not-signed",
  "platform-uncovered",
  "threshold-not-met",
  "issuer-mismatch",
  "identity-mismatch",
  "extension-mismatch",
  "window-outside",
  "age-exceeded",
  "signed-too-early",
  "predicate-type-mismatch",
  "predicate-condition",
  "predicate-stale",
  "proof-missing",
  "witness-quorum",
  "entry-missing",
  "time-missing",
  "sct-missing",
  "no-family",
];

function namesOf(prefixes: boolean): ReadonlyMap<string, ReasonClass> {
  return new Map(
    CLASSES.flatMap(([name, words]) =>
      words
        .split(" ")
        .filter((word) => word.endsWith("*") === prefixes)
        .map((word) => [prefixes ? word.slice(0, -1) : word, name] as const),
    ),
  );
}
