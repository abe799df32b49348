import { writeFile } from "node:fs/promises";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import { newEphemeralSigner } from "../../adapters/system/signer.ts";
import { fileSource } from "../../adapters/tuf/file-source.ts";
import { signArtifact } from "../../capabilities/sign/sign-artifact.ts";
import { Fault } from "../../core/fault.ts";
import { TOKEN_LIFETIME_SECONDS_MAX } from "../../core/identity/judge-token.ts";
import { secret } from "../../core/secret.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { TrustRootSource } from "../../ports/trust-root-source.ts";
import { readInput } from "../read-input.ts";
import { announcedServices } from "../wiring/signing-services.ts";
import { openDomain } from "../wiring/trust-domain.ts";
import { cacheFolderOf, trustSourceOf } from "../wiring/trust-source.ts";
import type { ConformanceRequest } from "./arguments.ts";

export type SignRequest = Extract<ConformanceRequest, { command: "sign-bundle" }>;

const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** The sign half of the conformance protocol: a token on the command line, which the product itself never takes. */
export async function signForConformance(request: SignRequest, signal: AbortSignal): Promise<Verdict<SigningReason>> {
  const http = undiciHttpClient();
  try {
    const { trust, signingConfig } = await openDomain(await sourceFor(request, http), {}, signal);
    if (!signingConfig) throw new Fault("option.missing", "--signing-config: nothing says where to sign");
    const token = secret(request.identityToken);
    const sign = signArtifact({
      domain: {
        trust,
        ...announcedServices(signingConfig, http, systemClock.now()),
        tokenPolicy: { audience: "sigstore", lifetimeSecondsMax: TOKEN_LIFETIME_SECONDS_MAX, podBound: false },
      },
      tokens: { read: async () => token },
      newSigner: newEphemeralSigner,
      registry: ociRegistry(http),
      clock: systemClock,
      random: systemRandom,
    });
    const bytes = await readInput(request.file, FILE_BYTES_MAX);
    const { verdict, signatures } = await sign(
      [request.inToto ? { kind: "statement", payload: bytes } : { kind: "blob", bytes }],
      signal,
    );
    const [made] = signatures;
    if (made) await writeBundle(request.bundle, made.bytes);
    return verdict;
  } finally {
    await http.close();
  }
}

async function sourceFor(
  { trustedRoot, signingConfig, staging }: SignRequest,
  http: HttpClient,
): Promise<TrustRootSource> {
  if (trustedRoot !== undefined) {
    return fileSource({ path: trustedRoot, ...(signingConfig !== undefined && { signingConfigPath: signingConfig }) });
  }
  if (staging) throw new Fault("trust.invalid", "no root of the staging instance is shipped; give --trusted-root");
  const world = { http, clock: systemClock, cacheFolder: cacheFolderOf(process.env) };
  const thresholds = { sct: 1, log: 1, tsa: 1 };
  return trustSourceOf({ name: "public", preset: "sigstore-public", logs: [], thresholds }, world);
}

async function writeBundle(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes).catch((cause: unknown) => {
    throw new Fault("output.unwritable", path, { cause });
  });
}
