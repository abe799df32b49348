import type { Option } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { collect, INPUT, optionOf, TRUST } from "./command.ts";
import { openWhole } from "./open-policy.ts";
import { exitOfImage, readInstant, renderImages, type TestPolicy } from "./policy-test.ts";
import { SIGNER_OPTIONS } from "./verify-signer.ts";

export type VerifyPolicyOptions = {
  readonly policy?: readonly string[];
  readonly at?: string;
  readonly config?: string;
  readonly output: Format;
};

/** The options by which images are judged by a trust policy, instead of by one signer. */
export function policyOptions(): readonly Option[] {
  return [
    optionOf(TRUST, "--policy <path>", "what the trust policy asks of the image, instead of one signer; repeatable")
      .argParser(collect)
      .conflicts([...SIGNER_OPTIONS, "bundle", "type", "allPlatforms", "placement", "trustedRoot", "notation"]),
    optionOf(INPUT, "--at <instant>", "with --policy: judge as at this time, instead of now"),
  ];
}

/** What the webhook would find of the images, without what a namespace lets pass: no mode, no exception, no break glass. */
export async function runPolicy(
  io: Io,
  judge: TestPolicy,
  {
    refs,
    policy,
    options,
  }: { readonly refs: readonly string[]; readonly policy: readonly string[]; readonly options: VerifyPolicyOptions },
): Promise<void> {
  const whole = await openWhole(io, policy, options);
  const documents = { ...whole, exceptions: [], breakGlass: [], policy: withoutLeave(whole.policy) };
  const now = readInstant(io, options.at);
  const verdict = await judge({
    documents,
    images: refs,
    namespace: "default",
    cluster: "",
    now,
    env: io.env,
    config: options.config,
  });
  for (const { outcome } of verdict.images) io.exit(exitOfImage(outcome));
  await emit(io, options.output, { json: structuredClone(verdict), text: () => renderImages(io, verdict.images) });
}

/** The policy where nothing is let pass: an image that no family covers is none that anything is known of. */
function withoutLeave(policy: TrustPolicySet): TrustPolicySet {
  const enforcement = { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] } as const;
  return { ...policy, unmatched: { kind: "deny" }, enforcement };
}
