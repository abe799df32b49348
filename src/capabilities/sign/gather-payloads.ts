import { parseDigestRef, parseSha256Hex, sha256, type DigestRef } from "../../core/digest.ts";
import { COSIGN_SIGN_PREDICATE_TYPE, readStatement } from "../../core/dsse/statement.ts";
import { isJsonArray, isJsonObject } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJson } from "../../core/json/read-json.ts";
import { malformed, parsed, type Parsed } from "../../core/parsed.ts";
import { isAllowedRepository } from "../../core/sign/allowed-repository.ts";
import { renderSimpleSigning } from "../../core/sign/legacy.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import { renderAttestationStatement, renderImageStatement } from "../../core/sign/statements.ts";
import type { Artifact } from "../../core/verify/artifact.ts";
import type { Descriptor, Manifest, Registry, RepositoryName } from "../../ports/registry.ts";
import type { ImageTarget, SigningDomain, SigningJob } from "./job.ts";

/** What is to be signed, in bytes, and where the signature goes. */
export type Payload = {
  readonly kind: "message" | "dsse";
  readonly bytes: Uint8Array;
  /** What a verifier will be asked about. */
  readonly artifact: Artifact;
  readonly predicateType?: string;
  readonly destination?: Destination;
};
export type Destination = {
  readonly repository: RepositoryName;
  readonly subject: Descriptor;
  readonly layout: ImageTarget["layout"];
};

type Place = { readonly registry: Registry; readonly domain: SigningDomain };

/** Resolves the images of a job and renders what is to be signed. */
export async function gatherPayloads(
  place: Place,
  job: SigningJob,
  signal: AbortSignal,
): Promise<Parsed<readonly Payload[], SigningReason>> {
  switch (job.kind) {
    case "blob":
      return parsed([{ kind: "message", bytes: job.bytes, artifact: { kind: "bytes", bytes: job.bytes } }]);
    case "blob-attestation":
      return parsed([attestationOf(job.name, job.digest, job)]);
    case "statement":
      return payloadOfStatement(job.payload);
    case "image":
    case "attestation":
      return payloadsOfImage(place, job, signal);
    default:
      return job satisfies never;
  }
}

function attestationOf(
  name: string,
  digest: DigestRef,
  { predicateType, predicate }: Pick<Extract<SigningJob, { kind: "attestation" }>, "predicateType" | "predicate">,
): Payload {
  const bytes = renderAttestationStatement({ name, digest, predicateType, predicate });
  return { kind: "dsse", bytes, artifact: artifactOf(digest), predicateType };
}

/** A statement made elsewhere is signed as it is; it is judged by the first SHA-256 of its subjects. */
function payloadOfStatement(bytes: Uint8Array): Parsed<readonly Payload[], SigningReason> {
  const statement = readStatement(bytes);
  if (!statement.ok) return statement;
  const [digest] = statement.value.subjects.flatMap(({ digests }) => parseSha256Hex(digests["sha256"] ?? "") ?? []);
  if (!digest) return malformed("subject-mismatch", "no subject of the statement has a SHA-256");
  const artifact: Artifact = { kind: "digest", digest: { algorithm: "sha256", bytes: digest } };
  return parsed([{ kind: "dsse", bytes, artifact, predicateType: statement.value.predicateType }]);
}

async function payloadsOfImage(
  { registry, domain }: Place,
  job: Extract<SigningJob, { kind: "image" | "attestation" }>,
  signal: AbortSignal,
): Promise<Parsed<readonly Payload[], SigningReason>> {
  const { repository, reference, layout } = job.image;
  if (domain.repositories && !isAllowedRepository(repository, domain.repositories)) {
    return malformed("placement-repository", `${repository} is none of the repositories that may be signed here`);
  }
  const found = await registry.manifest(repository, reference, signal);
  if (!found) return malformed("registry-not-found", `${repository} has no ${reference}`);
  const children =
    job.kind === "image" && job.recursive === true
      ? await readChildren(registry, repository, found, signal)
      : parsed([]);
  if (!children.ok) return children;
  return parsed(
    [found.descriptor, ...children.value].map((subject) => ({
      ...payloadOf(job, subject.digest),
      destination: { repository, subject, layout },
    })),
  );
}

function payloadOf(job: Extract<SigningJob, { kind: "image" | "attestation" }>, digest: DigestRef): Payload {
  const { repository, layout } = job.image;
  if (job.kind === "attestation") return attestationOf(repository, digest, job);
  if (layout === "legacy") {
    const bytes = renderSimpleSigning(repository, digest);
    return { kind: "message", bytes, artifact: { kind: "bytes", bytes } };
  }
  const bytes = renderImageStatement(digest, job.annotations);
  return { kind: "dsse", bytes, artifact: artifactOf(digest), predicateType: COSIGN_SIGN_PREDICATE_TYPE };
}

function artifactOf(digest: DigestRef): Artifact {
  const bytes = parseSha256Hex(digest.slice("sha256:".length)) ?? sha256(new Uint8Array(0));
  return { kind: "digest", digest: { algorithm: "sha256", bytes } };
}

const CHILDREN_MAX = 64;
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/** The manifests of an index, each fetched and hashed; none where the image is no index. */
async function readChildren(
  registry: Registry,
  repository: RepositoryName,
  { bytes, descriptor }: Manifest,
  signal: AbortSignal,
): Promise<Parsed<readonly Descriptor[], SigningReason>> {
  const json = readJson(bytes, { bytesMax: MANIFEST_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  const members = json.ok && isJsonObject(json.value) ? json.value["manifests"] : undefined;
  if (members === undefined) return parsed([]);
  const digests = isJsonArray(members) ? members.map((member) => digestIn(member)) : [undefined];
  const known = digests.flatMap((digest) => digest ?? []);
  if (known.length !== digests.length || known.length > CHILDREN_MAX) {
    return malformed("image-malformed", `${descriptor.digest} is not an index of at most ${CHILDREN_MAX} manifests`);
  }
  const children = await Promise.all(known.map((digest) => registry.manifest(repository, digest, signal)));
  const missing = known.find((_, i) => children[i] === undefined);
  if (missing !== undefined) return malformed("registry-not-found", `${repository} has no ${missing}`);
  return parsed(children.flatMap((child) => child?.descriptor ?? []));
}

function digestIn(value: unknown): DigestRef | undefined {
  const isNamed = typeof value === "object" && value !== null && "digest" in value;
  return isNamed && typeof value.digest === "string" ? parseDigestRef(value.digest) : undefined;
}
