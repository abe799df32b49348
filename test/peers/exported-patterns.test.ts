import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toFiles } from "../../src/app/policy/render-exchange.ts";
import { patternEngine } from "../../src/app/wiring/policy-set.ts";
import { compileGlob } from "../../src/core/automata/glob.ts";
import { matchesText } from "../../src/core/automata/matches.ts";
import { bug } from "../../src/core/bug.ts";
import { DRILL_BUILDER } from "../../src/core/drill/good.ts";
import { toPolicy } from "../../src/core/drill/to-policy.ts";
import { policyControllerExport } from "../../src/core/policy/exports/policy-controller/export.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../../src/core/policy/read/authority.ts";
import { KEYS } from "../setup/exchange-world.ts";
import { peer } from "./peer-world.ts";

const TESTER = peer("policy-tester-v0.13.1");

/** Nobody listens there: a policy that has the image fails on that, and otherwise the image is of none. */
const HOST = "localhost:1";
const DIGEST = `sha256:${"0".repeat(64)}`;
// Names of one letter are no repositories there.
const PATTERNS = ["app", "app/*", "app/**", "app/tool-*", "app/*/b", "*/b", "**"];
const REPOSITORIES = "app app/b app/b/b app/b/c app/tool-x app/tool-x/y app/tool apple bee bee/a cat/app/b".split(" ");
const ASKED = PATTERNS.flatMap((pattern) => REPOSITORIES.map((repository) => [pattern, repository] as const));

/** Which images a pattern has, as the export writes it and policy-controller reads it. */
describe.skipIf(TESTER === undefined)("policy-controller v0.13.1 and our image patterns", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "countersign-patterns-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(ASKED)("%s and %s", async (pattern, repository) => {
    const glob = compileGlob("own", `${HOST}/${pattern}`);
    const isOurs = glob.ok ? matchesText(glob.value, `${HOST}/${repository}`) : bug(pattern);
    const policies = join(folder, "policies.yaml");
    await writeFile(policies, policyOf(`${HOST}/${pattern}`));
    const said = await run(["-policy", policies, "-image", `${HOST}/${repository}@${DIGEST}`, "-log-level", "error"]);
    expect([said.includes("is uncovered by policy"), said.includes('"errors"')]).toEqual([!isOurs, true]);
  });
});

function policyOf(pattern: string): string {
  const validity = { from: ALWAYS_FROM, to: ALWAYS_TO };
  const key = { kind: "key", publicKey: KEYS["vendor-1"], reason: "a test", formats: ["legacy"], validity } as const;
  const policy = toPolicy({ authorities: { [DRILL_BUILDER]: key } }, pattern, undefined);
  const context = { domains: {}, repositories: [], patterns: patternEngine };
  const { documents, refused } = policyControllerExport.export(policy, new Set(), context);
  const [file] = refused.length === 0 ? toFiles("policies", documents) : [];
  return file?.text ?? bug(`${pattern} was not exported`);
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(TESTER ?? "", args, { env: { HOME: "/nonexistent" }, timeout: 60_000 }, (_, out, err) =>
      resolve(out + err),
    );
  });
}
