import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { startSigstore, type Sigstore } from "../../src/adapters/virtual/sigstore/sigstore.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { recordingIo, type Heard } from "../setup/io.ts";

/** A policy set from its signature to the check of it, by the command line, over an embedded Sigstore. */
const folder = mkdtempSync(join(tmpdir(), "countersign-policy-sign-"));
const policies = join(folder, "policies");
const BUNDLE = "policies.sigstore.json";
const SIGNER = "https://kubernetes.io/namespaces/platform/serviceaccounts/policy";
let sigstore: Sigstore;
let issuer: string;
let signedAs: Heard;

beforeAll(async () => {
  sigstore = await startSigstore({ now: () => systemClock.now(), verifyPrehashed });
  issuer = [...sigstore.issuers.values()][0]?.issuer ?? "";
  mkdirSync(policies);
  writeFileSync(join(folder, "root.json"), sigstore.trustedRoot);
  writeFileSync(join(folder, "signing.json"), sigstore.signingConfig);
  writeFileSync(join(folder, "countersign.yaml"), "{}\n");
  const account = {
    namespace: "platform",
    serviceAccount: "policy",
    serviceAccountUid: "u",
    pod: { name: "p", uid: "v" },
  };
  const token = sigstore.issueToken({ ...account, audience: "sigstore", expirationSeconds: 600 });
  writeFileSync(join(folder, "token"), token, { mode: 0o600 });
  writePolicy(policyText());
  signedAs = await run(["sign", policies, ...trust(), ...signing(), "-o", "json"]);
});

afterAll(async () => {
  await sigstore.close();
  rmSync(folder, { recursive: true });
});

test("signing says which policy, and where its bundle is", () => {
  expect(signedAs).toMatchObject({ err: "", exit: 0 });
  const { bundle, policyHash } = JSON.parse(signedAs.out);
  expect([bundle, policyHash]).toEqual([join(folder, BUNDLE), expect.stringMatching(/^[0-9a-f]{64}$/)]);
});

test("a set that is signed by whom it must be passes", async () => {
  writePolicy(policyText());
  const { out, exit } = await check();
  expect([out, exit]).toEqual([expect.stringContaining("✓ the policy set is valid"), 0]);
});

test("spelling is not signed, meaning is", async () => {
  writePolicy(`# of the platform team\n${policyText()}`);
  expect((await check()).exit).toBe(0);
});

test.each<[string, string, readonly string[], string]>([
  ["one more repository", policyText().replace("payments/**", "**"), [], "message-digest-mismatch"],
  ["another revision", policyText().replace("revision: 3", "revision: 4"), [], "message-digest-mismatch"],
  ["another signer", policyText(), ["--require-signed-policy", `${SIGNER}2`], "identity-mismatch"],
  ["another issuer", policyText(), ["--issuer", "https://x.example"], "issuer-mismatch"],
  ["no bundle", policyText(), ["--bundle", join(folder, "none.sigstore.json")], "bundle-missing"],
  ["a bundle that is none", policyText(), ["--bundle", join(folder, "countersign.yaml")], "bundle-media-type"],
])("%s: TP009", async (_, text, options, code) => {
  writePolicy(text);
  const { out, exit } = await check(...options, "-o", "json");
  const { ok, problems } = JSON.parse(out);
  const found = problems.flatMap(({ id, message }: { readonly id: string; readonly message: string }) =>
    id === "TP009" ? message.split(": ").at(-1) : [],
  );
  expect([ok, exit, found]).toEqual([false, 1, [code]]);
});

test("a set with errors is not found signed", async () => {
  writePolicy(policyText().replace("[{signature: builder}]", "[]"));
  const { err, exit } = await check();
  expect([err, exit]).toEqual([expect.stringContaining("not judged: the signature of a set with errors"), 1]);
});

test.each([[["--require-signed-policy", SIGNER]], [["--issuer", "https://x.example"]], [["--bundle", "b.json"]]])(
  "half of an identity is a usage error: %j",
  async (options) => {
    writePolicy(policyText());
    expect(await run(["check", policies, ...options])).toMatchObject({ exit: 2, out: "" });
  },
);

test("what stands beside the policy is said not to be signed", async () => {
  writePolicy(`${policyText()}---\n${EXCEPTION}`);
  const { err } = await run(["check", policies, ...trust(), "--require-signed-policy", SIGNER, "--issuer", issuer]);
  expect(err).toContain("not signed: 1 exceptions");
});

test("a policy without revision is not signed: an older one could be put back", async () => {
  writePolicy(policyText().replace("  revision: 3\n", ""));
  const before = readdirSync(folder);
  const { err, exit } = await run(["sign", policies, ...trust(), ...signing()]);
  expect([err, exit]).toEqual([expect.stringContaining("spec.revision"), 2]);
  expect(readdirSync(folder)).toEqual(before);
});

test("a bundle inside the folder is no document of the set", async () => {
  writePolicy(policyText());
  copyFileSync(join(folder, BUNDLE), join(policies, "set.yaml.sigstore.json"));
  const heard = await check();
  rmSync(join(policies, "set.yaml.sigstore.json"));
  expect(heard.exit).toBe(0);
});

async function check(...options: readonly string[]): Promise<Heard> {
  // What is said last counts.
  return run(["check", policies, ...trust(), "--require-signed-policy", SIGNER, "--issuer", issuer, ...options]);
}

async function run(argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo({ env: { HOME: folder }, now: () => systemClock.now() });
  await runCli(["policy", ...argv, "--config", join(folder, "countersign.yaml")], io, COMMANDS);
  return heard;
}

function trust(): readonly string[] {
  return ["--trusted-root", join(folder, "root.json")];
}

function signing(): readonly string[] {
  return ["--signing-config", join(folder, "signing.json"), "--token-file", join(folder, "token")];
}

function writePolicy(text: string): void {
  writeFileSync(join(policies, "policy.yaml"), text);
}

function policyText(): string {
  return `apiVersion: countersign.dev/v1alpha1
kind: TrustPolicy
metadata: {name: production}
spec:
  revision: 3
  authorities:
    builder: {sigstore: {root: private, identities: [{issuer: "https://oidc.example.com", san: {uri: "${SIGNER}"}}]}}
  families:
  - name: payments
    images: ["registry.example.com/payments/**"]
    require: [{signature: builder}]
`;
}

const EXCEPTION = `apiVersion: countersign.dev/v1alpha1
kind: TrustException
metadata: {name: exc-1}
spec:
  scope: {repository: registry.example.com/payments/api, namespaces: [payments], clusters: [prod], reasonCodes: [identity-mismatch]}
  reason: "hotfix built in the sandbox while the pipeline was moved"
  ticket: https://tickets.example/SEC-231
  requester: {issuer: "https://idp.example", subject: u-17}
  approver: {issuer: "https://idp.example", subject: u-04}
  ends: ${new Date(systemClock.now() + 86_400_000).toISOString()}
`;
