import { optionOf, type CallWord, type ToolCall } from "../../calls.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const credentialExposed: LintRule = {
  id: "credential-exposed",
  code: "SIG-06",
  severity: "high",
  source: ["proc(5), /proc/pid/cmdline", "sigstore/cosign doc/cosign_sign.md, --identity-token"],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap((facts) => [...variables(facts), ...facts.calls.flatMap(checkCall)]),
};

const TOKEN_VARIABLE = "SIGSTORE_ID_TOKEN";
/** Programs that take a password of a registry. */
const REGISTRY_TOOLS = new Set([
  "cosign",
  "docker",
  "podman",
  "skopeo",
  "buildah",
  "oras",
  "crane",
  "helm",
  "notation",
  "regctl",
]);
const EXPANDED = /\$[({A-Za-z_]/;

function variables({ step, scripts }: StepFacts): readonly RuleFinding[] {
  const inEnv = step.env
    .filter(({ name }) => name === TOKEN_VARIABLE)
    .map(({ node }) => found(node, said(TOKEN_VARIABLE)));
  const inScripts = scripts.flatMap(({ facts }) => facts?.commands ?? []);
  const isSet = inScripts.some(({ assignments }) => assignments.some(({ name }) => name === TOKEN_VARIABLE));
  const [script] = scripts;
  return isSet && script ? [...inEnv, found(script.scalar, said(TOKEN_VARIABLE))] : inEnv;
}

function checkCall(call: ToolCall): readonly RuleFinding[] {
  return [tokenOption(call), passwordOption(call), ...headers(call)].flatMap((word) =>
    word ? [found(word.scalar, { ...said(nameOf(word)), at: word.at })] : [],
  );
}

function tokenOption(call: ToolCall): CallWord | undefined {
  const option = optionOf(call, "--identity-token");
  return option && EXPANDED.test(option.value) ? option.word : undefined;
}

function passwordOption(call: ToolCall): CallWord | undefined {
  const option = REGISTRY_TOOLS.has(call.tool) ? optionOf(call, "--password", "-p", "--registry-password") : undefined;
  // `docker run -p 80:80`: a port is no password.
  return option && option.value !== "" && !/^\d/.test(option.value) ? option.word : undefined;
}

function headers(call: ToolCall): readonly CallWord[] {
  return call.words.filter(({ value }) => /authorization:/i.test(value) && EXPANDED.test(value));
}

function nameOf({ value }: CallWord): string {
  return /^--?[\w-]+/.exec(value)?.[0] ?? "the header";
}

function said(what: string): { readonly message: string; readonly fix: string } {
  return {
    message: `A credential stands in ${what}: every process of the pod, every trace and every crash report can read it.`,
    fix: "Give the path of a file instead, or standard input (`--password-stdin`).",
  };
}
