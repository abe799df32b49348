import { afterAll, beforeAll, expect, test } from "vitest";
import { openWebhookWorld, policyText, type WebhookWorld } from "../../../test/setup/webhook-world.ts";

/** A registry that is nowhere; what it would have lies in the one of this test. */
const SOURCE = "registry.source.invalid";
let world: WebhookWorld;
beforeAll(async () => {
  world = await openWebhookWorld("rekor2", {}, async (_, { host }) => {
    return `mirrors: [{source: ${SOURCE}/team, mirrors: ["${host}/team"], neverContactSource: true}]\n`;
  });
  await world.writePolicy(policyText({ ...world.sigstore, host: SOURCE }));
});
afterAll(() => world.close());

const answerOf = async (image: string): Promise<string> =>
  (await world.admit([image])).response?.status?.details.causes[0]?.reason ?? "allowed";
const atSource = (image: string): string => image.replace(world.sigstore.host, SOURCE);

test("judges an image by the policy of its source, over bytes and signatures of a mirror", async () => {
  expect(await answerOf(atSource(await world.signed()))).toBe("allowed");
  expect(await answerOf(atSource(await world.unsigned()))).toBe("no-signature");
});

test("has no policy for the mirror's own names: whoever can push there is nobody", async () => {
  expect(await answerOf(await world.signed())).toBe("no-family");
});

test("asks nobody about a name beside the mirrored one", async () => {
  const image = atSource(await world.signed()).replace("/team/", "/team2/");
  expect(await answerOf(image)).toBe("no-family");
});
