import type { FindFacts } from "../../capabilities/admit/image-facts.ts";
import { codeOfFailure } from "../../capabilities/admit/fault-code.ts";
import type { DrillAnswer } from "../../core/drill/answer.ts";
import type { Exhibit } from "../../core/drill/exhibit.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import { policyOf } from "./policy-of.ts";

export type VerifyTargetPorts = {
  readonly find: FindFacts;
  readonly trust: CompiledTrust;
};

/** Our verifier and policy, asked about an image itself rather than about what a cluster is to run. */
export function verifyTarget({ find, trust }: VerifyTargetPorts): DrillTarget {
  return {
    name: "verify",
    ask: async (exhibit, signal) => {
      if (exhibit.review !== undefined) {
        return { kind: "not-run", detail: "about what an API server asks; a verifier of images is not asked that" };
      }
      return askFacts(find, exhibit, trust, signal);
    },
  };
}

/** As an admission has. */
const DEADLINE_MS = 4_000;

async function askFacts(
  find: FindFacts,
  exhibit: Exhibit,
  trust: CompiledTrust,
  signal: AbortSignal,
): Promise<DrillAnswer> {
  const { repository, digest, tag } = exhibit;
  const policy = policyOf(exhibit, trust);
  const family = policy.familyOf(repository);
  if (!family) return { kind: "refused", codes: ["no-family"], detail: repository };
  try {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    const { require, code, codes } = await find(
      { repository, digest, ...(tag !== undefined && { tag }), family, policy },
      inTime,
    );
    return require.state === "pass"
      ? { kind: "admitted", detail: code }
      : { kind: "refused", codes: [code, ...codes.filter((other) => other !== code)], detail: codes.join(", ") };
  } catch (error) {
    const failure = codeOfFailure(error);
    if (!failure) throw error;
    return { kind: "refused", codes: [failure.code], detail: failure.code };
  }
}
