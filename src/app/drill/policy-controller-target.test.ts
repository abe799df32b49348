import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EXCHANGE } from "../../../test/setup/exchange-world.ts";
import type { Exhibit } from "../../core/drill/exhibit.ts";
import { bug } from "../../core/bug.ts";
import { digestRefOf } from "../../core/digest.ts";
import { builder, signedBy } from "../../core/drill/good.ts";
import { toPolicy } from "../../core/drill/to-policy.ts";
import type { AskPlan } from "../../core/drill/plan.ts";
import { policyControllerTarget } from "./policy-controller-target.ts";

const REPOSITORY = "localhost:5000/drill/a01-1";
const DIGEST = digestRefOf(new Uint8Array(0));
const never = new AbortController().signal;

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "countersign-tester-"));
});
afterEach(() => rm(home, { recursive: true }));

/** A program in the place of `policy-tester`. */
async function asking(script: string, exhibit: Partial<Exhibit> = {}, ask: AskPlan = {}) {
  const path = join(home, "policy-tester");
  await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$@" > "${home}/arguments"\n${script}\n`, { mode: 0o755 });
  const context = { ...EXCHANGE, domains: { drill: EXCHANGE.domains["private"] ?? bug("the domain of the world") } };
  const policy = toPolicy(ask, REPOSITORY, undefined);
  const asked: Exhibit = { id: "A01", trial: "", repository: REPOSITORY, digest: DIGEST, policy, ...exhibit };
  return policyControllerTarget({ path, home, context }).ask(asked, never);
}

describe("policyControllerTarget", () => {
  test("gives the evaluator our export, its trust root beside it, and the image by digest", async () => {
    expect(await asking("exit 0")).toEqual({ kind: "admitted", detail: "" });
    const [, policies = "", , root = "", , image] = (await readFile(join(home, "arguments"), "utf8")).split("\n");
    expect(await readFile(policies, "utf8")).toContain("kind: ClusterImagePolicy");
    expect(await readFile(root, "utf8")).toContain("kind: TrustRoot");
    expect(image).toBe(`${REPOSITORY}@${DIGEST}`);
  });

  test("takes a judgement of the image as one, in its own words", async () => {
    const refused = { kind: "refused", codes: [], detail: "no signatures found" };
    expect(await asking(`echo '{"errors":["no signatures found"]}'; exit 1`)).toEqual(refused);
  });

  test("takes an error of its own for no answer", async () => {
    const answer = await asking("echo 'CIP is invalid: authorities' >&2; exit 1");
    expect(answer).toEqual({ kind: "not-run", detail: expect.stringContaining("CIP is invalid") as string });
  });

  test.each<[string, Partial<Exhibit>, AskPlan, string]>([
    ["of a review", { review: "{}" }, {}, "API server"],
    ["of a trust root that expired", { trust: "expired" }, {}, "does not expire"],
    ["what cannot be written", {}, { time: { maxAgeMs: 1 } }, "no signing time"],
    [
      "two clauses of which one is lost",
      {},
      {
        authorities: { "drill-builder": builder({ log: { logs: [], proof: "inclusion", min: 2 } }) },
        require: signedBy(),
      },
      "one log",
    ],
  ])("asks nothing %s", async (_, exhibit, ask, why) => {
    const answer = await asking("exit 0", exhibit, ask);
    expect(answer).toEqual({ kind: "not-run", detail: expect.stringContaining(why) as string });
  });
});
