import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier, type TrustMaterial } from "@sigstore/verify";

/** The peer: sigstore-js as its own command line uses it, on the same inputs. */
export type Peer = { readonly accepts: (bundle: Uint8Array, artifact: Uint8Array) => boolean };

/** `key`: PEM, for bundles of a bare key. The peer takes a name as a regular expression, so it is escaped and anchored. */
export function peerFor(
  trustedRoot: Uint8Array,
  signer: { readonly identity: string; readonly issuer: string } | { readonly key: Uint8Array },
): Peer {
  const verifier = new Verifier(toMaterial(trustedRoot, "key" in signer ? signer.key : undefined));
  const policy =
    "key" in signer
      ? undefined
      : {
          subjectAlternativeName: `^${signer.identity.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)}$`,
          extensions: { issuer: signer.issuer },
        };
  return {
    accepts: (bundle, artifact) => {
      try {
        const read = bundleFromJSON(JSON.parse(Buffer.from(bundle).toString("utf8")));
        verifier.verify(toSignedEntity(read, Buffer.from(artifact)), policy);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function toMaterial(trustedRoot: Uint8Array, key: Uint8Array | undefined): TrustMaterial {
  const root = TrustedRoot.fromJSON(JSON.parse(Buffer.from(trustedRoot).toString("utf8")));
  if (!key) return toTrustMaterial(root);
  const publicKey = createPublicKey(Buffer.from(key));
  return toTrustMaterial(root, () => ({ publicKey, validFor: () => true }));
}
