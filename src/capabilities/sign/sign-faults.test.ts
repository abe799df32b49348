/* oxlint-disable no-await-in-loop -- one run after the other: they share one switch */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultSwitch } from "../../../test/setup/failing.ts";
import { never, openSignerWorld, type SignerWorld } from "../../../test/setup/signer-world.ts";
import type { Fault, FaultId } from "../../core/fault.ts";
import { gatherSignatures } from "../verify/gather-signatures.ts";
import type { SigningJob, SigningOutcome, SigningPorts } from "./job.ts";
import { signArtifact } from "./sign-artifact.ts";

const TOKEN: readonly FaultId[] = ["token.missing", "token.unreadable"];
const CA: readonly FaultId[] = ["fulcio.unreachable", "fulcio.refused", "fulcio.malformed"];
const TSA: readonly FaultId[] = ["tsa.unreachable", "tsa.refused", "tsa.malformed"];
const LOG: readonly FaultId[] = ["log.unreachable", "log.refused", "log.malformed", "log.too-large", "log.duplicate"];
const REGISTRY: readonly FaultId[] = [
  "registry.unreachable",
  "registry.unauthorized",
  "registry.refused",
  "registry.malformed",
];

/** One failure is met with another attempt; the duplicate with another signature. */
const MENDED: ReadonlySet<FaultId> = new Set([
  "fulcio.unreachable",
  "tsa.unreachable",
  "log.unreachable",
  "log.duplicate",
]);

describe("signArtifact, one fault at each call", () => {
  let world: SignerWorld;
  beforeAll(async () => {
    // The fallback tag makes the longest run: the index is read, written and read again.
    world = await openSignerWorld("rekor1", { referrersApi: false });
  });
  afterAll(() => world.close());

  const planted = faultSwitch();
  const failingPorts = (): SigningPorts => {
    const { domain, tokens, registry } = world.ports;
    const watched = planted.watch(registry, REGISTRY);
    return {
      ...world.ports,
      tokens: planted.watch(tokens, TOKEN),
      registry: watched,
      attached: async (image, signal) => (await gatherSignatures(watched, image, signal)).signatures,
      domain: {
        ...domain,
        authorities: { needed: 1, services: domain.authorities.services.map((ca) => planted.watch(ca, CA)) },
        timestampAuthorities: {
          needed: 1,
          services: domain.timestampAuthorities.services.map((tsa) => planted.watch(tsa, TSA)),
        },
        logs: { needed: 1, services: domain.logs.services.map((log) => planted.watch(log, LOG)) },
      },
    };
  };

  const jobsFor = async (): Promise<{
    jobs: [SigningJob, SigningJob];
    gathered: () => ReturnType<typeof gatherSignatures>;
  }> => {
    const { repository, image } = await world.newImage();
    const at = { repository, reference: image.digest, layout: "referrer" } as const;
    return {
      jobs: [
        { kind: "image", image: at },
        { kind: "attestation", image: at, predicateType: "https://example.com/p", predicate: {} },
      ],
      gathered: () => gatherSignatures(world.ports.registry, { repository, digest: image.digest }, never),
    };
  };

  test("leaves nothing half-written, and a repeat succeeds", async () => {
    const ports = failingPorts();
    planted.arm(0, 0);
    const whole = await jobsFor();
    expect((await signArtifact(ports)(whole.jobs, never)).verdict).toEqual({ kind: "pass" });
    const runs = planted
      .calls()
      .flatMap((faults, i) => Array.from({ length: faults }, (_, which) => ({ at: i + 1, which })));
    expect(runs.length).toBeGreaterThan(80);

    for (const { at, which } of runs) {
      const { jobs, gathered } = await jobsFor();
      planted.arm(at, which);
      const outcome: SigningOutcome | Fault = await signArtifact(ports)(jobs, never).catch((error: Fault) => error);
      const id = planted.met();
      const isMended = id !== undefined && MENDED.has(id);
      const expected = isMended ? { verdict: { kind: "pass" } } : { name: "Fault", id };
      expect(outcome, `${id} at call ${at}`).toMatchObject(expected);

      const between = await gathered();
      expect([between.unreadable, between.gaps], `${id} at call ${at}`).toEqual([[], []]);
      planted.arm(0, 0);
      expect((await signArtifact(ports)(jobs, never)).verdict, `${id} at call ${at}`).toEqual({ kind: "pass" });
      expect((await gathered()).signatures, `${id} at call ${at}`).toHaveLength(2);
    }
  });

  test("gives up when the service never answers, and says which", async () => {
    const { jobs, gathered } = await jobsFor();
    const down: SigningPorts["domain"]["logs"] = {
      needed: 1,
      services: [
        planted.watch({ type: "rekor1", append: () => Promise.reject(new Error("not reached")) }, ["log.unreachable"]),
      ],
    };
    const ports = { ...world.ports, domain: { ...world.ports.domain, logs: down } };
    let attempts = 0;
    const sleep = async (): Promise<void> => {
      attempts += 1;
      planted.arm(1, 0);
    };
    const clock = { ...world.ports.clock, sleep };
    planted.arm(1, 0);
    await expect(signArtifact({ ...ports, clock })(jobs, never)).rejects.toMatchObject({ id: "log.unreachable" });
    expect([attempts, (await gathered()).signatures]).toEqual([3, []]);
  });
});
