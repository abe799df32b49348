import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDrill } from "../../src/app/wiring/drill.ts";
import { DRILL_CASES } from "../../src/core/drill/cases.ts";
import { trialKey, type DrillRun } from "../../src/core/drill/run.ts";
import { bug } from "../../src/core/bug.ts";
import { openWebhookWorld, reviewOf, type WebhookWorld } from "../setup/webhook-world.ts";
import { peer } from "./peer-world.ts";
import { olderPolicy, startPolicyController, type PeerWebhook } from "./policy-controller-process.ts";

const TESTER = peer("policy-tester-v0.13.1");

/**
 * policy-controller's own evaluator over the documents that our export writes, on the drill's images in a registry on
 * loopback, with the drill's trusted root: where its answers are not ours, `docs/drill.md` has to say so.
 */
describe.skipIf(TESTER === undefined)("policy-controller v0.13.1 and our exports", () => {
  let run: DrillRun;
  let page = "";
  beforeAll(async () => {
    page = await readFile(new URL("../../docs/drill.md", import.meta.url), "utf8");
    const drill = await openDrill({ target: "policy-controller", env: { COUNTERSIGN_POLICY_TESTER: TESTER } });
    run = await drill.run(DRILL_CASES, new AbortController().signal).finally(() => void drill.close());
  }, 300_000);

  test("lets in what is good, with the statements that the policy asks for", () => {
    const good = run.cases.filter(({ id }) => /^A0[12356]$|^G11$/.test(id));
    expect(good.map(({ answer }) => answer)).toEqual(good.map(() => "admit"));
    expect(good).toHaveLength(6);
  });

  test("answers as we do, but for what the page on the drill lists", () => {
    const section = page.slice(page.indexOf("## Where policy-controller differs"));
    const listed = [...section.matchAll(/^\| ([A-Z]\d\d[^|]*?) \|/gm)].flatMap(([, first = ""]) => first.split(", "));
    const wrong = run.cases.flatMap(({ id, trials }) =>
      trials.filter(({ outcome }) => outcome === "wrong").map(({ name }) => trialKey(id, name)),
    );
    expect(wrong.toSorted()).toEqual(listed.toSorted());
    const { ok, wrong: cases, "not-run": others } = run.counts;
    expect(section).toContain(`of 135 cases ${ok} as the table says, ${cases} wrong, ${others} not run`);
  });

  test("reads every document of ours: what it was not asked is told, and none of it is that it cannot read", () => {
    const trials = run.cases.flatMap((one) => one.trials.filter(({ outcome }) => outcome === "not-run"));
    expect(trials.map(({ detail }) => detail).filter((detail) => /invalid|decoding|unmarshal/i.test(detail))).toEqual(
      [],
    );
  });
});

/** Under Kubernetes' own API server, which holds our objects against their definitions, unknown members too. */
describe("policy-controller v0.13.1 as a webhook, with our export", () => {
  let world: WebhookWorld;
  let webhook: PeerWebhook | undefined;
  beforeAll(async () => {
    world = await openWebhookWorld("rekor1");
    await world.writePolicy(olderPolicy(world));
    webhook = await startPolicyController({
      folder: world.folder,
      policy: world.opened.policy.current()?.set ?? bug("the world has a policy"),
      domain: "private",
      trustedRoot: world.sigstore.trustedRoot,
      connections: 1,
    });
  });
  afterAll(async () => {
    await webhook?.stop();
    await world.close();
  });

  test("answers a pod as ours does", async ({ skip }) => {
    const asked = webhook ?? skip("policy-controller, kube-apiserver or etcd is not here");
    const [good, bad] = [await world.signed("legacy"), await world.unsigned()];
    for (const images of [[good], [bad], [good, bad], ["elsewhere.example/a:1"]]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const [ours, theirs] = [await world.admit(images), await admit(asked, images)];
      expect([images, theirs]).toEqual([images, ours.response?.allowed]);
    }
  });
});

async function admit({ pool, path }: PeerWebhook, images: readonly string[]): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const answer = await pool.request({ path, method: "POST", headers, body: JSON.stringify(reviewOf(images)) });
  const { response } = (await answer.body.json()) as { readonly response?: { readonly allowed: boolean } };
  return response?.allowed;
}
