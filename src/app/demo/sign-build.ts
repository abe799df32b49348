import { undiciHttpClient } from "../../adapters/http/client.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { newEphemeralSigner } from "../../adapters/system/signer.ts";
import { signArtifact } from "../../capabilities/sign/sign-artifact.ts";
import type { MadeSignature, SigningDomain, SigningJob, SigningOutcome } from "../../capabilities/sign/job.ts";
import { bug } from "../../core/bug.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { digestRefOf, sha256, toDigestRef } from "../../core/digest.ts";
import { TOKEN_LIFETIME_SECONDS_MAX } from "../../core/identity/judge-token.ts";
import { leafHash } from "../../core/merkle/tree.ts";
import { readSigningConfig } from "../../core/trust/signing-config.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { Registry } from "../../ports/registry.ts";
import type { TokenSource } from "../../ports/token-source.ts";
import { announcedServices } from "../wiring/signing-services.ts";
import { AUDIENCE } from "./estate.ts";
import type { PushedImage } from "./image.ts";
import type { DemoResult } from "./objects.ts";
import { provenanceOf, sbomOf, SLSA_PROVENANCE, SPDX } from "./predicates.ts";
import type { StandIns } from "./stand-ins.ts";
import type { Build } from "./story.ts";
import type { StoryClock } from "./story-clock.ts";

/** Signs what a build made, with the product's own signing, and returns what its TaskRun reports. */
export type SignBuild = (
  build: Build,
  image: PushedImage,
  tokens: TokenSource,
  signal: AbortSignal,
) => Promise<readonly DemoResult[]>;

/** The log that a team's signatures go to: both kinds are in use, as in an estate that is moving from one to the other. */
export function logOf(build: Build): "rekor1" | "rekor2" {
  return build.repository.startsWith("payments/") ? "rekor2" : "rekor1";
}

export type SigningWorld = {
  readonly registry: Registry;
  readonly signBuild: SignBuild;
  readonly close: () => Promise<void>;
};

/** Opens the product's signing against the stand-ins: the services that their signing configs announce. */
export function openSigningWorld(standIns: StandIns, trust: CompiledTrust, clock: StoryClock): SigningWorld {
  const http = undiciHttpClient();
  const registry = ociRegistry(http, { plainHttp: [standIns.registryHost] });
  const domains = { rekor1: domainOf(1), rekor2: domainOf(2) };

  function domainOf(version: 1 | 2): SigningDomain {
    const config = readSigningConfig(standIns.signingConfigs[version]);
    if (!config.ok) return bug(`signing config of the stand-ins: ${config.detail}`);
    return {
      trust,
      tokenPolicy: { audience: AUDIENCE, lifetimeSecondsMax: TOKEN_LIFETIME_SECONDS_MAX, podBound: true },
      ...announcedServices(config.value, http, clock.now()),
    };
  }

  return {
    registry,
    signBuild: async (build, image, tokens, signal) => {
      const sign = signArtifact({
        domain: domains[logOf(build)],
        tokens,
        newSigner: newEphemeralSigner,
        registry,
        clock,
        random: systemRandom,
      });
      const [first, ...others] = jobsOf(build, image);
      const outcome = first ? await sign([first, ...others], signal) : bug("a build that signs nothing was asked to");
      if (outcome.verdict.kind !== "pass") return bug(`signing ${build.id}: ${JSON.stringify(outcome.verdict)}`);
      return resultsOf(build, image, outcome);
    },
    close: () => http.close(),
  };
}

function jobsOf(build: Build, image: PushedImage): readonly SigningJob[] {
  const target = { repository: image.repository, reference: image.digest, layout: "referrer" as const };
  const jobs: readonly SigningJob[] = [
    { kind: "image", image: target },
    { kind: "attestation", image: target, predicateType: SPDX, predicate: sbomOf(build, image) },
    { kind: "attestation", image: target, predicateType: SLSA_PROVENANCE, predicate: provenanceOf(build) },
  ];
  return jobs.slice(0, build.artifactCount);
}

/** The results of the signing step (pipelines chapter §3). */
function resultsOf(build: Build, image: PushedImage, outcome: SigningOutcome): readonly DemoResult[] {
  const { signatures, certificate, credentialId } = outcome;
  const entries = signatures.flatMap(({ bundle, reused }) =>
    bundle.entries.map((entry) => ({
      log: logOf(build),
      index: entry.inclusionProof?.logIndex ?? entry.logIndex,
      leaf: toDigestRef(leafHash(entry.canonicalizedBody)),
      ...(reused ? { reused } : {}),
    })),
  );
  return [
    { name: "IMAGE_DIGEST", value: image.digest },
    { name: "BUNDLE_DIGESTS", value: JSON.stringify(signatures.map(bundleDigest)) },
    { name: "LOG_ENTRIES", value: JSON.stringify(entries) },
    ...(certificate
      ? [
          {
            name: "CERT",
            value: JSON.stringify({ serial: toHex(certificate.serial), sha256: toHex(sha256(certificate.der)) }),
          },
        ]
      : []),
    ...(credentialId === undefined ? [] : [{ name: "CREDENTIAL_ID", value: credentialId }]),
  ];
}

function bundleDigest({ bytes }: MadeSignature): string {
  return digestRefOf(bytes);
}
