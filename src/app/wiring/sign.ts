import { undiciHttpClient } from "../../adapters/http/client.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { newEphemeralSigner } from "../../adapters/system/signer.ts";
import { TOKEN_PATH, tokenFile } from "../../adapters/system/token-file.ts";
import { fileSource } from "../../adapters/tuf/file-source.ts";
import type { SignArtifact, SigningDomain } from "../../capabilities/sign/job.ts";
import { signArtifact } from "../../capabilities/sign/sign-artifact.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import { Fault } from "../../core/fault.ts";
import { TOKEN_LIFETIME_SECONDS_MAX, type TokenPolicy } from "../../core/identity/judge-token.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import { readConfig } from "../config/read.ts";
import type { Config, TrustDomainConfig } from "../config/config.ts";
import { openRegistry } from "./registry.ts";
import { announcedServices, configuredServices, type SigningServices } from "./signing-services.ts";
import { domainFor, openDomain, thresholdsOf, type OpenDomain } from "./trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

/** Where and as whom is signed, as a person says it. */
export type SignSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  /** A trust domain by name; else the one that the placements of the repositories name. */
  readonly placement?: string | undefined;
  readonly repositories?: readonly string[] | undefined;
  readonly tokenFile?: string | undefined;
  readonly audience?: string | undefined;
  /** Files, instead of a domain of the configuration. */
  readonly trustedRoot?: string | undefined;
  readonly signingConfig?: string | undefined;
};

export type SignWorld = { readonly sign: SignArtifact; readonly close: () => Promise<void> };

/** Opens what signing needs. Call `close` when done. */
export async function openSigning(setup: SignSetup, signal: AbortSignal): Promise<SignWorld> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const http = undiciHttpClient();
  const { registry, close } = await openRegistry(config, setup.env);
  const domain = await signingDomain(setup, config, http, signal);
  const sign = signArtifact({
    domain,
    registry,
    tokens: tokenFile(setup.tokenFile ?? TOKEN_PATH),
    newSigner: newEphemeralSigner,
    clock: systemClock,
    random: systemRandom,
    attached: async (image, until) => (await gatherSignatures(registry, image, until)).signatures,
  });
  return {
    sign,
    close: async () => {
      await Promise.all([http.close(), close()]);
    },
  };
}

async function signingDomain(
  setup: SignSetup,
  config: Config,
  http: HttpClient,
  signal: AbortSignal,
): Promise<SigningDomain> {
  const tokenPolicy = { ...TOKEN_POLICY, audience: setup.audience ?? audienceOf(config) };
  if (setup.trustedRoot !== undefined) {
    const signingConfigPath = setup.signingConfig === undefined ? {} : { signingConfigPath: setup.signingConfig };
    const opened = await openDomain(fileSource({ path: setup.trustedRoot, ...signingConfigPath }), {}, signal);
    return { trust: opened.trust, ...servicesOf(opened, http, setup.trustedRoot), tokenPolicy };
  }
  const chosen = commonDomain(setup, config);
  const world = { http, clock: systemClock, cacheFolder: cacheFolderOf(setup.env) };
  const opened = await openDomain(await trustSourceOf(chosen, world), thresholdsOf(chosen), signal);
  const services = configuredServices(chosen, config, http) ?? servicesOf(opened, http, chosen.name);
  return { trust: opened.trust, ...services, tokenPolicy };
}

/** One run has one certificate, and a certificate is of one domain. */
function commonDomain({ placement, repositories = [] }: SignSetup, config: Config): TrustDomainConfig {
  const [first, ...others] = repositories.map((repository) => domainFor(config, { placement, repository }));
  if (others.some((domain) => domain !== first)) {
    throw new Fault("input.malformed", "the images are of several trust domains; sign those of each by themselves");
  }
  return first ?? domainFor(config, { placement });
}

const TOKEN_POLICY: Omit<TokenPolicy, "audience"> = { lifetimeSecondsMax: TOKEN_LIFETIME_SECONDS_MAX, podBound: true };

function servicesOf({ signingConfig }: OpenDomain, http: HttpClient, name: string): SigningServices {
  if (signingConfig) return announcedServices(signingConfig, http, systemClock.now());
  throw new Fault(
    "config.invalid",
    `${name}: nothing says where to sign; give --signing-config, or fulcio, tsa and logs`,
  );
}

/** The audience that the clusters agree on. */
function audienceOf({ clusters }: Config): string {
  const [first = "sigstore", ...others] = [...new Set(clusters.map(({ audience }) => audience))];
  if (others.length === 0) return first;
  throw new Fault("config.invalid", "clusters have several audiences; say with --audience which one the token is for");
}
