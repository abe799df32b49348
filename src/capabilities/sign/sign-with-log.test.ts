import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BUILDER,
  IMAGE_TYPE,
  judgeAt,
  never,
  newTarget,
  openSignerWorld,
  type SignerWorld,
} from "../../../test/setup/signer-world.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { secret } from "../../core/secret.ts";
import { addMs } from "../../core/time.ts";
import type { LogWriter } from "../../ports/transparency-log.ts";
import type { MadeSignature, SigningJob } from "./job.ts";
import { signArtifact } from "./sign-artifact.ts";

const SLSA = "https://slsa.dev/provenance/v1";
const NO_TSA = { services: [], needed: 0 };

describe("signArtifact with a Rekor v1 alone", () => {
  let world: SignerWorld;
  beforeAll(async () => {
    world = await openSignerWorld("rekor1");
  });
  afterAll(() => world.close());

  test("needs no timestamp authority: the log states the time", async () => {
    const domain = { ...world.ports.domain, timestampAuthorities: NO_TSA };
    const outcome = await signArtifact({ ...world.ports, domain })([{ kind: "blob", bytes: toUtf8("x") }], never);
    expect(outcome.signatures[0]?.facts.times).toMatchObject([{ source: "log" }]);
  });

  test("takes a new certificate when the one it has is about to expire", async () => {
    let passedMs = 0;
    const { clock, domain } = world.ports;
    const token = secret(world.issueToken({ ...BUILDER, expirationSeconds: 3600 }));
    const [log] = domain.logs.services;
    const append: LogWriter["append"] = async (request, signal) => {
      const entry = await log?.append(request, signal);
      passedMs = 9 * 60_000 + 1000;
      return entry ?? Promise.reject(new Error("a world without a log"));
    };
    const ports = {
      ...world.ports,
      clock: { ...clock, now: () => addMs(clock.now(), passedMs) },
      // A timestamp's time would be nine minutes behind ours.
      domain: {
        ...domain,
        logs: { services: [{ type: "rekor1" as const, append }], needed: 1 },
        timestampAuthorities: NO_TSA,
      },
      tokens: { read: async () => token },
    };
    const jobs: [SigningJob, SigningJob] = [
      { kind: "blob", bytes: toUtf8("a") },
      { kind: "blob", bytes: toUtf8("b") },
    ];
    const outcome = await signArtifact(ports)(jobs, never);
    expect(outcome.verdict).toEqual({ kind: "pass" });
    expect(new Set(outcome.signatures.map(leafOf)).size).toBe(2);
  });

  test("signs in the older layout, once", async () => {
    const at = await newTarget(world, "legacy");
    const jobs: [SigningJob, SigningJob] = [
      { kind: "image", image: at },
      { kind: "attestation", image: at, predicateType: SLSA, predicate: {} },
    ];
    const { identity } = await signArtifact(world.ports)(jobs, never);
    expect((await judgeAt(world, at, identity, "signature")).verdict).toEqual({ kind: "pass" });
    expect((await judgeAt(world, at, identity, SLSA)).verdict).toEqual({ kind: "pass" });
    const again = await signArtifact(world.ports)(jobs, never);
    expect(again.signatures.map(({ reused }) => reused)).toEqual([true, true]);
    const tag = `${at.image.digest.replace(":", "-")}.sig`;
    const tagged = await world.ports.registry.manifest(at.repository, tag, never);
    expect(tagged?.descriptor.mediaType).toBe(IMAGE_TYPE);
  });

  test("adds its layer to what others left under the tag", async () => {
    const at = await newTarget(world, "legacy");
    const jobs: [SigningJob] = [{ kind: "image", image: at }];
    await signArtifact(world.ports)(jobs, never);
    const tokens = { read: async () => secret(world.issueToken({ ...BUILDER, serviceAccount: "release" })) };
    const second = await signArtifact({ ...world.ports, tokens })(jobs, never);
    expect(second.signatures).toMatchObject([{ reused: false }]);
    const { judged } = await judgeAt(world, at, second.identity, "signature");
    expect(judged.map(({ verdict }) => verdict.kind).toSorted()).toEqual(["fail", "pass"]);
  });
});

describe("signArtifact with a Rekor v2 alone", () => {
  let world: SignerWorld;
  beforeAll(async () => {
    world = await openSignerWorld("rekor2");
  });
  afterAll(() => world.close());

  test("refuses the older layout, which cannot hold what the log proves", async () => {
    const image = await newTarget(world, "legacy");
    const outcome = await signArtifact(world.ports)([{ kind: "image", image }], never);
    expect(outcome.verdict).toMatchObject({ reasons: [{ reason: "legacy-needs-promise" }] });
  });

  test("does not log an entry that nobody could verify", async () => {
    const domain = { ...world.ports.domain, timestampAuthorities: NO_TSA };
    const size = world.log.size();
    const outcome = await signArtifact({ ...world.ports, domain })([{ kind: "blob", bytes: toUtf8("x") }], never);
    expect(outcome.verdict).toMatchObject({ reasons: [{ reason: "tsa-required" }] });
    expect(world.log.size()).toBe(size);
  });
});

function leafOf({ bundle }: MadeSignature): string {
  return bundle.key.kind === "certificate" ? toHex(bundle.key.leaf) : "";
}
