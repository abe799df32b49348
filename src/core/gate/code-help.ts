import { GATE_CODES, type GateCode } from "./codes.ts";
import type { GateExit } from "./verdict.ts";

/** What a code means for somebody who meets it, and what to do. */
export type GateHelp = { readonly means: string; readonly remedy: string };

const WAIVER = "If it is meant, let it through with a waiver of the base.";

/** Help of every code (change-gate chapter §2.1, 4, 5). */
export const GATE_HELP: Readonly<Record<GateCode, GateHelp>> = {
  GP001: {
    means:
      "The change accepts signatures of an identity or key that was not accepted before, for the image that the witness names.",
    remedy: `Write the identity exactly, or anchor the expression: ^…$ with every dot escaped. ${WAIVER}`,
  },
  GP002: {
    means: "The change trusts an authority, log or key that was not trusted before, or trusts one for longer.",
    remedy: `Take the root out, or restore its window; a replaced root is both new trust and lost trust. ${WAIVER}`,
  },
  GP003: {
    means:
      "An image needs less evidence than before: an attestation, a signature or one of several signers is not asked for any more.",
    remedy: `Restore the requirement. ${WAIVER}`,
  },
  GP004: {
    means:
      "Evidence may be weaker than before: without transparency log, certificate timestamp, timestamp, digest or signed identity.",
    remedy: `Restore the check that the witness does without. ${WAIVER}`,
  },
  GP005: {
    means: "The rule is still there and denies nothing: it warns or audits.",
    remedy: `Restore the enforcing mode. ${WAIVER}`,
  },
  GP006: {
    means: "An image is covered by another rule than before, and that one asks for less.",
    remedy: `Restore the pattern, or give the image a rule that asks for as much. ${WAIVER}`,
  },
  GP007: {
    means:
      "A condition that the gate cannot reason about (CUE, Rego, CEL, a remote policy) changed, so nothing is proven.",
    remedy: "Read the two texts. A waiver that names the condition and the hashes of both texts lets it through.",
  },
  GP010: {
    means: "While the verifier does not answer, everything is admitted.",
    remedy: `Write failurePolicy: Fail. ${WAIVER}`,
  },
  GP011: {
    means: "The verifier is not asked any more about objects that it was asked about.",
    remedy: `Restore rules, selectors and conditions of the webhook. ${WAIVER}`,
  },
  GP012: {
    means: "A policy, a webhook or a whole verifier is gone, and with it what it refused.",
    remedy: `Restore the object; one that was moved out of the files looked at counts as deleted. ${WAIVER}`,
  },
  GP013: {
    means: "Images that no rule covers are admitted now.",
    remedy: `Restore no-match-policy: deny, or its like. ${WAIVER}`,
  },
  GP014: {
    means: "An exception, a skip list or an exclusion covers more, or lasts longer.",
    remedy: `Name the images exactly, and an end. ${WAIVER}`,
  },
  GP020: {
    means: "A file or object cannot be read as what it says it is. What the engine would make of it is not known.",
    remedy: "Correct it at the place named; the gate guesses nothing.",
  },
  GP021: {
    means: "An object refers to another that is not in the files looked at.",
    remedy: "Put it in the tree, or include its file in gate.yaml.",
  },
  GC001: {
    means:
      "The change touches what the gate goes by: its configuration, the register, owners or waivers. It is judged by those of the base.",
    remedy: "Let the owners of these files approve it; it counts from the next change on.",
  },
  GC002: {
    means: "A chart, a kustomization or another repository stands where policies could be, and is not rendered.",
    remedy: "Compare rendered files (--base-rendered, --head-rendered), or exclude it in gate.yaml of the base.",
  },
  GC003: {
    means: "A waiver of the base covers nothing in this change.",
    remedy: "Delete it when its change is through.",
  },
  GC004: {
    means: "A file that looks like a policy is outside the files looked at.",
    remedy: "Include it in gate.yaml, or exclude it by name so that others see that it is meant.",
  },
  GC005: {
    means: "A waiver is malformed, lasts more than 90 days or would cover everything.",
    remedy: "Correct it in a change of its own.",
  },
  GC006: {
    means: "The search used up its steps before it proved or refuted anything.",
    remedy: "Simplify the expression, or raise --budget-steps.",
  },
  GI001: {
    means: "A policy accepts an identity that is not in the register, or not active there.",
    remedy: "Register it with its owner in a change of its own, or narrow the policy.",
  },
  GI002: {
    means: "A policy accepts a registered identity for images or families that it may not sign.",
    remedy: "Narrow the policy to the images of the entry, or widen the entry first.",
  },
  GI003: {
    means: "A pipeline signs with an account that has no active entry in the register.",
    remedy: "Register the identity in a change of its own, or sign with a registered account.",
  },
  GI004: {
    means: "Somebody who is not allowed to may use the account of a managed identity, and so sign as it.",
    remedy: "Take the rule out, or list the subject under allowedSubjects of gate.yaml.",
  },
  GI005: {
    means: "The certificate authority would issue for an issuer, or in a form, that it did not before.",
    remedy: "Register the issuer first; name issuers exactly, without meta-issuers.",
  },
  GI006: {
    means: "An entry of the register is gone or narrower while policies or pipelines still use it.",
    remedy: "Change its uses first.",
  },
  GI007: {
    means: "An entry of the register contradicts itself, or can be confused with another.",
    remedy: "Correct SAN, namespace and account so that they say the same, and rename what looks alike.",
  },
  GI008: {
    means:
      "An issuer differs from a managed one only by a slash, the scheme, a port or case; comparison is exact, so it is another.",
    remedy: "Copy the issuer from its discovery document, byte for byte.",
  },
  GS001: {
    means: "An artifact that was signed or attested is not any more.",
    remedy: `Restore the signing task and its path from the build. ${WAIVER}`,
  },
  GS002: {
    means: "Signing happens in fewer cases than before, or its failure is passed over.",
    remedy: `Take out the condition, onError or the ignored exit that the finding names. ${WAIVER}`,
  },
  GS003: {
    means: "A run says of itself that it is signed already, so that Chains skips it.",
    remedy: "Take out the annotation chains.tekton.dev/signed; the controller sets it.",
  },
  GS004: {
    means: "Chains signs less, stores less, or publishes less than before.",
    remedy: `Restore the setting that the finding names. ${WAIVER}`,
  },
  GS005: {
    means: "The results that tell Chains of an artifact are gone or renamed, so that it is not signed.",
    remedy: "Restore the type hints: *IMAGE_URL and *IMAGE_DIGEST, IMAGES, or *ARTIFACT_OUTPUTS.",
  },
  GS006: {
    means: "A task comes from elsewhere, or from a place that can change under its name.",
    remedy: "Pin it by digest or commit, and give the content of both with --bundles.",
  },
  GS007: {
    means: "The signing token reaches further: another audience, a longer life or another step.",
    remedy: "Audience sigstore alone, 600 seconds, mounted in the signing step alone.",
  },
  GS008: {
    means: "Code of others runs beside the signing step, or writes where it reads.",
    remedy: "Sign in a task of its own, without workspaces that a build can write to.",
  },
  GS009: {
    means: "The image that signs is another, or is not pinned.",
    remedy: "Pin it by digest, and list the digest under signerImages of gate.yaml first.",
  },
  GS010: {
    means: "What is signed is not the digest that the build made.",
    remedy: "Sign the digest of the build's result, not a tag.",
  },
  GS011: {
    means: "The signing command is told to do less: no log upload, other services, a key instead of an identity.",
    remedy: "Restore the flags that the finding names.",
  },
  GS012: {
    means: "A task or step that verified something is gone or passes over failures.",
    remedy: "Restore the verification.",
  },
  GS013: {
    means: "Signing can be switched off by a parameter.",
    remedy: "Take the parameter out, or make its default and every caller keep signing on.",
  },
  GS014: {
    means: "An artifact is pushed where everything has to be signed, and is not.",
    remedy: "Sign it, or push it elsewhere; mustSign of gate.yaml says where.",
  },
  GS015: {
    means: "The pipeline signs as another identity than before.",
    remedy: "Register the new one, let policies accept it, and take the old one out of them.",
  },
  GS016: {
    means:
      "Something on the way to the signature cannot be followed, so that it is not known whether it is still made.",
    remedy: "Give its content with --bundles, or write the script so that it can be read.",
  },
  GS017: {
    means: "A scan, test or verification had to succeed before signing, and has not any more.",
    remedy: "Restore runAfter, or the use of its result.",
  },
};

/** Codes that leave a question open, or refuse the input, or only tell something; all others are a definite no. */
const EXITS: ReadonlyMap<GateCode, GateExit> = new Map<GateCode, GateExit>([
  ["GP007", 3],
  ["GP021", 3],
  ["GC002", 3],
  ["GC006", 3],
  ["GS016", 3],
  ["GP020", 2],
  ["GC005", 2],
  ["GC001", 0],
  ["GC003", 0],
  ["GC004", 0],
]);

/** The exit code that a finding with this code asks for, as a rule. */
export function usualExitOf(code: GateCode): GateExit {
  return EXITS.get(code) ?? 1;
}

/** The code that a text is, in any case of letters; `undefined` when there is none. */
export function parseGateCode(text: string): GateCode | undefined {
  const upper = text.toUpperCase();
  return isGateCode(upper) ? upper : undefined;
}

function isGateCode(text: string): text is GateCode {
  return Object.hasOwn(GATE_CODES, text);
}

/** Every code, in the order of the table. */
export const ALL_GATE_CODES: readonly GateCode[] = Object.keys(GATE_CODES).filter(isGateCode);
