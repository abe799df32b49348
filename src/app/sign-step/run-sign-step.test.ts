import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { BUILDER, never } from "../../../test/setup/signer-world.ts";
import { openStepWorld, type Image, type StepWorld } from "../../../test/setup/step-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import { readReceipt, type SigningReceipt } from "../../core/pipelines/receipt.ts";
import type { Clock } from "../../ports/clock.ts";
import { openSignStep } from "../wiring/sign-step.ts";
import { RESULTS } from "./options.ts";
import { runSignStep } from "./run-sign-step.ts";

/** The real clock, on which nobody waits between two attempts. */
const impatient: Clock = { now: () => systemClock.now(), sleep: async () => undefined };

async function step(argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runSignStep(argv, io, (setup, signal) => openSignStep(setup, signal, impatient));
  return heard;
}

const last = ({ err }: Heard): string => err.trimEnd().split("\n").at(-1) ?? "";

describe.each([1, 2] as const)("the signing step, Rekor v%i", (log) => {
  let world: StepWorld;
  beforeAll(async () => {
    world = await openStepWorld(log);
  });
  afterAll(() => world.close());
  afterEach(() => Promise.all(RESULTS.map((name) => rm(world.at(name), { force: true }))));

  const receipt = async (): Promise<SigningReceipt> => {
    const results = Object.entries(await world.results()).map(([name, value]) => ({ name, value }));
    const notes: string[] = [];
    const read = readReceipt(results, (name) => void notes.push(name));
    expect(notes).toEqual([]);
    return read ?? { bundleDigests: [], entries: [] };
  };
  const attached = async ({ repository, digest }: Image) =>
    (await gatherSignatures(world.registry, { repository, digest }, never)).signatures;

  test("signs an image and writes a receipt that is read back whole", async () => {
    const image = await world.newImage();
    expect(await step(world.argv(image))).toMatchObject({ err: "", exit: 0 });
    const { imageDigest, bundleDigests, entries, certificate, credentialId } = await receipt();
    expect(imageDigest).toBe(image.digest);
    expect([bundleDigests.length, entries.length]).toEqual([1, 1]);
    expect(entries[0]).toMatchObject({ reused: false, leaf: expect.stringMatching(/^sha256:/) as string });
    expect(certificate?.sha256).toMatch(/^sha256:/);
    expect(credentialId).toMatch(/^JTI=[0-9a-f-]{36}$/);
    expect(await attached(image)).toHaveLength(1);
  });

  test("signs an index, its children and its SBOM with one certificate", async () => {
    const index = await world.newIndex(3);
    const argv = world.argv(index, { recursive: "true", sbom: await world.newSbom() });
    expect(await step(argv)).toMatchObject({ err: "", exit: 0 });
    const { bundleDigests, entries } = await receipt();
    expect([bundleDigests.length, entries.length, new Set(entries.map(({ index: i }) => i)).size]).toEqual([5, 5, 5]);
    expect((await attached(index)).map(({ bundle }) => bundle.content.kind)).toEqual(["dsse", "dsse"]);
  });

  test("signs the index alone unless it is told otherwise", async () => {
    const index = await world.newIndex(2);
    expect(await step(world.argv(index, { recursive: "", sbom: "", "registry-auth": "" }))).toMatchObject({ exit: 0 });
    expect((await receipt()).entries).toHaveLength(1);
  });

  test("finds on a retry what it has signed, and says so", async () => {
    const image = await world.newImage();
    const argv = world.argv(image, { sbom: await world.newSbom() });
    await step(argv);
    const first = await receipt();
    expect(await step(argv)).toMatchObject({
      err: "",
      exit: 0,
      out: expect.stringContaining("was signed before") as string,
    });
    const second = await receipt();
    expect(second.entries).toEqual(first.entries.map((entry) => ({ ...entry, reused: true })));
    expect(second.bundleDigests).toEqual(first.bundleDigests);
    expect([second.certificate, second.imageDigest]).toEqual([undefined, image.digest]);
    expect(await attached(image)).toHaveLength(2);
  });

  test("keeps the results of as many signatures as it makes within the termination message", async () => {
    expect(await step(world.argv(await world.newIndex(15), { recursive: "true" }))).toMatchObject({ exit: 0 });
    const values = Object.values(await world.results());
    expect(JSON.stringify(values.map((value) => ({ key: "a result's name", value, type: 1 }))).length).toBeLessThan(
      4096,
    );
    const { entries, bundleDigests } = await receipt();
    expect([entries.length, bundleDigests.length, entries[0]?.leaf]).toEqual([16, 16, undefined]);
  });

  test("signs no index of more than fit into the results", async () => {
    const heard = await step(world.argv(await world.newIndex(16), { recursive: "true" }));
    expect([heard.exit, last(heard)]).toEqual([2, "input.malformed"]);
    expect(heard.err).toContain("17 signatures");
  });
});

describe("the signing step refuses", () => {
  let world: StepWorld;
  let image: Image;
  beforeAll(async () => {
    world = await openStepWorld();
    image = await world.newImage();
  });
  afterAll(() => world.close());
  afterEach(() => world.writePlacement());

  const refused = async (argv: readonly string[]): Promise<readonly [number, string]> => {
    const before = await gatherSignatures(world.registry, image, never);
    const heard = await step(argv);
    expect(heard.out).toBe("");
    expect(await world.results()).toMatchObject({ IMAGE_DIGEST: undefined, LOG_ENTRIES: undefined });
    expect((await gatherSignatures(world.registry, image, never)).signatures).toHaveLength(before.signatures.length);
    return [heard.exit, last(heard)];
  };

  test.each<[string, Record<string, string | undefined>]>([
    ["a tag", { image: "registry.example/team/app:v1" }],
    ["a digest within the image", { image: `registry.example/team/app@sha256:${"0".repeat(64)}` }],
    ["a digest of another form", { digest: "sha512:00" }],
    ["a digest in capitals", { digest: `sha256:${"A".repeat(64)}` }],
    ["an SBOM without digest", { sbom: "registry.example/team/sbom:v1" }],
    ["an SBOM with a tag too", { sbom: `registry.example/team/sbom:v1@sha256:${"0".repeat(64)}` }],
    ["another word than true", { recursive: "yes" }],
    ["an option it does not know", { insecure: "true" }],
    ["an option that would be another's", { "identity-token": "x" }],
  ])("%s, as wrong usage", async (_, change) => {
    expect(await refused(world.argv(image, change))).toEqual([2, "input.malformed"]);
  });

  test.each([
    [["--digest=again"], "input.malformed"],
    [["image"], "input.malformed"],
    [["--image"], "input.malformed"],
    [["--result=IMAGE_URL=/tmp/x"], "input.malformed"],
    [["--result=CERT=/tmp/x"], "input.malformed"],
    [["--result=CERT"], "input.malformed"],
    [[`--sbom=${"x".repeat(5000)}`], "input.malformed"],
    [Array.from({ length: 80 }, () => "--result=CERT=x"), "input.malformed"],
  ])("%j beside what it takes", async (more, id) => {
    expect(await refused([...world.argv(image), ...more])).toEqual([2, id]);
  });

  test.each(["image", "digest", "token-file", "placement"])("to go without --%s", async (name) => {
    expect(await refused(world.argv(image, { [name]: undefined }))).toEqual([2, "option.missing"]);
    expect(await refused(world.argv(image, { [name]: "" }))).toEqual([2, "option.missing"]);
  });

  test.each<[string, Record<string, string>]>([
    ["an image", { image: "registry.example/other/app" }],
    ["an SBOM", { sbom: `registry.example/other/app@sha256:${"0".repeat(64)}` }],
  ])("%s that its placement does not list, and asks nobody", async (_, change) => {
    const asked = world.calls.length;
    const heard = await step(world.argv(image, change));
    expect([heard.exit, last(heard), world.calls.length]).toEqual([1, "placement-repository", asked]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no audience", { audience: undefined }, "placement.yaml:4: spec.audience: required"],
    ["no repositories", { repositories: [] }, "spec.repositories"],
    ["a repository with a tag", { repositories: ["registry.example/team/app:v1"] }, "a repository without tag"],
    ["a key it does not know", { proxy: "http://proxy.example" }, "proxy"],
    ["a file elsewhere", { trustedRoot: { file: "../trusted_root.json" } }, "a file beside this one"],
    [
      "two answers to where",
      { services: { fulcio: "https://f.example", logs: [{ type: "rekor1", url: "https://l.example" }] } },
      "not both",
    ],
    ["no answer to where", { signingConfig: undefined }, "nothing says where to sign"],
  ])("a placement with %s", async (_, change, said) => {
    await world.writePlacement(change);
    const heard = await step(world.argv(image));
    expect([heard.exit, last(heard)]).toEqual([2, "placement.invalid"]);
    expect(heard.err).toContain(said);
  });

  test("a trusted root that is not the pinned one", async () => {
    await world.writePlacement({ trustedRoot: { file: "trusted_root.json", sha256: "0".repeat(64) } });
    expect((await refused(world.argv(image)))[1]).toBe("trust.pin-mismatch");
  });

  test("plain http beyond this machine", async () => {
    const services = { fulcio: "http://fulcio.trust.svc", logs: [{ type: "rekor1", url: world.sigstore.urls.rekor1 }] };
    await world.writePlacement({ signingConfig: undefined, services });
    expect(await refused(world.argv(image))).toEqual([2, "http.refused"]);
  });

  test.each<[string, Partial<typeof BUILDER>, string]>([
    ["for another audience", { audience: "https://kubernetes.default.svc" }, "token.audience"],
    ["that lives too long", { expirationSeconds: 7200 }, "token.too-long-lived"],
    ["that is about to end", { expirationSeconds: 30 }, "token.expiring"],
    ["of no pod", { pod: undefined as never }, "token.not-pod-bound"],
  ])("a token %s, and sends it to nobody", async (_, change, id) => {
    await writeFile(world.at("other-token"), world.sigstore.issueToken({ ...BUILDER, ...change }));
    const asked = world.calls.length;
    const heard = await step(world.argv(image, { "token-file": world.at("other-token") }));
    expect([heard.exit, last(heard), world.calls.length]).toEqual([4, id, asked]);
  });

  test.each<[string, string]>([
    ["is no SBOM", "hello"],
    ["is a JSON object of another kind", "{}"],
  ])("an SBOM that %s", async (_, content) => {
    expect(await refused(world.argv(image, { sbom: await world.newSbom(content) }))).toEqual([2, "input.malformed"]);
  });

  test("an image, or an SBOM, that is not there", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    expect((await refused(world.argv({ ...image, digest: digest as Image["digest"] })))[1]).toBe("registry.not-found");
    expect((await refused(world.argv(image, { sbom: `${image.repository}@${digest}` })))[1]).toBe("registry.not-found");
  });

  test("to write a result through a link", async () => {
    await writeFile(world.at("elsewhere"), "as it was");
    await symlink(world.at("elsewhere"), world.at("CERT"));
    const heard = await step(world.argv(image));
    expect([heard.exit, last(heard)]).toEqual([2, "output.unwritable"]);
    expect(await readFile(world.at("elsewhere"), "utf8")).toBe("as it was");
    await Promise.all(RESULTS.map((name) => rm(world.at(name), { force: true })));
  });
});

describe("where a service fails, the signing step says which, and a retry signs", () => {
  test.each([
    ["fulcio", "fulcio.unreachable"],
    ["tsa", "tsa.unreachable"],
    ["rekor1", "log.unreachable"],
    ["registry", "registry.unreachable"],
  ] as const)("%s", async (service, id) => {
    const world = await openStepWorld();
    const image = await world.newImage();
    world.fail(service);
    const heard = await step(world.argv(image));
    expect([heard.exit, last(heard)]).toEqual([3, id]);
    expect(heard.err).not.toContain(world.token);
    world.fail(undefined);
    expect((await gatherSignatures(world.registry, image, never)).signatures).toEqual([]);
    expect(await step(world.argv(image))).toMatchObject({ err: "", exit: 0 });
    await world.close();
  });
});

test("services by their addresses, and the older layout, are a placement too", async () => {
  const world = await openStepWorld();
  const { fulcio, rekor1, tsa } = world.sigstore.urls;
  const services = { fulcio, timestampAuthority: tsa, logs: [{ type: "rekor1", url: rekor1 }] };
  await world.writePlacement({ signingConfig: undefined, services, layout: "legacy" });
  const image = await world.newImage();
  expect(await step(world.argv(image))).toMatchObject({ err: "", exit: 0 });
  const { signatures } = await gatherSignatures(world.registry, image, never);
  expect(signatures.map(({ layout }) => layout)).toEqual(["legacy"]);
  await world.close();
});
