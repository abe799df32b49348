import { folderChangeSource } from "../../adapters/files/folder-change-source.ts";
import { checkChange } from "../../capabilities/gate/check-change.ts";
import { Fault } from "../../core/fault.ts";
import type { GatePartName } from "../../core/gate/parts.ts";
import type { GateReport } from "../../core/gate/report.ts";
import type { UnixMs } from "../../core/time.ts";
import type { ChangeSource } from "../../ports/change-source.ts";
import { readConfig } from "../config/read.ts";
import { chooseSource, type SidesAsked } from "../gate/choose-source.ts";
import { readBundles } from "../gate/read-bundles.ts";
import { readInventory } from "../gate/read-inventory.ts";
import { gatePorts } from "./gate-ports.ts";

/** What a person says of a change to check. */
export type GateSetup = SidesAsked & {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config?: string | undefined;
  readonly gateConfig?: string | undefined;
  readonly only?: GatePartName | undefined;
  readonly budgetSteps?: number | undefined;
  /** A file of what runs and who signs. */
  readonly inventory?: string | undefined;
  readonly baseRendered?: string | undefined;
  readonly headRendered?: string | undefined;
  /** A folder of what references of pipelines lead to. */
  readonly bundles?: string | undefined;
  readonly now: UnixMs;
  readonly signal: AbortSignal;
};

/** Checks a change. Faults: those of the configuration, of both sides and of what else is read. */
export async function checkGate(setup: GateSetup): Promise<GateReport> {
  const { env, now, gateConfig, only, budgetSteps } = setup;
  const config = await readConfig({ env, file: setup.config });
  const check = checkChange({
    ...gatePorts(config, now),
    source: chooseSource(setup),
    ...renderedOf(setup),
    ...(setup.inventory !== undefined && { inventory: await readInventory(setup.inventory) }),
    bundles: await readBundles(setup.bundles),
    ...(budgetSteps !== undefined && { budget: budgetSteps }),
  });
  const question = { ...(gateConfig !== undefined && { configPath: gateConfig }), ...(only !== undefined && { only }) };
  return check(question, setup.signal);
}

function renderedOf({ baseRendered, headRendered }: GateSetup): { readonly rendered?: ChangeSource } {
  if (baseRendered === undefined && headRendered === undefined) return {};
  if (baseRendered === undefined || headRendered === undefined)
    throw new Fault("option.missing", "--base-rendered and --head-rendered go together");
  return { rendered: folderChangeSource({ base: baseRendered, head: headRendered }) };
}
