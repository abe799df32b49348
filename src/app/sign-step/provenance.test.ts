import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { never } from "../../../test/setup/signer-world.ts";
import { BUILDER_ID, openStepCluster, type StepCluster } from "../../../test/setup/step-cluster.ts";
import { openStepWorld, type Image, type StepWorld } from "../../../test/setup/step-world.ts";
import { RUN } from "../../../test/setup/tekton-run.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import { readStatement } from "../../core/dsse/statement.ts";
import { runSignStep } from "./run-sign-step.ts";

describe("the signing step where the placement asks for provenance", () => {
  let world: StepWorld;
  let cluster: StepCluster;
  beforeAll(async () => {
    world = await openStepWorld();
    cluster = await openStepCluster(world);
  });
  afterAll(async () => {
    await cluster.close();
    await world.close();
  });

  const step = async (image: Image, change = {}): Promise<Heard & { readonly last: string }> => {
    const { io, heard } = recordingIo();
    await runSignStep(world.argv(image, { ...cluster.arguments, ...change }), io);
    return { ...heard, last: heard.err.trimEnd().split("\n").at(-1) ?? "" };
  };
  const statements = async ({ repository, digest }: Image) => {
    const { signatures } = await gatherSignatures(world.registry, { repository, digest }, never);
    return signatures.flatMap(({ bundle }) => {
      const read = bundle.content.kind === "dsse" ? readStatement(bundle.content.payload) : undefined;
      return read?.ok ? [read.value] : [];
    });
  };

  test("attests the run that built the image, beside the signature and the SBOM, and once only", async () => {
    const image = await world.newImage();
    cluster.putRun(image.digest);
    const sbom = await world.newSbom();
    expect(await step(image, { sbom })).toMatchObject({ exit: 0, err: "" });
    const said = await statements(image);
    expect(said.map(({ predicateType }) => predicateType).toSorted()).toEqual([
      "https://cyclonedx.org/bom",
      "https://sigstore.dev/cosign/sign/v1",
      "https://slsa.dev/provenance/v1",
    ]);
    const provenance = said.find(({ predicateType }) => predicateType.includes("slsa"));
    expect(provenance?.predicate).toMatchObject({
      runDetails: { builder: { id: BUILDER_ID }, metadata: { invocationId: RUN.pipelineRun.uid } },
    });
    expect(await step(image, { sbom })).toMatchObject({ exit: 0 });
    expect((await world.results()).LOG_ENTRIES?.match(/"reused":true/g)).toHaveLength(3);
    expect(await statements(image)).toHaveLength(3);
  });

  test("signs nothing at all that this run has not built", async () => {
    const image = await world.newImage();
    cluster.putRun(`sha256:${"7".repeat(64)}`);
    expect(await step(image)).toMatchObject({ exit: 1, last: "provenance-not-built" });
    expect(await statements(image)).toEqual([]);
  });

  test("signs nothing for a run that is not the token's own", async () => {
    const image = await world.newImage();
    cluster.putRun(image.digest, ({ sign }) => (sign.status.podName = "another"));
    expect(await step(image)).toMatchObject({ exit: 1, last: "provenance-other-run" });
    expect(await statements(image)).toEqual([]);
  });

  test.each<[string, Record<string, string | undefined>, number, string]>([
    ["which run it is", { "task-run": "" }, 2, "option.missing"],
    ["a token for the API server", { "api-token-file": "" }, 2, "option.missing"],
    ["anchors for the API server", { "api-ca-file": undefined }, 2, "option.missing"],
    ["a run that is there", { "task-run": "another" }, 2, "input.missing"],
  ])("cannot do without %s", async (_, change, exit, last) => {
    const image = await world.newImage();
    cluster.putRun(image.digest);
    expect(await step(image, change)).toMatchObject({ exit, last });
  });

  test("says nothing of a token that the API server refuses", async () => {
    const image = await world.newImage();
    cluster.putRun(image.digest);
    const heard = await step(image, { "api-token-file": world.at("token") });
    expect(heard).toMatchObject({ exit: 4, last: "cluster.unauthorized" });
    expect(heard.err).not.toContain(world.token);
  });
});
