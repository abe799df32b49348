import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { ociRegistry } from "../../src/adapters/oci/registry.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { drillKit } from "../../src/adapters/virtual/drill/kit.ts";
import { openDrillWorld } from "../../src/adapters/virtual/drill/world.ts";
import { startRegistry } from "../../src/adapters/virtual/registry/registry.ts";
import { verifyTarget } from "../../src/app/drill/verify-target.ts";
import { openImageEvidence } from "../../src/app/wiring/image-evidence.ts";
import { patternEngine } from "../../src/app/wiring/policy-set.ts";
import { bug } from "../../src/core/bug.ts";
import type { DrillAnswer } from "../../src/core/drill/answer.ts";
import { ADMIT, pushed, trial } from "../../src/core/drill/drill-case.ts";
import type { Exhibit } from "../../src/core/drill/exhibit.ts";
import { DRILL_ROOT, instant } from "../../src/core/drill/good.ts";
import type { Plan } from "../../src/core/drill/plan.ts";
import { toDomainMaterial } from "../../src/core/policy/exports/domain-material.ts";
import type { ExchangeContext } from "../../src/core/policy/exports/engine.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { never } from "./peer-world.ts";

/** Images as the drill makes them, in cosign's older layout, by other plans than those of its cases. */
export type DrillImages = {
  /** For whatever a program of others leaves behind. */
  readonly folder: string;
  readonly context: ExchangeContext;
  readonly make: (name: string, plan: Plan) => Promise<Exhibit>;
  readonly askUs: (exhibit: Exhibit) => Promise<DrillAnswer>;
  readonly close: () => Promise<void>;
};

export async function openDrillImages(): Promise<DrillImages> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-images-"));
  const server = await startRegistry();
  const http = undiciHttpClient({ plainHttp: "anywhere" });
  const registry = ociRegistry(http);
  const world = await openDrillWorld({ now: systemClock.now(), since: instant("2024-01-01T00:00:00Z") });
  const kit = drillKit({ world, push: { registry, prefix: `${server.host}/drill` }, layout: "older" });
  const root = readTrustedRoot(world.trustedRoot);
  const trust = root.ok ? compileTrust(root.value) : root;
  if (!root.ok || !trust.ok) return bug("the trusted root of the drill");
  const { find, close } = openImageEvidence({ registry, clock: systemClock });
  const us = verifyTarget({ find, registry, trust: trust.value, clock: systemClock });
  const material = toDomainMaterial(root.value, { isPublic: false, logs: [] });
  let made = 0;
  return {
    folder,
    context: { domains: { [DRILL_ROOT]: material }, repositories: [], patterns: patternEngine },
    make: async (name, plan) => {
      const asked = trial(plan, ADMIT);
      const prepared = await kit.prepare(pushed(`X${made++}`, name, "drill", [asked]), asked, never);
      return "exhibit" in prepared ? prepared.exhibit : bug(prepared.notMade);
    },
    askUs: (exhibit) => us.ask(exhibit, never),
    close: async () => {
      await close();
      await http.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
