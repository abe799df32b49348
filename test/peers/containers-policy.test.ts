import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
import { ADMIT, one, pushed, trial } from "../../src/core/drill/drill-case.ts";
import type { Exhibit } from "../../src/core/drill/exhibit.ts";
import { asking, DRILL_ROOT, identityOfBuilder, instant, uri } from "../../src/core/drill/good.ts";
import type { EvidencePlan } from "../../src/core/drill/plan.ts";
import { toDomainMaterial } from "../../src/core/policy/exports/domain-material.ts";
import { isLooser, type ExchangeContext, type Loss } from "../../src/core/policy/exports/engine.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { askContainers, CONTAINERS } from "./containers-evaluator.ts";
import { never } from "./peer-world.ts";

const EMAIL = "release@drill.example";
const byEmail = (value: string): EvidencePlan => ({ leaf: { names: [{ type: "email", value }] } });
const good = byEmail(EMAIL);
const OTHER = "https://oidc.evil.example";

type Asked = {
  readonly name: string;
  /** What is beside the image. */
  readonly evidence: readonly EvidencePlan[];
  readonly ours: "admitted" | "refused";
  /** Why the engine lets it in where we do not; absent where the answers are the same. */
  readonly lost?: Loss["field"];
};

const refused = (name: string, change: EvidencePlan, lost?: Loss["field"]): Asked => ({
  name,
  evidence: [{ ...good, ...change, leaf: { ...good.leaf, ...change.leaf } }],
  ours: "refused",
  ...(lost && { lost }),
});

const ASKED: readonly Asked[] = [
  { name: "what the identity signed", evidence: [good], ours: "admitted" },
  { name: "nothing", evidence: [], ours: "refused" },
  refused("what another address signed", byEmail("release@evil.example")),
  refused("the same text as another type of name", { leaf: { names: [uri(EMAIL)] } }),
  refused("what was signed under another issuer", { leaf: { issuerV1: OTHER, issuerV2: OTHER } }),
  refused("what another CA certified", { leaf: { ca: "foreign" } }),
  refused("a promise that the log did not sign", { entries: [{ promise: "other-key" }] }),
  refused("an entry of a log that is not trusted", { entries: [{ log: "unknown" }] }),
  refused("an entry about something else", { entries: [{ body: "other-artifact" }] }),
  refused("the signature of another image", { place: "other-image" }),
  refused("a certificate without an SCT", { leaf: { sct: "none" } }, "sct"),
  refused("an entry after the log was closed", { entries: [{ log: "closed" }] }, "root-validity"),
];

/**
 * containers-image itself (Podman, CRI-O, skopeo; and OpenShift, whose ClusterImagePolicy the nodes are given in this form)
 * over the `policy.json` and the `registries.d` that our export writes.
 */
describe.skipIf(CONTAINERS === undefined)("containers-image v5.42.1 and our exports", () => {
  let world: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world.close());

  test.each(ASKED)("$name: the same answer as ours, or a loss that names the difference", async (asked) => {
    const { name, evidence, ours, lost } = asked;
    const exhibit = await world.make(name, evidence);
    expect((await world.askUs(exhibit)).kind).toBe(ours);
    const { answer, losses } = await world.askThem(exhibit);
    const named = losses.filter(isLooser).map(({ field }) => field);
    const expected = lost === undefined || !named.includes(lost) ? ours : "admitted";
    expect({ ...answer, lost: named.find((field) => field === lost) }).toMatchObject({ kind: expected, lost });
  });

  test("refuses what no family has, and what the export refuses", async () => {
    const exhibit = await world.make("a family that is not written", [good]);
    const { families } = exhibit.policy;
    const timed = families.map((family) => ({
      ...family,
      time: { windows: [], outside: "flag", maxAgeMs: 1e12 } as const,
    }));
    expect((await world.askThem({ ...exhibit, policy: { ...exhibit.policy, families: timed } }, [])).answer.kind).toBe(
      "refused",
    );
    const elsewhere = families.map((family) => ({
      ...family,
      images: ["elsewhere.example/a", "elsewhere.example/a/**"],
    }));
    expect((await world.askThem({ ...exhibit, policy: { ...exhibit.policy, families: elsewhere } })).answer.kind).toBe(
      "refused",
    );
  });
});

async function open() {
  const folder = await mkdtemp(join(tmpdir(), "countersign-containers-"));
  const server = await startRegistry();
  const http = undiciHttpClient({ plainHttp: "anywhere" });
  const registry = ociRegistry(http);
  const drill = await openDrillWorld({ now: systemClock.now(), since: instant("2024-01-01T00:00:00Z") });
  const kit = drillKit({ world: drill, push: { registry, prefix: `${server.host}/drill` }, layout: "older" });
  const root = readTrustedRoot(drill.trustedRoot);
  if (!root.ok) throw new Error(root.detail);
  const trust = compileTrust(root.value);
  if (!trust.ok) throw new Error(trust.detail);
  const { find, close } = openImageEvidence({ registry, clock: systemClock });
  const us = verifyTarget({ find, registry, trust: trust.value, clock: systemClock });
  const material = toDomainMaterial(root.value, { isPublic: false, logs: [] });
  const context: ExchangeContext = { domains: { [DRILL_ROOT]: material }, repositories: [], patterns: patternEngine };
  const identities = [identityOfBuilder({ san: { kind: "exact", text: EMAIL, type: "email" } })];
  let made = 0;
  return {
    make: async (name: string, evidence: readonly EvidencePlan[]): Promise<Exhibit> => {
      const asked = trial({ ...one(), evidence, ask: asking({ identities }) }, ADMIT);
      const prepared = await kit.prepare(pushed(`X${made++}`, name, "drill", [asked]), asked, never);
      return "exhibit" in prepared ? withScope(prepared.exhibit) : bug(prepared.notMade);
    },
    askUs: (exhibit: Exhibit) => us.ask(exhibit, never),
    askThem: (exhibit: Exhibit, accepted?: readonly string[]) => askContainers(folder, exhibit, context, accepted),
    close: async () => {
      await close();
      await http.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A scope has what is below it too. */
function withScope(exhibit: Exhibit): Exhibit {
  const families = exhibit.policy.families.map((family) => ({
    ...family,
    images: [exhibit.repository, `${exhibit.repository}/**`],
  }));
  return { ...exhibit, policy: { ...exhibit.policy, families } };
}
