import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultSwitch } from "../../../test/setup/failing.ts";
import { never, newTarget, openSignerWorld, type SignerWorld, type Target } from "../../../test/setup/signer-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { virtualEventStore } from "../../adapters/virtual/event-store.ts";
import { virtualSignatureStore } from "../../adapters/virtual/signature-store.ts";
import { concatBytes } from "../../core/bytes/bytes.ts";
import { sha256 } from "../../core/digest.ts";
import { leafJudge } from "../../core/entry/leaf-judge.ts";
import { toSigningEvent } from "../../core/entry/to-signing-event.ts";
import type { FaultId } from "../../core/fault.ts";
import type { EventStore } from "../../ports/event-store.ts";
import { batchOf } from "../../ports/stored-entry.contract.ts";
import { signArtifact } from "../sign/sign-artifact.ts";
import { gatherSignatures } from "../verify/gather-signatures.ts";
import { learnSignatures, type LearnPorts } from "./learn-signatures.ts";
import type { ImageTarget } from "./targets.ts";

const REGISTRY_FAULTS: readonly FaultId[] = [
  "registry.unreachable",
  "registry.unauthorized",
  "registry.digest-mismatch",
];
const STORE_FAULTS: readonly FaultId[] = ["store.read-only"];

describe("learnSignatures", () => {
  let world: SignerWorld;
  let at: Target;
  let events: () => Promise<EventStore>;
  beforeAll(async () => {
    world = await openSignerWorld("rekor2");
    at = await newTarget(world, "referrer");
    const signed = await signArtifact(world.ports)([{ kind: "image", image: at }], never);
    const judge = leafJudge(world.ports.domain.trust.cas);
    const body = signed.signatures[0]?.bundle.entries[0]?.canonicalizedBody ?? new Uint8Array();
    const leafHash = sha256(concatBytes([Uint8Array.of(0), body]));
    const firstSeen = systemClock.now();
    const event = toSigningEvent(
      { log: "rekor-private", logIndex: 0, leafHash, body, seenBetween: {}, firstSeen },
      judge,
    );
    events = async () => {
      const store = virtualEventStore();
      await store.commit(batchOf(0, [{ event, body }]));
      return store;
    };
  });
  afterAll(() => world.close());

  const portsOf = async (change: Partial<LearnPorts> = {}): Promise<LearnPorts> => {
    const registry = change.registry ?? world.ports.registry;
    return {
      registry,
      gatherSignatures: (image, signal) => gatherSignatures(registry, image, signal),
      events: await events(),
      signatures: virtualSignatureStore(),
      trusts: [world.ports.domain.trust],
      clock: systemClock,
      ...change,
    };
  };
  const target = (): ImageTarget => ({ repository: at.repository, reference: at.image.digest });

  test("joins a verified bundle to its entry, and teaches the entry its subject; twice is once", async () => {
    const ports = await portsOf();
    const learn = learnSignatures(ports);
    for (let i = 0; i < 2; i++) expect((await learn([target()], never)).links).toHaveLength(1); // oxlint-disable-line no-await-in-loop -- the second after the first
    expect(await ports.signatures.links()).toHaveLength(1);
    const [taught] = await ports.events.eventsWith([at.image.digest]);
    expect(taught?.digests.filter(({ role }) => role === "subject")).toHaveLength(1);
  });

  test("resolves a tag, and keeps what it stands for", async () => {
    const ports = await portsOf();
    await learnSignatures(ports)([{ repository: at.repository, reference: "v1" }], never);
    expect(await ports.signatures.imageSets()).toMatchObject([
      { subject: at.image.digest, isIndex: false, children: [{ manifest: at.image.digest }] },
    ]);
  });

  test.each<[string, Partial<LearnPorts>, object]>([
    [
      "a bundle that no trust domain stands for joins nothing",
      { trusts: [] },
      { refused: [{ reason: "no-trust-domain" }], links: [] },
    ],
    [
      "a bundle whose entry is in no followed log is said to be so",
      { events: virtualEventStore() },
      { unfollowed: [{}], links: [] },
    ],
  ])("%s", async (_, change, expected) => {
    const ports = await portsOf(change);
    expect(await learnSignatures(ports)([target()], never)).toMatchObject(expected);
    expect(await ports.signatures.links()).toEqual([]);
  });

  test("an image that is not there is a gap", async () => {
    const learned = await learnSignatures(await portsOf())([{ repository: at.repository, reference: "v9" }], never);
    expect(learned.gaps).toMatchObject([{ missing: "image" }]);
  });

  test("each fault of the registry is a gap, each fault of a store flies, and a repeat succeeds", async () => {
    const faults = faultSwitch();
    const signatures = virtualSignatureStore();
    const watched = await portsOf({
      registry: faults.watch(world.ports.registry, REGISTRY_FAULTS),
      signatures: faults.watch(signatures, STORE_FAULTS),
      events: faults.watch(await events(), STORE_FAULTS),
    });
    const learn = learnSignatures(watched);
    const outcomes = new Set<string>();
    for (let call = 1, met = true; met; call++) {
      faults.arm(call, 0);
      // oxlint-disable-next-line no-await-in-loop -- one planted fault after the other
      const outcome = await learn([target()], never).then(
        ({ gaps }) => gaps[0]?.detail ?? "",
        (error: { id: string }) => error.id,
      );
      met = faults.met() !== undefined;
      if (met) outcomes.add(outcome.replace(/^.*: /, ""));
    }
    expect([...outcomes].toSorted()).toEqual(["registry.unreachable", "store.read-only"]);
    expect(await signatures.links()).toHaveLength(1);
  });
});
