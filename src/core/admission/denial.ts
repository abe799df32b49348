import { reasonClassOf, type ReasonClass } from "../policy/reason-class.ts";
import type { CandidateVerdict, ImageVerdict, RequirementVerdict } from "../policy/review-verdict.ts";
import { renderRfc3339 } from "../time.ts";
import { cutTo, toPrintable } from "./printable.ts";

/** What a denial says beyond the verdicts: the policy's words. */
export type DenialContext = {
  readonly namespace: string;
  /** `production r17`; empty where no policy was read. */
  readonly policy: string;
  /** What a family asks for, in one line. */
  readonly needs: (family: string) => string;
  /** The identities that an authority accepts. */
  readonly expected: (authority: string) => readonly string[];
  /** `CS-DENY-7F3A`. */
  readonly ref: string;
};

/** trust-policy chapter §4.3; the API server passes far more on, and terminals show less. */
export const DENIAL_BYTES_MAX = 1800;
const IMAGES_SHOWN_MAX = 3;
const LINE_CHARACTERS_MAX = 300;
const EXPECTED_SHOWN_MAX = 3;

/** What a developer reads: which image, what it lacks, what was found, and what to do next. At most 1,800 bytes of ASCII. */
export function renderDenial(denied: readonly ImageVerdict[], context: DenialContext): string {
  const shown = denied.slice(0, IMAGES_SHOWN_MAX);
  const more = denied.length - shown.length;
  const [first] = denied;
  const next = first ? `  next: ${nextStep(first)}` : "  next: see the log of the webhook";
  const tail = [...(more > 0 ? [`and ${more} more`] : []), `${next}; ref ${context.ref}`].map(toLine);
  const room = DENIAL_BYTES_MAX - tail.join("\n").length - 1;
  const body = shown
    .flatMap((image) => linesOf(image, context))
    .map(toLine)
    .join("\n");
  const kept = body.length <= room ? body : `${body.slice(0, room - 4)} ...`;
  return [kept, ...tail].join("\n");
}

function toLine(line: string): string {
  return cutTo(toPrintable(line), LINE_CHARACTERS_MAX);
}

function linesOf(image: ImageVerdict, context: DenialContext): readonly string[] {
  const place = image.path.replace(/\.(?:image|reference)$/, "");
  const digest = image.digest ? `, digest ${shortDigest(image.digest)}` : "";
  const policy = context.policy === "" ? "  no policy is loaded" : `  policy ${context.policy}`;
  const asked = image.family === undefined ? "" : `, family ${image.family} needs: ${context.needs(image.family)}`;
  const terms = image.require ? termsOf(image.require) : [];
  // What no term explains is a reason of the whole image: no family, no digest, no answer.
  const whole = terms.some(({ nearest }) => nearest === image.code) ? [] : [`  x ${image.code}: ${meaningOf(image)}`];
  return [
    `image ${image.given} (${place}${digest}) is not allowed in namespace ${context.namespace}`,
    policy + asked,
    ...whole,
    ...terms.flatMap((term) => linesOfTerm(term, context)),
  ];
}

type TermVerdict = Extract<RequirementVerdict, { readonly op: "term" }>;

function termsOf(verdict: RequirementVerdict): readonly TermVerdict[] {
  return verdict.op === "term" ? [verdict] : verdict.of.flatMap(termsOf);
}

function linesOfTerm(term: TermVerdict, context: DenialContext): readonly string[] {
  if (term.state === "pass") return [`  ok ${term.term}`];
  const code = term.nearest ?? "no-signature";
  const head = `  ${term.state === "fail" ? "x" : "?"} ${term.term}: ${code}`;
  if (term.signedParent !== undefined) return [head, `      signed    the index ${term.signedParent}; name that one`];
  const nearest = term.candidates.find(({ reasons }) => reasons.some((reason) => reason.code === code));
  if (!nearest) return [head];
  if (reasonClassOf(code) !== "identity") return [head, `      ${detailOf(nearest, code)}`];
  const expected = context.expected(term.authority).slice(0, EXPECTED_SHOWN_MAX);
  return [head, `      found     ${foundOf(nearest)}`, ...expected.map((identity) => `      expected  ${identity}`)];
}

/** Before the signature itself is proven, an identity is only what a certificate says of itself. */
function foundOf({ identity, reasons, log, signedAt }: CandidateVerdict): string {
  if (!identity) return "a certificate without a readable identity";
  const proven = reasons.every(({ code }) => reasonClassOf(code) === "identity");
  const notes = [
    `issuer ${identity.issuer}`,
    ...(log ? [`log entry ${log.index} of ${log.id}`] : []),
    ...(signedAt === undefined ? [] : [renderRfc3339(signedAt)]),
  ];
  return `${proven ? "" : "claims to be "}${identity.san} (${notes.join(", ")})`;
}

function detailOf({ reasons }: CandidateVerdict, code: string): string {
  return reasons.find((reason) => reason.code === code)?.detail ?? code;
}

function meaningOf({ code, canonical, deniedBy }: ImageVerdict): string {
  return deniedBy ?? MEANINGS[code] ?? `of ${canonical}`;
}

const MEANINGS: Readonly<Record<string, string>> = {
  "no-family": "no family of the policy covers this repository",
  "policy-not-loaded": "there is no valid trust policy, so nothing may run",
  "ref-invalid": "this is no image reference",
  "ref-not-pinned": "the image is named by a tag, which can move",
  "image-not-found": "the registry has no such image",
  deadline: "there was no answer in time; this says nothing about the image",
  "registry-unreachable": "the registry did not answer; this says nothing about the image",
  "registry-auth": "the registry refused our credentials",
  "registry-rate-limited": "the registry asks for fewer requests",
  "registry-refused": "the registry's address or a redirect is not allowed",
  "digest-mismatch": "the registry served other bytes than the digest says",
  "root-expired": "the trusted root has expired",
  "notation-store-missing": "the trust stores of the policy could not be read",
  "too-many-images": "the object names more images than are judged at once",
  "child-not-signed": "the index that holds this image is signed, the image itself is not",
};

/** What to do, by what kind of no it is. */
function nextStep({ code }: ImageVerdict): string {
  const kind = reasonClassOf(code);
  const advice = kind && ADVICE[kind];
  const explain = `see \`countersign explain ${code}\``;
  return advice === undefined ? explain : `${advice}; or ${explain}`;
}

/** By class. Evidence that is wrong in itself has no advice. */
const ADVICE: Partial<Record<ReasonClass, string>> = {
  environment: "repeat the request",
  absence: "build and sign the image with its pipeline",
  identity: "build with the pipeline whose identity is expected",
  policy: "ask the owner of the trust policy",
  registry: "look at what the registry serves",
};

function shortDigest(digest: string): string {
  return `${digest.slice(0, "sha256:".length + 4)}..${digest.slice(-2)}`;
}
