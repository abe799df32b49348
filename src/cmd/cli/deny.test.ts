import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { openTwoPersons, type TwoPersons } from "../../../test/setup/two-persons.ts";
import { openWebhookWorld } from "../../../test/setup/webhook-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const DIGEST = `sha256:${"3f".repeat(32)}`;
const WHY = ["--reason", "incident 3"];
let persons: TwoPersons;
beforeEach(async () => {
  persons = await openTwoPersons();
  persons.api.objects.create(persons.api.resource("configmaps"), {
    metadata: { namespace: "countersign", name: "deny-rules" },
    data: {},
  });
});
afterEach(() => persons.close());

async function as(username: string, ...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(["deny", ...argv, "--config", join(persons.folder, `${username}.yaml`)], io, COMMANDS);
  return heard;
}

async function added(...what: readonly string[]): Promise<string> {
  const { out } = await as("ann", "add", ...what, ...WHY, "-o", "json");
  return (JSON.parse(out) as { rule: { name: string } }).rule.name;
}

describe("deny", () => {
  test("one adds a rule, and two take it out", async () => {
    const name = await added("--digest", DIGEST);
    expect((await as("bob", "list")).out).toBe(`${name} digest ${DIGEST}: incident 3 (ann)\n`);
    expect((await as("bob", "remove", name)).out).toContain("it holds until somebody else runs");
    expect((await as("bob", "remove", name)).exit).toBe(2);
    expect((await as("bob", "list")).out).toContain("(ann, withdrawn by bob)");
    expect(await as("ann", "remove", name)).toMatchObject({
      exit: 0,
      out: expect.stringContaining("removed") as string,
    });
    expect((await as("ann", "list")).out).toBe("nothing is denied in the register\n");
  });

  test("names a signer from a time on, byte for byte", async () => {
    const san = "https://kubernetes.io/namespaces/pay%2D/serviceaccounts/builder";
    await added("--identity", san, "--issuer", "https://oidc.example/", "--since", "2026-11-22T02:00:00Z");
    expect(JSON.parse((await as("ann", "list", "-o", "json")).out)).toMatchObject({
      cluster: "prod",
      items: [
        {
          what: { kind: "identity", san, issuer: "https://oidc.example/" },
          since: "2026-11-22T02:00:00Z",
          until: null,
        },
      ],
    });
  });

  test.each([
    [["--digest", DIGEST, "--key", DIGEST]],
    [["--identity", "https://a.example"]],
    [["--issuer", "https://a.example", "--digest", DIGEST]],
    [["--digest", "sha256:3f"]],
    [["--digest", DIGEST, "--since", "2026-11-22T02:00:00Z"]],
    [["--key", DIGEST, "--since", "yesterday"]],
    [[]],
  ])("asks for one thing, and all of it: %j", async (what) => {
    expect((await as("ann", "add", ...what, ...WHY)).exit).toBe(2);
    expect((await as("ann", "list")).out).toBe("nothing is denied in the register\n");
  });

  test("is not for whoever may only read", async () => {
    expect((await as("reader", "add", "--digest", DIGEST, ...WHY)).exit).toBe(1);
    expect((await as("bob", "list")).out).toBe("nothing is denied in the register\n");
  });
});

/** What a webhook's configuration says of the cluster. */
const configOf = async () => `clusters: [{name: prod, kubeconfigFile: ${join(persons.folder, "reader.kube")}}]\n`;

test("the webhook of the cluster hears of it at its next look, and keeps it while the API server is away", async () => {
  const world = await openWebhookWorld("rekor2", {}, configOf, { denyRules: "configmap" });
  const image = await world.signed();
  const look = (): Promise<void> => world.opened.policy.refresh(systemClock.now());
  const isAllowed = async (): Promise<boolean | undefined> => (await world.admit([image])).response?.allowed;
  expect(await isAllowed()).toBe(true);
  await added("--digest", image.split("@")[1] ?? "");
  await look();
  expect(await isAllowed()).toBe(false);
  await persons.api.close();
  await look();
  expect(await isAllowed()).toBe(false);
  await world.close();
});
