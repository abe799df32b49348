import type { JsonValue } from "../../core/json/json.ts";
import type { PushedImage } from "./image.ts";
import { namesOf } from "./objects.ts";
import type { Build } from "./story.ts";

export const SPDX = "https://spdx.dev/Document";
export const SLSA_PROVENANCE = "https://slsa.dev/provenance/v1";

/** A small, valid SPDX document of what the image holds. */
export function sbomOf(build: Build, image: PushedImage): JsonValue {
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: image.repository,
    documentNamespace: `https://sbom.example/${image.digest.slice(7)}`,
    creationInfo: { created: "2026-01-01T00:00:00Z", creators: ["Tool: countersign demo"] },
    packages: [
      {
        name: build.repository,
        SPDXID: "SPDXRef-Package",
        versionInfo: build.revision,
        downloadLocation: "NOASSERTION",
        filesAnalyzed: false,
      },
    ],
  };
}

/** SLSA provenance v1 of the build; `invocationId` is the PipelineRun's UID (pipelines chapter §3). */
export function provenanceOf(build: Build): JsonValue {
  return {
    buildDefinition: {
      buildType: "https://tekton.dev/chains/v2/slsa",
      externalParameters: { pipeline: "build-and-sign" },
      resolvedDependencies: [
        { uri: `git+https://git.example/${build.repository}`, digest: { gitCommit: build.revision } },
      ],
    },
    runDetails: {
      builder: { id: `https://tekton.dev/pipelines/${build.namespace}` },
      metadata: { invocationId: namesOf(build).pipelineRunUid },
    },
  };
}
