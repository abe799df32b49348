import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { ociRegistry } from "../../src/adapters/oci/registry.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import type { ServiceName } from "../../src/adapters/virtual/sigstore/launch.ts";
import { startSigstore, type Sigstore, type SigstoreOptions } from "../../src/adapters/virtual/sigstore/sigstore.ts";
import { RESULTS, type ResultName } from "../../src/app/sign-step/options.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { Descriptor, Registry } from "../../src/ports/registry.ts";
import { BUILDER } from "./signer-world.ts";

const never = new AbortController().signal;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
export const SBOM = '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}';

/** A Sigstore on loopback, and a folder as the signing Task mounts it: a placement, trust documents, a token. */
export type StepWorld = {
  readonly sigstore: Sigstore;
  readonly registry: Registry;
  /** `localhost:<port>/team`: what the placement allows. */
  readonly team: string;
  readonly at: (name: string) => string;
  readonly token: string;
  /** Of whom what was asked, in order: `fulcio POST /api/v2/signingCert`. */
  readonly calls: readonly string[];
  /** Lets a service answer 503 from now on, or all of them answer again. */
  readonly fail: (service: ServiceName | undefined) => void;
  readonly writePlacement: (change?: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly newImage: () => Promise<Image>;
  /** An index of so many images, by its name. */
  readonly newIndex: (children: number) => Promise<Image & { readonly children: readonly string[] }>;
  /** An SBOM under a manifest of its own, as `repository@digest`. */
  readonly newSbom: (content?: string) => Promise<string>;
  /** The arguments that the Task gives, with some changed or left out. */
  readonly argv: (image: Image, change?: Readonly<Record<string, string | undefined>>) => readonly string[];
  /** What the step has written; a result that is not there is `undefined`. */
  readonly results: () => Promise<Readonly<Record<ResultName, string | undefined>>>;
  readonly close: () => Promise<void>;
};

export type Image = Descriptor & { readonly repository: string };

/** `log` is the Rekor that the signing config leads to. */
export async function openStepWorld(log: 1 | 2 = 1, options: Partial<SigstoreOptions> = {}): Promise<StepWorld> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-step-"));
  const calls: string[] = [];
  let failing: ServiceName | undefined;
  const sigstore = await startSigstore({
    now: () => systemClock.now(),
    verifyPrehashed,
    outage: (service, { method, path }) => {
      calls.push(`${service} ${method} ${path}`);
      return service === failing ? { status: 503 } : undefined;
    },
    ...options,
  });
  const http = undiciHttpClient();
  const registry = ociRegistry(http);
  const at = (name: string): string => join(folder, name);
  const team = `${sigstore.registry.host}/team`;
  const token = sigstore.issueToken(BUILDER);
  const placement = {
    audience: "sigstore",
    repositories: [team],
    trustedRoot: { file: "trusted_root.json" },
    signingConfig: { file: "signing_config.json" },
  };
  const writePlacement: StepWorld["writePlacement"] = (change = {}) => {
    const spec = { ...placement, ...change };
    const document = { apiVersion: "countersign.dev/v1alpha1", kind: "SigningPlacement", spec };
    return writeFile(at("placement.yaml"), JSON.stringify(document, null, 2));
  };
  await Promise.all([
    writePlacement(),
    writeFile(at("trusted_root.json"), sigstore.trustedRoot),
    writeFile(at("signing_config.json"), sigstore.signingConfigs[log]),
    writeFile(at("token"), token),
  ]);
  let pushed = 0;
  const push = async (repository: string, document: object): Promise<Image> => {
    const mediaType = "manifests" in document ? INDEX : MANIFEST;
    const bytes = toUtf8(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
    return { ...(await registry.pushManifest(repository, { mediaType, bytes }, never)), repository };
  };
  const newRepository = (): string => `${team}/app-${pushed++}`;
  const imageIn = async (repository: string): Promise<Image> => {
    const config = await registry.pushBlob(repository, toUtf8(`{"n":${pushed++}}`), never);
    return push(repository, {
      config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
      layers: [],
    });
  };
  return {
    sigstore,
    registry,
    team,
    at,
    token,
    calls,
    fail: (service) => void (failing = service),
    writePlacement,
    newImage: () => imageIn(newRepository()),
    newIndex: async (children) => {
      const repository = newRepository();
      const manifests = [];
      // oxlint-disable-next-line no-await-in-loop -- one after the other, each with another number
      while (manifests.length < children) manifests.push(descriptorOf(await imageIn(repository)));
      return { ...(await push(repository, { manifests })), children: manifests.map(({ digest }) => digest) };
    },
    newSbom: async (content = SBOM) => {
      const repository = newRepository();
      const layer = await registry.pushBlob(repository, toUtf8(content), never);
      const config = await registry.pushBlob(repository, toUtf8("{}"), never);
      const { digest } = await push(repository, { config, layers: [layer] });
      return `${repository}@${digest}`;
    },
    argv: (image, change = {}) => {
      const given = {
        image: image.repository,
        digest: image.digest,
        "token-file": at("token"),
        placement: at("placement.yaml"),
        ...change,
      };
      return [
        ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
        ...RESULTS.map((name) => `--result=${name}=${at(name)}`),
      ];
    },
    results: async () => {
      const entries = await Promise.all(RESULTS.map(async (name) => [name, await readIfThere(at(name))] as const));
      return Object.fromEntries(entries) as Record<ResultName, string | undefined>;
    },
    close: async () => {
      await Promise.all([sigstore.close(), http.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function descriptorOf({ mediaType, digest, size }: Image): Descriptor {
  return { mediaType, digest, size };
}
