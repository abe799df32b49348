import { undiciHttpClient } from "../../adapters/http/client.ts";
import { dockerConfigCredentials } from "../../adapters/oci/docker-config.ts";
import { kubernetesObjectReader } from "../../adapters/kubernetes/object-reader.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { newEphemeralSigner } from "../../adapters/system/signer.ts";
import { tokenFile } from "../../adapters/system/token-file.ts";
import { fileSource } from "../../adapters/tuf/file-source.ts";
import type { SignArtifact } from "../../capabilities/sign/job.ts";
import { signArtifact } from "../../capabilities/sign/sign-artifact.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { parseSha256Hex } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { TOKEN_LIFETIME_SECONDS_MAX } from "../../core/identity/judge-token.ts";
import type { RunEvidence } from "../../core/pipelines/run-provenance.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { Registry } from "../../ports/registry.ts";
import { readInput } from "../read-input.ts";
import { gatherRun, type RunQuestion } from "../sign-step/gather-run.ts";
import type { SigningPlacement } from "../sign-step/placement.ts";
import { openRegistryWith } from "./registry.ts";
import { announcedServices, configuredServices, type SigningServices } from "./signing-services.ts";
import { openDomain, type OpenDomain } from "./trust-domain.ts";

/** What the signing step works with: the verb, and the registry to read what is handed over. */
export type StepWorld = {
  readonly sign: SignArtifact;
  readonly registry: Registry;
  /** How the image was built; absent where the placement does not ask for it. */
  readonly readRun?: (question: Omit<RunQuestion, "builderId">, signal: AbortSignal) => Promise<RunEvidence>;
  readonly close: () => Promise<void>;
};

export type StepSetup = {
  readonly placement: SigningPlacement;
  readonly tokenFile: string;
  readonly registryAuth?: string;
  readonly apiTokenFile: string;
  readonly apiCaFile: string;
};

const CA_BYTES_MAX = 1024 * 1024;

/** Opens what the signing step needs: from its placement and its files, and from nothing else. Call `close` when done. */
export async function openSignStep(
  { placement, ...files }: StepSetup,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<StepWorld> {
  const { caFile, trustedRoot, signingConfig, audience, repositories } = placement;
  const ca = caFile === undefined ? {} : { ca: [parseUtf8(await readInput(caFile, CA_BYTES_MAX)) ?? ""] };
  const pin = trustedRoot.sha256 === undefined ? undefined : parseSha256Hex(trustedRoot.sha256);
  const source = fileSource({
    path: trustedRoot.file,
    ...(pin && { sha256: pin }),
    ...(signingConfig && { signingConfigPath: signingConfig.file }),
  });
  const opened = await openDomain(source, {}, signal);
  const { registry, close } = await openRegistryWith(
    placement.registries.map((one) => ({ ...one, plainHttp: false })),
    files.registryAuth === undefined ? async () => undefined : dockerConfigCredentials(files.registryAuth),
  );
  const http = undiciHttpClient(ca);
  const api = await openApi(placement, files, clock);
  const sign = signArtifact({
    domain: {
      trust: opened.trust,
      ...servicesOf(placement, opened, http),
      tokenPolicy: { audience, lifetimeSecondsMax: TOKEN_LIFETIME_SECONDS_MAX, podBound: true },
      repositories,
    },
    registry,
    tokens: tokenFile(files.tokenFile),
    newSigner: newEphemeralSigner,
    clock,
    random: systemRandom,
    attached: async (image, until) => (await gatherSignatures(registry, image, until)).signatures,
  });
  return {
    sign,
    registry,
    ...(api && { readRun: api.readRun }),
    close: async () => {
      await Promise.all([http.close(), close(), api?.close()]);
    },
  };
}

/** The API server, asked with a token of its own: that for signing is never sent to it. */
async function openApi(
  { provenance }: SigningPlacement,
  { tokenFile: signing, apiTokenFile, apiCaFile }: Omit<StepSetup, "placement">,
  clock: Clock,
): Promise<(Required<Pick<StepWorld, "readRun">> & { readonly close: () => Promise<void> }) | undefined> {
  if (!provenance) return undefined;
  for (const [option, value] of Object.entries({ "--api-token-file": apiTokenFile, "--api-ca-file": apiCaFile })) {
    if (value === "") throw new Fault("option.missing", `${option}: the placement asks for provenance`);
  }
  const http = undiciHttpClient({ ca: [parseUtf8(await readInput(apiCaFile, CA_BYTES_MAX)) ?? ""] });
  const server = provenance.apiServer.replace(/\/+$/, "");
  const token = tokenFile(apiTokenFile);
  const reader = kubernetesObjectReader({ name: "cluster", server, http, clock, random: systemRandom, token });
  const tokens = tokenFile(signing);
  const { builderId } = provenance;
  return {
    readRun: (question, signal) => gatherRun({ reader, tokens }, { ...question, builderId }, signal),
    close: () => http.close(),
  };
}

function servicesOf(
  { services, trustedRoot }: SigningPlacement,
  { signingConfig }: OpenDomain,
  http: HttpClient,
): SigningServices {
  if (!services) {
    if (signingConfig) return announcedServices(signingConfig, http, systemClock.now());
    throw new Fault(
      "placement.invalid",
      `${trustedRoot.file}: nothing says where to sign; give signingConfig or services`,
    );
  }
  const logs = services.logs.map((log, i) => ({ ...log, name: `log-${i}` }));
  const { fulcio, timestampAuthority: tsa } = services;
  const domain = { name: "placement", fulcio, logs: logs.map((log) => log.name), ...(tsa !== undefined && { tsa }) };
  const known = configuredServices(domain, { logs }, http);
  if (known) return known;
  throw new Fault("placement.invalid", "services: no fulcio");
}
