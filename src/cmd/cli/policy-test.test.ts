import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { POLICY } from "../../../test/setup/policy-set.ts";
import type { PolicyTest } from "../../app/wiring/policy-test.ts";
import type { ImageVerdict, ReviewVerdict } from "../../core/policy/review-verdict.ts";
import { testCommand } from "./policy-test.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-policy-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const IMAGE = "registry.example.com/payments/api:v1";
const image: ImageVerdict = {
  path: "spec.containers[0].image",
  container: "",
  given: IMAGE,
  canonical: IMAGE,
  family: "payments",
  outcome: "denied",
  code: "identity-mismatch",
  trust: [],
  require: {
    op: "all",
    state: "fail",
    of: [
      {
        op: "term",
        term: "signature by builder",
        authority: "builder",
        state: "fail",
        nearest: "identity-mismatch",
        candidates: [
          {
            source: "bundle",
            digest: `sha256:${"1".repeat(64)}` as never,
            state: "fail",
            reasons: [{ code: "identity-mismatch", detail: "found x\u0007" }],
          },
        ],
      },
    ],
  },
};

test("says what each term found, shows nothing that moves a cursor, and exits 1", async () => {
  const { heard, asked } = await run({ images: [image], mode: "enforce" }, []);
  expect(heard.out).toBe(
    [
      `✗ denied ${IMAGE} (family payments): identity-mismatch`,
      "  ✗ all",
      "    ✗ signature by builder: identity-mismatch",
      "        identity-mismatch: found x␦0007",
      "",
    ].join("\n"),
  );
  expect(heard.exit).toBe(1);
  expect(asked).toMatchObject({ images: [IMAGE], namespace: "default", documents: { policy: { name: "production" } } });
});

test.each([
  ["satisfied", 0],
  ["excepted", 0],
  ["unknown", 3],
  ["denied", 1],
] as const)("%s exits %i", async (outcome, exit) => {
  const { heard } = await run({ images: [{ ...image, outcome }], mode: "enforce" }, ["-o", "json"]);
  expect(heard.exit).toBe(exit);
  expect(JSON.parse(heard.out).images[0].outcome).toBe(outcome);
});

test("a namespace in audit is said, and does not make a denial a pass", async () => {
  const { heard } = await run({ images: [image], mode: "audit" }, ["--namespace", "dev"]);
  expect(heard.out).toContain("namespace dev is in audit");
  expect(heard.exit).toBe(1);
});

test("judges as at another time", async () => {
  const { asked } = await run({ images: [], mode: "enforce" }, ["--at", "2027-01-01T00:00:00Z"]);
  expect(asked?.now).toBe(Date.UTC(2027, 0, 1));
});

async function run(
  verdict: Pick<ReviewVerdict, "images" | "mode">,
  argv: readonly string[],
): Promise<{ readonly heard: Heard; readonly asked: PolicyTest | undefined }> {
  const config = join(folder, "countersign.yaml");
  writeFileSync(config, 'clusters: [{ name: prod-1, issuer: "https://oidc.prod-1.example.com" }]\n');
  const policy = join(folder, "policy.yaml");
  writeFileSync(policy, JSON.stringify(POLICY));
  const { io, heard } = recordingIo();
  let asked: PolicyTest | undefined;
  const command = testCommand(io, async (of) => {
    asked = of;
    return { allowed: false, policyHash: "", engine: "", tzdata: "", ...verdict };
  });
  await command.parseAsync([IMAGE, "--policy", policy, "--config", config, ...argv], { from: "user" });
  return { heard, asked };
}
