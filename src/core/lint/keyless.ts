import type { Step, TaskUnit } from "../pipelines/definitions/definition.ts";
import { optionOf, type CallWord, type ToolCall } from "./calls.ts";
import type { StepFacts } from "./scene.ts";

/** A call that signs with a certificate for an identity, not with a key that somebody keeps. */
export function isKeyless(call: ToolCall): boolean {
  return (
    ["cosign", "gitsign", "countersign", "countersign-sign"].includes(call.tool) && !optionOf(call, "--key", "--sk")
  );
}

/** Where a keyless call finds its token. */
export type TokenPath = { readonly path: string; readonly word: CallWord };

/** Where cosign and our own step look when nobody tells them (cosign `pkg/providers/filesystem`). */
const TOKEN_PATH = "/var/run/sigstore/cosign/oidc-token";

/** `undefined` when the token does not come from a file that is named. */
export function tokenPathOf(call: ToolCall): TokenPath | undefined {
  const option = optionOf(call, "--identity-token", "--token-file");
  if (!option) return { path: TOKEN_PATH, word: call.name };
  const fromCommand = /^\$\(\s*(?:cat\s+|<\s*)["']?([^\s"')]+)["']?\s*\)$/.exec(option.value)?.[1];
  const path = fromCommand ?? option.value;
  return path.startsWith("/") ? { path, word: option.word } : undefined;
}

/** The mount of a step under which a path lies. */
export function mountOf(step: Step, path: string): Step["mounts"][number] | undefined {
  return step.mounts.find((mount) => path === mount.path || path.startsWith(`${mount.path.replace(/\/$/, "")}/`));
}

/** The token of the API server that Kubernetes mounts by itself. */
export function isApiTokenPath(path: string): boolean {
  return /^\/(?:var\/)?run\/secrets\/kubernetes\.io\/serviceaccount(?:\/|$)/.test(path);
}

/** A signing step of a Task with each of its keyless calls. */
export type KeylessCall = {
  readonly facts: StepFacts;
  readonly task: TaskUnit;
  readonly call: ToolCall;
};

export function keylessCalls(steps: readonly StepFacts[]): readonly KeylessCall[] {
  return steps.flatMap((facts) => {
    const { task, signings } = facts;
    return task ? signings.filter(isKeyless).map((call) => ({ facts, task, call })) : [];
  });
}

/** Whether a step has an environment variable, by `env`, `export` or a prefix of the command. */
export function hasVariable(facts: StepFacts, ...names: readonly string[]): boolean {
  return (
    facts.step.env.some(({ name }) => names.includes(name)) ||
    facts.scripts.some((script) =>
      script.facts?.commands.some(({ assignments, words }) =>
        [...assignments.map(({ name }) => name), ...words.map(({ value }) => value.replace(/=.*$/s, ""))].some((name) =>
          names.includes(name),
        ),
      ),
    )
  );
}
