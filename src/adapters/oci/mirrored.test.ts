import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { Descriptor, Registry } from "../../ports/registry.ts";
import { registryContract } from "../../ports/registry.contract.ts";
import { undiciHttpClient } from "../http/client.ts";
import { startRegistry, type VirtualRegistry } from "../virtual/registry/registry.ts";
import { mirroredRegistry, type Mirror } from "./mirrored.ts";
import { ociRegistry } from "./registry.ts";

const never = new AbortController().signal;
const DIGEST = digestRefOf(toUtf8("image"));
const NAME = "registry.example/payments/api";
const MIRROR: Mirror = {
  source: "registry.example/payments",
  mirrors: ["one.example/p", "two.example"],
  for: "digests",
  neverContactSource: false,
};
const item = (text: string): Descriptor => ({ mediaType: "m", digest: digestRefOf(toUtf8(text)), size: 1 });

type Answers = Readonly<Record<string, Fault | string>>;

/** A registry that knows what each place answers; and who was asked, in order. */
function world(answers: Answers, mirrors: readonly Mirror[] = [MIRROR]) {
  const asked: string[] = [];
  const answer = async (place: string): Promise<string | undefined> => {
    asked.push(place);
    const said = answers[place];
    if (said instanceof Fault) throw said;
    return said;
  };
  const inner: Registry = {
    manifest: async (place) => {
      const found = await answer(place);
      return found === undefined ? undefined : { descriptor: item(found), bytes: toUtf8(found) };
    },
    blob: async (place) => {
      const found = await answer(place);
      return found === undefined ? undefined : toUtf8(found);
    },
    referrers: async (place) => ((await answer(place)) ?? "").split(",").filter(Boolean).map(item),
    pushBlob: async (place) => ({ ...item(""), mediaType: place }),
    pushManifest: async (place) => ({ ...item(""), mediaType: place }),
  };
  const registry = mirroredRegistry(inner, mirrors);
  const manifest = async (reference: string = DIGEST, name = NAME): Promise<string | undefined> => {
    const found = await registry.manifest(name, reference, never);
    return found && new TextDecoder().decode(found.bytes);
  };
  return { registry, asked, manifest };
}

const DOWN = new Fault("registry.unreachable", "down");
const PLACES = ["one.example/p/api", "two.example/api", NAME];

describe("mirroredRegistry", () => {
  test.each<[string, Answers, string | undefined, readonly string[]]>([
    ["the first mirror that has it", { [PLACES[0] ?? ""]: "a", [NAME]: "b" }, "a", PLACES.slice(0, 1)],
    ["the next, where the first has it not", { [PLACES[1] ?? ""]: "a" }, "a", PLACES.slice(0, 2)],
    ["the source, where no mirror has it", { [NAME]: "b" }, "b", PLACES],
    ["the source, where mirrors are down", { [PLACES[0] ?? ""]: DOWN, [NAME]: "b" }, "b", PLACES],
    ["nobody, where all say so", {}, undefined, PLACES],
  ])("reads from %s", async (_, answers, expected, places) => {
    const { manifest, asked } = world(answers);
    expect([await manifest(), asked]).toEqual([expected, places]);
  });

  test("does not take for missing what a place could not say", async () => {
    await expect(world({ [PLACES[0] ?? ""]: DOWN }).manifest()).rejects.toBe(DOWN);
    const { registry } = world({ [NAME]: DOWN });
    await expect(registry.blob(NAME, DIGEST, 9, never)).rejects.toBe(DOWN);
  });

  test.each<[string, Partial<Mirror>, string, readonly string[]]>([
    ["a tag is the source's, unless it is said otherwise", {}, "v1", [NAME]],
    ["a tag is a mirror's where that is said", { for: "tags" }, "v1", PLACES],
    ["a digest is not, where mirrors are for tags", { for: "tags" }, DIGEST, [NAME]],
    ["both are where that is said", { for: "all" }, DIGEST, PLACES],
    ["a signature's tag goes with its digest", {}, `${DIGEST.replace(":", "-")}.sig`, PLACES],
    ["a source that is never asked is not", { neverContactSource: true }, DIGEST, PLACES.slice(0, 2)],
  ])("%s", async (_, change, reference, places) => {
    const { manifest, asked } = world({}, [{ ...MIRROR, ...change }]);
    await manifest(reference);
    expect(asked).toEqual(places);
  });

  test.each([
    ["registry.example/payments", ["one.example/p", "two.example", "registry.example/payments"]],
    ["registry.example/payments2/api", ["registry.example/payments2/api"]],
    ["other.example/payments/api", ["other.example/payments/api"]],
    ["registry.example/payments/web/api", ["near.example/api", "registry.example/payments/web/api"]],
  ])("knows where %s lies", async (name, places) => {
    const near = { ...MIRROR, source: "registry.example/payments/web", mirrors: ["near.example"] };
    const { manifest, asked } = world({}, [MIRROR, near]);
    await manifest(DIGEST, name);
    expect(asked).toEqual(places);
  });

  test.each<[string, Answers, readonly string[]]>([
    ["of every place, once", { [PLACES[0] ?? ""]: "a,b", [NAME]: "b,c" }, ["a", "b", "c"]],
    ["of the source, where a mirror is down", { [PLACES[0] ?? ""]: DOWN, [NAME]: "c" }, ["c"]],
    ["of a mirror, where the source is down", { [PLACES[1] ?? ""]: "a", [NAME]: DOWN }, ["a"]],
    ["none, where a mirror is down and the source has none", { [PLACES[0] ?? ""]: DOWN }, []],
  ])("lists what refers to an image: %s", async (_, answers, expected) => {
    const found = await world(answers).registry.referrers(NAME, DIGEST, never);
    expect(found.map(({ digest }) => digest)).toEqual(expected.map((text) => item(text).digest));
  });

  test("does not know what refers to an image, where the source is down and nothing is found", async () => {
    await expect(world({ [NAME]: DOWN }).registry.referrers(NAME, DIGEST, never)).rejects.toBe(DOWN);
  });

  test("gives up at once when nobody waits any more, and lets a bug fly", async () => {
    const gone = AbortSignal.abort(new Error("gone"));
    const { registry, asked } = world({ [PLACES[0] ?? ""]: DOWN });
    await expect(registry.manifest(NAME, DIGEST, gone)).rejects.toBe(DOWN);
    expect(asked).toHaveLength(1);
  });

  test("pushes to the source", async () => {
    const { registry } = world({});
    expect((await registry.pushBlob(NAME, toUtf8(""), never)).mediaType).toBe(NAME);
    const manifest = { mediaType: "m", bytes: toUtf8("") };
    expect((await registry.pushManifest(NAME, manifest, never)).mediaType).toBe(NAME);
  });
});

describe("with a mirror that has nothing", () => {
  const http = undiciHttpClient();
  let [source, mirror]: VirtualRegistry[] = [];
  let count = 0;
  beforeAll(async () => {
    [source, mirror] = await Promise.all([startRegistry(), startRegistry()]);
  });
  afterAll(async () => {
    await Promise.all([source?.close(), mirror?.close()]);
    await http.close();
  });
  registryContract("oci, mirrored", async () => {
    const places = { source: source?.host ?? "", mirrors: [mirror?.host ?? ""] };
    const registry = mirroredRegistry(ociRegistry(http), [{ ...places, for: "all", neverContactSource: false }]);
    return { registry, repository: `${places.source}/team/app-${count++}` };
  });
});
