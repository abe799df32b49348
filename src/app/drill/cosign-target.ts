import type { DrillAnswer } from "../../core/drill/answer.ts";
import { referenceOf, type Exhibit } from "../../core/drill/exhibit.ts";
import type {
  Authority,
  ImageFamily,
  Requirement,
  SigstoreAuthority,
  TextRule,
} from "../../core/policy/trust-policy.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import { beyondImages } from "./beyond-images.ts";
import { runProgram, toDetail } from "./run-program.ts";

export type CosignOptions = {
  /** The program. */
  readonly path: string;
  /** A file with the drill's trusted root. */
  readonly trustedRoot: string;
  /** An empty folder: no configuration and no cache of the person who runs the drill. */
  readonly home: string;
};

/** `cosign verify` and `cosign verify-attestation`, as far as their flags can say what a policy asks. */
export function cosignTarget(options: CosignOptions): DrillTarget {
  return {
    name: "cosign",
    ask: async (exhibit, signal) => {
      const asked = argumentsFor(exhibit);
      if (typeof asked === "string") return { kind: "not-run", detail: asked };
      const trust = ["--trusted-root", options.trustedRoot, "--timeout", "30s"];
      return runCosign(options, [...asked, ...trust, referenceOf(exhibit)], signal);
    },
  };
}

/** The command line; or why there is none. */
function argumentsFor(exhibit: Exhibit): readonly string[] | string {
  const [family] = exhibit.policy.families;
  const beyond = beyondImages(exhibit);
  if (beyond !== undefined || !family) return beyond ?? "the policy has no family";
  const { require } = family;
  const unsayable = beyondFlags(family);
  if (unsayable !== undefined) return unsayable;
  return require.op === "signature" || require.op === "attestation"
    ? flagsFor(require, exhibit.policy.authorities[require.by])
    : "its flags ask for one thing";
}

function flagsFor(require: Term, authority: Authority | undefined): readonly string[] | string {
  if (authority?.kind !== "sigstore") return "the drill gives it identities alone";
  const identity = identityFlags(authority);
  if (identity === undefined) return "its flags name one signer, by one log";
  if (require.op === "signature") return ["verify", ...identity];
  return require.where.length > 0 || require.maxAgeMs !== undefined
    ? "it has no flag for what a statement says"
    : ["verify-attestation", "--type", require.predicateType, ...identity];
}

type Term = Extract<Requirement, { readonly op: "signature" | "attestation" }>;

function beyondFlags({ time, reference, require }: ImageFamily): string | undefined {
  if (time.maxAgeMs !== undefined || time.notBefore !== undefined || time.windows.length > 0) {
    return "it has no flag for when something was signed";
  }
  const isOfPlatforms = "on" in require && require.on !== "subject";
  return reference === "repository" || isOfPlatforms ? "it has no flag for that" : undefined;
}

function identityFlags({ identities, log }: SigstoreAuthority): readonly string[] | undefined {
  const [only, ...others] = identities;
  if (!only || others.length > 0 || log.witnesses || log.min > 1) return undefined;
  return [...flag("--certificate-identity", only.san), ...flag("--certificate-oidc-issuer", only.issuer)];
}

function flag(name: string, rule: TextRule): readonly string[] {
  return rule.kind === "exact" ? [name, rule.text] : [`${name}-regexp`, rule.pattern];
}

async function runCosign(options: CosignOptions, args: readonly string[], signal: AbortSignal): Promise<DrillAnswer> {
  const run = await runProgram(options, args, signal);
  if (run.kind === "not-run") return run;
  return run.isZero
    ? { kind: "admitted", detail: "" }
    : { kind: "refused", codes: [], detail: toDetail(lineThatSaysWhy(run.stderr)) };
}

function lineThatSaysWhy(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("error during command"));
  return lines.find((candidate) => candidate.startsWith("Error: ")) ?? lines.at(-1) ?? "";
}
