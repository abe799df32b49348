import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDigestRef, type DigestRef } from "../../src/core/digest.ts";
import { buildSignStep } from "../../tools/build-sign-step.ts";
import { buildImage, PROGRAM } from "../../tools/build-sign-step-image.ts";
import { openStepWorld, type StepWorld } from "../setup/step-world.ts";
import { peer } from "./peer-world.ts";

const CRANE = peer("crane-v0.22.1") ?? "";

describe.skipIf(CRANE === "")("crane v0.22.1 and the image of the signing step", () => {
  let world: StepWorld;
  let digest: DigestRef;
  beforeAll(async () => {
    world = await openStepWorld(2, { registry: { blobBytesMax: 256 * 1024 * 1024 } });
    await buildSignStep(world.at("countersign-sign"));
    digest = parseDigestRef(buildImage(world.at("countersign-sign"), world.at("layout"), undefined)) as DigestRef;
  });
  afterAll(() => world.close());

  const run = (program: string, args: readonly string[]): Promise<{ exit: number; out: string; err: string }> =>
    new Promise((done) => {
      execFile(program, args, { env: { HOME: world.at(".") }, timeout: 120_000 }, (error, out, err) => {
        done({ exit: error && typeof error.code === "number" ? error.code : error ? -1 : 0, out, err });
      });
    });

  test("crane pushes the layout, finds every digest and size right, and the step signs its own image", async () => {
    const repository = `${world.team}/sign-step`;
    const pushed = await run(CRANE, ["push", world.at("layout"), `${repository}:v1`]);
    expect(pushed).toMatchObject({ exit: 0, out: expect.stringContaining(`${repository}@${digest}`) as string });
    expect(await run(CRANE, ["validate", "--remote", `${repository}@${digest}`])).toMatchObject({ exit: 0 });
    const { out } = await run(CRANE, ["config", `${repository}@${digest}`]);
    expect(JSON.parse(out)).toMatchObject({
      os: "linux",
      config: { Entrypoint: [`/${PROGRAM}`], User: "65532:65532" },
    });
    const image = { repository, digest, mediaType: "", size: 0 };
    expect(await run(world.at("countersign-sign"), world.argv(image))).toMatchObject({ exit: 0, err: "" });
  });
});
