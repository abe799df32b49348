import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EXCHANGE, pemOf } from "../../../test/setup/exchange-world.ts";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { commandOf } from "./command.ts";
import { exportCommand } from "./policy-export.ts";
import { importCommand } from "./policy-import.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-exchange-"));
afterAll(() => rmSync(folder, { recursive: true }));

const POLICY = `apiVersion: countersign.dev/v1alpha1
kind: TrustPolicy
metadata: {name: production}
spec:
  authorities:
    vendor:
      key:
        reason: the vendor has no OIDC
        formats: [legacy]
        publicKey: |
${pemOf("vendor-1").replaceAll(/^(?=.)/gm, "          ")}
    builder:
      sigstore:
        root: private
        identities: [{issuer: "https://oidc.example.com", san: {uri: "https://kubernetes.io/namespaces/a/serviceaccounts/b"}}]
        log: {proof: promise, reason: legacy signatures}
        time: {sources: [log]}
        formats: [legacy]
  families:
  - {name: vendor, images: [h.example/vendor, "h.example/vendor/**"], require: [{signature: vendor}], claims: {reference: repository}}
  - {name: ours, images: ["h.example/ours/**"], require: [{signature: builder}]}
`;

const exception = (name: string, digit: string, from: string, ends: string): string => `---
apiVersion: countersign.dev/v1alpha1
kind: TrustException
metadata: {name: ${name}}
spec:
  scope: {digests: ["sha256:${digit.repeat(64)}"], namespaces: [a], clusters: [c], reasonCodes: [no-signature]}
  reason: the vendor ships a release without its signature
  ticket: https://tickets.example/SEC-1
  requester: {issuer: "https://idp.example", subject: u-17}
  approver: {issuer: "https://idp.example", subject: u-04}
  notBefore: ${from}
  ends: ${ends}
`;

function open() {
  return Promise.resolve(EXCHANGE);
}

async function run(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  const config = write("countersign.yaml", "limits: {}\n");
  const command = () => {
    const group = commandOf("policy", { sentence: "x", examples: [], exits: [0] });
    return group.addCommand(exportCommand(io, open)).addCommand(importCommand(io, open));
  };
  const row = { name: "policy", summary: "x", group: "Look", load: () => Promise.resolve({ command }) } as const;
  await runCli(["policy", ...argv, "--config", config], io, [row]);
  return heard;
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("policy export", () => {
  test("writes what the engine can say, tells what it cannot, and asks for a look", async () => {
    const report = join(folder, "losses.json");
    const policy = write("policy.yaml", POLICY);
    const { out, err, exit } = await run("export", policy, "--to", "containers-policy", "--loss-report", report);
    expect(Object.keys(JSON.parse(out).transports.docker)).toEqual(["h.example/vendor", "h.example/ours"]);
    expect(JSON.parse(out).transports.docker["h.example/ours"]).toEqual([{ type: "reject" }]);
    expect(err).toContain("refused: ours: nothing is admitted there for them\n");
    expect(err).toContain("dropped ours/require/clause-1\n    containers-policy cannot ask for signature by builder\n");
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ format: "containers-policy", refused: ["ours"] });
    expect(exit).toBe(1);
  });

  test("tells the exceptions that are not written, unless they have ended", async () => {
    const ended = exception("old", "a", "2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z");
    const running = exception("new", "b", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z");
    const policy = write("excepted.yaml", POLICY + ended + running);
    const { err } = await run("export", policy, "--to", "policy-controller");
    expect([...err.matchAll(/^narrowed \*\/exception\/(.*)$/gm)].map(([, name]) => name)).toEqual(["new"]);
  });

  test("writes files, with what was accepted in each", async () => {
    const out = join(folder, "deploy");
    const policy = write("policy.yaml", POLICY);
    const argv = ["export", policy, "--to", "policy-controller", "--out", out];
    const { exit } = await run(...argv, "--accept", "vendor/claims");
    expect(readdirSync(out)).toEqual(["policy-controller.yaml"]);
    const text = readFileSync(join(out, "policy-controller.yaml"), "utf8");
    expect(text).toContain("countersign.dev/accepted-losses: vendor/claims");
    expect(text).toContain("# vendor/claims: dropped, accepted: policy-controller does not compare the name");
    expect(exit).toBe(0);
  });

  test("refuses an id that names no loss", async () => {
    const policy = write("policy.yaml", POLICY);
    const { err, exit } = await run("export", policy, "--to", "policy-controller", "--accept", "vendor/claim");
    expect(err).toContain("--accept vendor/claim: no loss of this export");
    expect(exit).toBe(2);
  });
});

describe("policy import", () => {
  test("gives back what was exported, with the losses above it", async () => {
    const out = join(folder, "again");
    await run("export", write("policy.yaml", POLICY), "--to", "kyverno", "--out", out, "--accept", "vendor/claims");
    const imported = await run("import", out, "--from", "kyverno");
    expect(imported.exit).toBe(0);
    expect(imported.out).toContain(`images:\n        - "h.example/ours/**"\n`);
    expect(imported.out).toContain(`uri: "https://kubernetes.io/namespaces/a/serviceaccounts/b"`);
  });

  test("says what it denies, and that something is lost", async () => {
    const file = write(
      "cip.yaml",
      "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: open}\nspec: {images: [{glob: h.example/a/**}], authorities: [{static: {action: pass}}]}\n",
    );
    const { out, exit } = await run("import", file, "--from", "policy-controller");
    expect(out).toContain(
      "# ClusterImagePolicy-open/require: denied: authority 1: static pass admits whatever matches",
    );
    expect(out).toContain("families: []\n");
    expect(exit).toBe(1);
  });
});
