import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Exhibit } from "../../src/core/drill/exhibit.ts";
import { asking, identityOfBuilder, uri } from "../../src/core/drill/good.ts";
import type { EvidencePlan } from "../../src/core/drill/plan.ts";
import { isLooser, type Loss } from "../../src/core/policy/exports/engine.ts";
import { askContainers, CONTAINERS } from "./containers-evaluator.ts";
import { openDrillImages } from "./drill-images.ts";

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
  const images = await openDrillImages();
  const identities = [identityOfBuilder({ san: { kind: "exact", text: EMAIL, type: "email" } })];
  return {
    ...images,
    make: async (name: string, evidence: readonly EvidencePlan[]): Promise<Exhibit> =>
      withScope(await images.make(name, { evidence, ask: asking({ identities }) })),
    askThem: (exhibit: Exhibit, accepted?: readonly string[]) =>
      askContainers(images.folder, exhibit, images.context, accepted),
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
