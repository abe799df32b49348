import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toFiles } from "../../src/app/policy/render-exchange.ts";
import type { DrillAnswer } from "../../src/core/drill/answer.ts";
import { referenceOf, type Exhibit } from "../../src/core/drill/exhibit.ts";
import { containersPolicyExport } from "../../src/core/policy/exports/containers-policy/export.ts";
import { isLooser, type ExchangeContext, type Loss } from "../../src/core/policy/exports/engine.ts";
import type { TrustPolicySet } from "../../src/core/policy/trust-policy.ts";
import { peer } from "./peer-world.ts";

/** What asks containers-image (`tools/containers-policy`). */
export const CONTAINERS: string | undefined = peer("containers-policy-v5.42.1");

/** Accepts every loss unless told which, and asks. */
export async function askContainers(
  folder: string,
  exhibit: Exhibit,
  context: ExchangeContext,
  wanted?: readonly string[],
): Promise<{ readonly answer: DrillAnswer; readonly losses: readonly Loss[] }> {
  const { losses } = containersPolicyExport.export(exhibit.policy, new Set(), context);
  const accepted = new Set(wanted ?? losses.filter(isLooser).map(({ id }) => id));
  const policy = await write(folder, exhibit.policy, accepted, context);
  return { answer: await evaluate([policy, join(folder, "registries.d"), `//${referenceOf(exhibit)}`]), losses };
}

async function write(
  folder: string,
  policy: TrustPolicySet,
  accepted: ReadonlySet<string>,
  context: ExchangeContext,
): Promise<string> {
  const { documents } = containersPolicyExport.export(policy, accepted, context);
  await mkdir(join(folder, "registries.d"), { recursive: true });
  for (const { name, text } of toFiles("registries", documents)) {
    // oxlint-disable-next-line no-await-in-loop -- two files
    await writeFile(join(folder, name.endsWith(".json") ? name : `registries.d/${name}`), text);
  }
  return join(folder, "policy.json");
}

function evaluate(args: readonly string[]): Promise<DrillAnswer> {
  return new Promise((resolve, reject) => {
    execFile(CONTAINERS ?? "", args, { env: { HOME: "/nonexistent" }, timeout: 60_000 }, (error, _, stderr) => {
      const detail = stderr.trim();
      if (!error) resolve({ kind: "admitted", detail });
      else if (error.code === 1) resolve({ kind: "refused", codes: [], detail });
      else reject(new Error(`not asked: ${detail}`));
    });
  });
}
