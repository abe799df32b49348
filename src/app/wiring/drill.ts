import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drillHistoryFile } from "../../adapters/files/drill-history.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { drillKit } from "../../adapters/virtual/drill/kit.ts";
import { openNotationPublisher } from "../../adapters/virtual/drill/notation-publisher.ts";
import { newKeys } from "../../adapters/virtual/sigstore/keys.ts";
import { openDrillWorld } from "../../adapters/virtual/drill/world.ts";
import type { Outage } from "../../adapters/virtual/serve.ts";
import { startRegistry } from "../../adapters/virtual/registry/registry.ts";
import { runDrill, type RunDrill } from "../../capabilities/drill/run-drill.ts";
import { bug } from "../../core/bug.ts";
import { DRILL_ROOT, instant } from "../../core/drill/good.ts";
import { toDomainMaterial } from "../../core/policy/exports/domain-material.ts";
import { compileTrust } from "../../core/trust/compile-trust.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { readTrustedRoot, type TrustedRoot } from "../../core/trust/trusted-root.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import type { Registry } from "../../ports/registry.ts";
import { toEffectiveConfig } from "../config/effective.ts";
import { cosignTarget } from "../drill/cosign-target.ts";
import { COSIGN, findProgram, NOTATION, POLICY_TESTER, type Program } from "../drill/find-program.ts";
import { notationTarget } from "../drill/notation-target.ts";
import { openImageEvidence } from "./image-evidence.ts";
import { openOwnWebhook } from "../drill/own-webhook.ts";
import { policyControllerTarget } from "../drill/policy-controller-target.ts";
import { openStrictRegistry } from "../webhook/strict-registry.ts";
import { patternEngine } from "./policy-set.ts";
import { verifyTarget } from "../drill/verify-target.ts";
import { webhookTarget } from "../drill/webhook-target.ts";

/** Verifiers that the drill can be put to; of those that are not in the list nothing is run. */
export const DRILL_TARGETS = ["verify", "webhook", "cosign", "policy-controller", "notation"] as const;
export type DrillTargetName = (typeof DRILL_TARGETS)[number];

/** The reason is that of our own export, which refuses every family of the drill for it. */
const OF_CONTAINERS = "its policy.json names keyless signers by e-mail address alone, and no case of the drill has one";

/** Targets of the chapter for which there is no program of ours to ask them. */
export const ABSENT_TARGETS: Readonly<Record<string, string>> = {
  kyverno: "needs a cluster with Kyverno",
  openshift: "needs an OpenShift cluster",
  containers: OF_CONTAINERS,
  podman: OF_CONTAINERS,
};

/** Of a trust domain of one's own they read no bundle. */
const READS_OLDER_LAYOUT: ReadonlySet<string> = new Set(["policy-controller"]);

export type DrillSetup = {
  readonly target: string;
  /** A file with the answers of earlier drills. */
  readonly history?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type OpenDrill = { readonly run: RunDrill; readonly close: () => Promise<void> };

/** Before everything that a case signs. */
const SINCE = "2024-01-01T00:00:00Z";

/** Makes a trust domain and registries for one drill, and opens the verifier. Nothing leaves this machine. */
export async function openDrill(setup: DrillSetup): Promise<OpenDrill> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop -- those who call others first
      await end();
    }
  };
  try {
    return { run: await open(setup, (end) => closing.push(end)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open({ target, history, env }: DrillSetup, onClose: OnClose): Promise<RunDrill> {
  const push = await startRegistry();
  const fallback = await startRegistry({ referrersApi: false });
  let strays = 0;
  const elsewhere = await startRegistry({ outage: () => void (strays += 1) });
  let lie: Outage | undefined;
  const hostile = await startRegistry({ outage: (call) => lie?.(call) });
  const hosts = [push, fallback, hostile].map(({ host }) => ({ host, plainHttp: true, authHosts: [] }));
  // As the webhook reads registries, those of the drill being declared; the one elsewhere is not.
  const { registry, close } = await openStrictRegistry({ registries: hosts }, { HOME: await emptyFolder(onClose) });
  onClose(close);
  const servers = [push, fallback, elsewhere, hostile];
  // Before the client: it waits for answers, of which one never ends.
  onClose(async () => {
    await Promise.all(servers.map((server) => server.close()));
  });
  const world = await openDrillWorld({ now: systemClock.now(), since: instant(SINCE) });
  const publisher = await openNotationPublisher(newKeys, world.now);
  onClose(publisher.close);
  const trust = trustOf(world.trustedRoot);
  const kit = drillKit({
    world,
    publisher,
    push: { registry, prefix: `${push.host}/drill` },
    fallback: { registry, prefix: `${fallback.host}/drill` },
    hostile: {
      registry,
      prefix: `${hostile.host}/drill`,
      lie: (outage) => {
        lie = outage;
      },
    },
    elsewhere: { host: elsewhere.host, requests: () => strays },
    ...(READS_OLDER_LAYOUT.has(target) && { layout: "older" }),
  });
  const asked = await openTarget({ target, env, registry, trust, trustedRoot: world.trustedRoot }, onClose);
  return runDrill({
    kit,
    target: asked,
    clock: systemClock,
    ...(history !== undefined && { history: drillHistoryFile(history) }),
  });
}

type OnClose = (end: () => Promise<void>) => void;

function rootOf(document: Uint8Array): TrustedRoot {
  const root = readTrustedRoot(document);
  return root.ok ? root.value : bug(`the drill's trusted root: ${root.code} ${root.detail}`);
}

function trustOf(document: Uint8Array): CompiledTrust {
  const trust = compileTrust(rootOf(document));
  return trust.ok ? trust.value : bug(`the drill's trusted root: ${trust.code} ${trust.detail}`);
}

type TargetSetup = {
  readonly target: string;
  readonly env: DrillSetup["env"];
  readonly registry: Registry;
  readonly trust: CompiledTrust;
  readonly trustedRoot: Uint8Array;
};

async function openTarget(setup: TargetSetup, onClose: OnClose): Promise<DrillTarget> {
  const { target, registry, trust } = setup;
  // The drill's own server of revocation lists is on this machine.
  const { find, close } = openImageEvidence({ registry, clock: systemClock });
  onClose(close);
  switch (target) {
    case "verify":
      return verifyTarget({ find, registry, trust, clock: systemClock });
    case "webhook": {
      // Nobody's: what this machine is configured for is not the drill's.
      const { config = bug("the defaults are no configuration") } = toEffectiveConfig({ env: {}, flags: {} });
      const webhook = await openOwnWebhook({ find, registry, trust, clock: systemClock, config });
      onClose(webhook.close);
      return webhookTarget(webhook.post);
    }
    case "cosign":
      return openCosign(setup, onClose);
    case "policy-controller":
      return openPolicyController(setup, onClose);
    case "notation":
      return openNotation(setup, onClose);
    default:
      return absentTarget(target, ABSENT_TARGETS[target] ?? "no such verifier is known");
  }
}

async function openCosign({ env, trustedRoot }: TargetSetup, onClose: OnClose): Promise<DrillTarget> {
  const path = findProgram(COSIGN, env);
  if (path === undefined) return absentTarget("cosign", absenceOf(COSIGN));
  const home = await emptyFolder(onClose);
  const file = join(home, "trusted_root.json");
  await writeFile(file, trustedRoot);
  return cosignTarget({ path, trustedRoot: file, home });
}

async function openPolicyController({ env, trustedRoot }: TargetSetup, onClose: OnClose): Promise<DrillTarget> {
  const path = findProgram(POLICY_TESTER, env);
  if (path === undefined) return absentTarget("policy-controller", absenceOf(POLICY_TESTER));
  const domain = toDomainMaterial(rootOf(trustedRoot), { isPublic: false, logs: [] });
  const context = { domains: { [DRILL_ROOT]: domain }, repositories: [], patterns: patternEngine };
  return policyControllerTarget({ path, home: await emptyFolder(onClose), context });
}

async function openNotation({ env }: TargetSetup, onClose: OnClose): Promise<DrillTarget> {
  const path = findProgram(NOTATION, env);
  if (path === undefined) return absentTarget("notation", absenceOf(NOTATION));
  const context = { domains: {}, repositories: [], patterns: patternEngine };
  return notationTarget({ path, home: await emptyFolder(onClose), context });
}

function absenceOf({ name, variable }: Program): string {
  return `there is no ${name} here; ${variable} names one`;
}

/** Nothing of the person who runs the drill is in it, credentials least of all. */
async function emptyFolder(onClose: OnClose): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-drill-"));
  onClose(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A verifier that is not there. It refuses nothing and admits nothing. */
function absentTarget(name: string, reason: string): DrillTarget {
  return { name, ask: async () => ({ kind: "not-run", detail: reason }) };
}
