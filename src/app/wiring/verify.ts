import { undiciHttpClient } from "../../adapters/http/client.ts";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { fileSource } from "../../adapters/tuf/file-source.ts";
import { gatherPlatforms } from "../../capabilities/verify/gather-platforms.ts";
import { verifyBundle, type BundleAnswer, type VerifyBundleRequest } from "../../capabilities/verify/verify-bundle.ts";
import { verifyImage, type ImageAnswer, type ImageQuestion } from "../../capabilities/verify/verify-image.ts";
import { Fault } from "../../core/fault.ts";
import type { Thresholds } from "../../core/trust/compiled-trust.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { RegexCompiler } from "../../ports/regex-compiler.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import { readConfig } from "../config/read.ts";
import type { Config } from "../config/config.ts";
import type { ReadPlatforms } from "../verify/subjects.ts";
import { openRegistry } from "./registry.ts";
import { domainFor, openDomain, thresholdsOf } from "./trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "./trust-source.ts";

/** What a signature is judged against, as a person says it. */
export type VerifySetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly placement?: string | undefined;
  /** A file, instead of a domain of the configuration. */
  readonly trustedRoot?: string | undefined;
  /** Nothing is fetched: the trusted root as it was last, or as it is shipped. */
  readonly offline?: boolean | undefined;
};

export type VerifyWorld = {
  readonly image: (question: Omit<ImageQuestion, "trust">, signal: AbortSignal) => Promise<ImageAnswer>;
  /** Everything that runs under an image's name. */
  readonly platforms: ReadPlatforms;
  readonly bundle: (request: VerifyBundleRequest, signal: AbortSignal) => Promise<BundleAnswer>;
  /** RE2; loaded when somebody asks by a pattern. */
  readonly patterns: () => Promise<RegexCompiler>;
  readonly close: () => Promise<void>;
};

type Source = { readonly source: TrustRootSource; readonly thresholds: Partial<Thresholds> };

/** Opens what verification needs. Nothing is fetched before it is asked for. Call `close` when done. */
export async function openVerification(setup: VerifySetup): Promise<VerifyWorld> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const http = undiciHttpClient();
  const roots = setup.offline === true ? UNREACHED : http;
  const { registry, close } = await openRegistry(config, setup.env);
  const world = { http: roots, clock: systemClock, cacheFolder: cacheFolderOf(setup.env) };
  const sourceFor = async (repository?: string): Promise<Source> => {
    if (setup.trustedRoot !== undefined) return { source: fileSource({ path: setup.trustedRoot }), thresholds: {} };
    const domain = domainOf(config, setup, repository);
    return { source: await trustSourceOf(domain, world), thresholds: thresholdsOf(domain) };
  };
  return {
    image: async (question, signal) => {
      const { source, thresholds } = await sourceFor(question.repository);
      const { trust } = await openDomain(source, thresholds, signal);
      return verifyImage(registry)({ ...question, trust }, signal);
    },
    platforms: ({ repository, reference }, signal) => gatherPlatforms(registry)(repository, reference, signal),
    bundle: async (request, signal) => {
      const { source, thresholds } = await sourceFor();
      return verifyBundle({ trust: source, verifyPrehashed })({ thresholds, ...request }, signal);
    },
    patterns: async () => (await import("../../adapters/re2js/regex-compiler.ts")).re2jsCompiler,
    close: async () => {
      await Promise.all([http.close(), close()]);
    },
  };
}

/** Without any domain configured, the public-good instance judges: there is nothing else to mean. */
function domainOf(config: Config, setup: VerifySetup, repository: string | undefined) {
  const isBare = config.trust.domains.length === 0 && setup.placement === undefined;
  return isBare ? PUBLIC : domainFor(config, { placement: setup.placement, repository });
}

const offline = async (): Promise<never> => {
  throw new Fault("http.unreachable", "--offline");
};
/** A network that is asked for nothing. */
const UNREACHED: HttpClient = { send: offline, stream: offline };

const PUBLIC = {
  name: "public",
  preset: "sigstore-public",
  logs: [],
  thresholds: { sct: 1, log: 1, tsa: 1 },
} as const;
