import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { RootInForce } from "../../capabilities/admit/policy-in-force.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { renderCanonicalPolicy } from "../../core/policy/canonical.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { judgeBundle } from "../../core/verify/judge-bundle.ts";
import type { ExpectedIdentity } from "../../core/verify/policy.ts";
import { BUNDLE_SUFFIX, type DocumentFile } from "../policy/document-files.ts";
import { readInput } from "../read-input.ts";

/** Who must have signed a policy, and the trust domain that says so. Never in the policy itself (trust-policy chapter §1.1). */
export type PolicySigner = { readonly identity: ExpectedIdentity; readonly domain: string };

const BUNDLE_BYTES_MAX = 4 * 1024 * 1024;
/** Of old revisions and other signers; whoever can write them can at worst keep a policy out. */
const BUNDLES_MAX = 16;

/**
 * The bundles of a policy set: the file beside what was named, and, in a folder, those in it, as a ConfigMap brings them.
 * Faults: those of reading, where one is there.
 */
export async function readBundles(path: string): Promise<readonly DocumentFile[]> {
  const whole = path.replace(/(?<=.)\/+$/, "");
  const names = await readdir(whole).catch(() => []);
  const inside = names.filter((name) => name.endsWith(BUNDLE_SUFFIX)).toSorted();
  const paths = [whole + BUNDLE_SUFFIX, ...inside.map((name) => join(whole, name))].slice(0, BUNDLES_MAX);
  const read = await Promise.all(
    paths.map(async (one) => {
      const bytes = await readIfThere(one);
      return bytes ? [{ path: one, bytes }] : [];
    }),
  );
  return read.flat();
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readInput(path, BUNDLE_BYTES_MAX).catch((error: unknown) => {
    if (error instanceof Fault && error.id === "input.missing") return undefined;
    throw error;
  });
}

/**
 * Refuses a policy set that is not signed by whom it has to be (TP009): one good bundle over what its hash is of is enough.
 * Without a revision an older one that was signed once could be put back. Faults: `policy.invalid`, `trust.expired`.
 */
export function requireSignature(
  policy: TrustPolicySet,
  { identity, domain }: PolicySigner,
  bundles: readonly DocumentFile[],
  root: RootInForce | undefined,
): void {
  if (!root || root.expired)
    throw new Fault("trust.expired", `${domain}, which the signature of the policy is judged by`);
  if (policy.revision === undefined) throw invalid(identity, "a policy that is signed needs spec.revision");
  const bytes = toUtf8(renderCanonicalPolicy(policy));
  const codes = bundles.flatMap((bundle) => {
    const { verdict } = judgeBundle(bundle.bytes, { kind: "bytes", bytes }, root.compiled, { identity });
    return verdict.kind === "pass" ? [GOOD] : codesOf(verdict);
  });
  if (!codes.includes(GOOD)) throw invalid(identity, codes[0] ?? "bundle-missing");
}

const GOOD = "";

function codesOf(verdict: Exclude<ReturnType<typeof judgeBundle>["verdict"], { readonly kind: "pass" }>) {
  return verdict.kind === "fail"
    ? verdict.reasons.map(({ reason }) => reason)
    : verdict.gaps.map(({ missing }) => missing);
}

function invalid({ san }: ExpectedIdentity, code: string): Fault {
  return new Fault("policy.invalid", `TP009 policy not signed by ${san}: ${code}`);
}
