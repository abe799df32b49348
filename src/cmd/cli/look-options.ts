import type { Command } from "commander";
import { parseInstant } from "../../app/config/units.ts";
import type { Io } from "../../app/io.ts";
import type { Look } from "../../app/look/look.ts";
import type { LookSetup } from "../../app/wiring/look.ts";
import { Fault } from "../../core/fault.ts";
import { toServiceAccountSan } from "../../core/identity/identity.ts";
import type { UnixMs } from "../../core/time.ts";
import type { ClusterIdentity } from "../../core/correlate/world.ts";
import { configOption, CONNECTION, INPUT, optionOf, TRUST } from "./command.ts";

/** Opens an installation to look at; loaded when the command runs. */
export type OpenLook = (setup: LookSetup) => Promise<Look>;
export const openReal: OpenLook = async (setup) => (await import("../../app/wiring/look.ts")).openLook(setup);

/** Opens an installation for one look at it, and closes it whatever comes of it. */
export async function withLook(
  { io, open, options }: { readonly io: Pick<Io, "env">; readonly open: OpenLook; readonly options: LookOptions },
  use: (look: Look) => Promise<void>,
): Promise<void> {
  const look = await open({ ...options, env: io.env });
  try {
    await use(look);
  } finally {
    await look.close();
  }
}

export type LookOptions = Omit<LookSetup, "env"> & { readonly since?: string; readonly until?: string };

/** The options of a command that looks at what happened in an installation, within a time. */
export function withLookOptions(command: Command): Command {
  return withInstallation(
    command
      .addOption(optionOf(INPUT, "--since <time>", "from: a duration such as 24h, or RFC 3339"))
      .addOption(optionOf(INPUT, "--until <time>", "before: a duration such as 1h, or RFC 3339")),
  );
}

/** The options that every command has that looks at an installation. */
export function withInstallation(command: Command): Command {
  return command
    .addOption(optionOf(TRUST, "--policy <file>", "the trust policy to hold against, instead of the configured one"))
    .addOption(optionOf(CONNECTION, "--store <file>", "an embedded store, instead of the configured one"))
    .addOption(configOption());
}

export type Period = { readonly since?: UnixMs; readonly until?: UnixMs };

/** Reads `--since` and `--until`. Faults: `input.malformed`. */
export function readPeriod({ since, until }: LookOptions, now: UnixMs): Period {
  const from = since === undefined ? undefined : readInstant("--since", since, now);
  const to = until === undefined ? undefined : readInstant("--until", until, now);
  if (from !== undefined && to !== undefined && from > to)
    throw new Fault("input.malformed", "--since is after --until");
  return { ...(from !== undefined && { since: from }), ...(to !== undefined && { until: to }) };
}

export function readInstant(flag: string, text: string, now: UnixMs): UnixMs {
  const at = parseInstant(text, now);
  if (at === undefined) throw new Fault("input.malformed", `${flag} ${text}: a duration such as 24h, or RFC 3339`);
  return at;
}

const SHORTHAND = /^ns\/([^/@]+)\/sa\/([^/@]+)(?:@(.+))?$/;

/**
 * Reads an identity as people write it: a SAN, or `ns/<namespace>/sa/<account>` with `@<cluster>` where it matters which.
 * `undefined` when it is neither. Faults: `input.malformed` for a cluster that is not configured.
 */
export function readIdentity(
  text: string,
  clusters: readonly ClusterIdentity[],
): { readonly san: string; readonly issuer?: string } | undefined {
  const [, namespace, serviceAccount, cluster] = SHORTHAND.exec(text) ?? [];
  if (namespace === undefined || serviceAccount === undefined) {
    return text.includes("://") || text.includes("@") ? { san: text } : undefined;
  }
  const san = toServiceAccountSan({ namespace, serviceAccount });
  if (cluster === undefined) return { san };
  const issuer = clusters.find((known) => known.cluster === cluster)?.issuers[0];
  if (issuer === undefined)
    throw new Fault("input.malformed", `${text}: no cluster ${cluster} with an issuer is configured`);
  return { san, issuer };
}
