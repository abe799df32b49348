import type { SignerPolicy } from "../../src/core/policy/signer-policy.ts";
import { signerPolicyOf } from "./policy-set.ts";
import { BUILDER } from "./signer-world.ts";

/** What one family is, beside its one signer, `payments/builder` of an issuer. */
export type FamilyOf = {
  /** A repository pattern. */
  readonly images: string;
  readonly issuer: string;
  /** When signing is expected, as in the policy; any time unless given. */
  readonly windows?: readonly object[];
};

/** A policy in which one family is signed by one account. */
export function estatePolicy({ images, issuer, windows }: FamilyOf): SignerPolicy {
  const san = `https://kubernetes.io/namespaces/${BUILDER.namespace}/serviceaccounts/${BUILDER.serviceAccount}`;
  const document = {
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustPolicy",
    metadata: { name: "production" },
    spec: {
      authorities: {
        builder: {
          sigstore: { root: "private", identities: [{ issuer: issuer.replace("http:", "https:"), san: { uri: san } }] },
        },
      },
      families: [
        { name: "team", images: [images], require: [{ signature: "builder" }], ...(windows && { time: { windows } }) },
      ],
    },
  };
  const policy = signerPolicyOf([document]);
  // The embedded issuer speaks plain http on loopback, which no policy file may name.
  const families = policy.families.map((family) => ({
    ...family,
    identities: family.identities.map((identity) => ({ ...identity, issuer })),
  }));
  return { ...policy, families };
}
