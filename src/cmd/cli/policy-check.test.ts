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

test("a register of deny rules is a set that can be checked", async () => {
  const file = join(folder, "deny.yaml");
  const spec = { digest: `sha256:${"3f".repeat(32)}`, reason: "incident 3", by: "dana" };
  const rule = { apiVersion: POLICY.apiVersion, kind: "DenyRule", metadata: { name: "inc-3" }, spec };
  writeFileSync(file, JSON.stringify(rule));
  const checked = async (): Promise<Heard> => {
    const { io, heard } = recordingIo();
    await checkCommand(io, never).parseAsync([file], { from: "user" });
    return heard;
  };
  expect(await checked()).toMatchObject({ exit: 0, out: expect.stringContaining("1 deny rules") as string });
  writeFileSync(file, JSON.stringify({ ...rule, spec: { ...spec, key: spec.digest } }));
  expect(await checked()).toMatchObject({ exit: 1, out: expect.stringContaining("TP007") as string });
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
