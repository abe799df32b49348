import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { POLICY } from "../../../test/setup/policy-set.ts";
import { fail, pass, unknown } from "../../core/verdict.ts";
import { checkCommand } from "./policy-check.ts";
import type { OpenVerification } from "./verify.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-policy-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

const never = async () => Promise.reject(new Error("not asked for"));
type BundleVerdict = Awaited<ReturnType<Awaited<ReturnType<OpenVerification>>["bundle"]>>["verdict"];

test.each<[string, BundleVerdict, number, boolean]>([
  ["a pass", pass, 0, true],
  ["a failure", fail("identity-mismatch", "somebody else"), 1, false],
  ["what is not known", unknown("trusted-root", "the trusted root has expired"), 3, false],
])("%s of the signature is one of the set", async (_, verdict, exit, ok) => {
  const asJson = await run(verdict, ["-o", "json"]);
  expect([asJson.exit, JSON.parse(asJson.out).ok]).toEqual([exit, ok]);
  expect((await run(verdict, [])).out.includes("✓")).toBe(ok);
});

test("what is not known is said", async () => {
  const { err } = await run(unknown("trusted-root", "the trusted root has expired"), []);
  expect(err).toContain("not judged: the signature of the policy: the trusted root has expired");
});

async function run(verdict: BundleVerdict, argv: readonly string[]): Promise<Heard> {
  const [config, policy] = [join(folder, "countersign.yaml"), join(folder, "policy.yaml")];
  writeFileSync(config, 'clusters: [{ name: prod-1, issuer: "https://oidc.prod-1.example.com" }]\n');
  writeFileSync(policy, JSON.stringify(POLICY));
  writeFileSync(`${policy}.sigstore.json`, "{}");
  const { io, heard } = recordingIo();
  const open: OpenVerification = async () => ({
    image: never,
    platforms: never,
    bundle: async () => ({ verdict, trust: { state: "fresh", reason: "" } }),
    patterns: never,
    close: async () => undefined,
  });
  const signer = ["--require-signed-policy", "s", "--issuer", "https://i.example"];
  await checkCommand(io, open).parseAsync([policy, "--config", config, ...signer, ...argv], { from: "user" });
  return heard;
}
