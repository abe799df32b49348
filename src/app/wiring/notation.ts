import { join } from "node:path";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { httpRevocationSource } from "../../adapters/notation/revocation-source.ts";
import { notationTrustFiles } from "../../adapters/notation/trust-files.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { gatherPlatforms } from "../../capabilities/verify/gather-platforms.ts";
import {
  verifyNotation,
  type NotationAnswer,
  type NotationQuestion,
} from "../../capabilities/verify/verify-notation.ts";
import { readConfig } from "../config/read.ts";
import type { ReadPlatforms } from "../verify/subjects.ts";
import { openRegistry } from "./registry.ts";

/** Where Notation's trust lies, as a person says it. */
export type NotationSetup = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly trustPolicy?: string | undefined;
  readonly trustStore?: string | undefined;
};

export type NotationWorld = {
  readonly image: (question: NotationQuestion, signal: AbortSignal) => Promise<NotationAnswer>;
  readonly platforms: ReadPlatforms;
  readonly close: () => Promise<void>;
};

/** Opens what verifying Notary Project signatures needs. Nothing is read or fetched before it is asked for. */
export async function openNotation(setup: NotationSetup): Promise<NotationWorld> {
  const config = await readConfig({ env: setup.env, file: setup.config });
  const { registry, close } = await openRegistry(config, setup.env);
  // Lists and responses are signed in themselves, and their places are named with plain http.
  const http = undiciHttpClient({ plainHttp: "anywhere" });
  const folder = notationFolder(setup.env);
  const trust = notationTrustFiles({
    policies:
      setup.trustPolicy === undefined
        ? ["trustpolicy.oci.json", "trustpolicy.json"].map((name) => join(folder, name))
        : [setup.trustPolicy],
    store: setup.trustStore ?? join(folder, "truststore"),
  });
  const clock = systemClock;
  return {
    image: verifyNotation({ registry, trust, revocation: httpRevocationSource(http, clock), clock }),
    platforms: ({ repository, reference }, signal) => gatherPlatforms(registry)(repository, reference, signal),
    close: async () => {
      await Promise.all([http.close(), close()]);
    },
  };
}

/** Where Notation keeps its configuration for a user. */
function notationFolder(env: NotationSetup["env"]): string {
  return join(env["XDG_CONFIG_HOME"] || join(env["HOME"] || "/", ".config"), "notation");
}
