import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { startSigstore, type Sigstore } from "../../adapters/virtual/sigstore/sigstore.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { sha256 } from "../../core/digest.ts";
import { runConformance } from "./run.ts";

const PERSON = { email: "dev@example.org", audience: "sigstore", expirationSeconds: 600 };
const never = new AbortController().signal;
let sigstore: Sigstore;
let folder = "";
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-conformance-"));
  const issuers = [{ name: "people", type: "email" }] as const;
  sigstore = await startSigstore({ now: () => systemClock.now(), verifyPrehashed, issuers });
  await writeFile(at("root.json"), sigstore.trustedRoot);
  await writeFile(at("config1.json"), sigstore.signingConfigs[1]);
  await writeFile(at("config2.json"), sigstore.signingConfigs[2]);
  await writeFile(at("file"), "a file\n");
});
afterAll(async () => {
  await sigstore.close();
  await rm(folder, { recursive: true });
});

const sign = (config: string, more: readonly string[], file: string) => {
  const token = ["--identity-token", sigstore.issueEmailToken(PERSON)];
  const where = ["--trusted-root", at("root.json"), "--signing-config", at(config)];
  return runConformance(["sign-bundle", ...more, ...token, "--bundle", at("bundle.json"), ...where, file], never);
};
const verify = (identity: string, fileOrDigest: string) => {
  const [issuer] = sigstore.issuers.values();
  const whom = ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer?.issuer ?? ""];
  return runConformance(
    ["verify-bundle", "--bundle", at("bundle.json"), ...whom, "--trusted-root", at("root.json"), fileOrDigest],
    never,
  );
};

test.each(["config1.json", "config2.json"])(
  "signs a file for a person so that it verifies, with %s",
  async (config) => {
    expect(await sign(config, [], at("file"))).toEqual({ exit: 0, text: "accepted\n" });
    expect(await verify(PERSON.email, at("file"))).toMatchObject({ exit: 0 });
    expect(await verify(PERSON.email, `sha256:${toHex(sha256(await readFile(at("file"))))}`)).toMatchObject({
      exit: 0,
    });
    expect(await verify("another@example.org", at("file"))).toMatchObject({ exit: 1 });
  },
);

test.each(["config1.json", "config2.json"])("signs a statement, with %s", async (config) => {
  const digest = { sha256: toHex(sha256(await readFile(at("file")))) };
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest }],
    predicateType: "x:y",
    predicate: {},
  };
  await writeFile(at("statement.json"), JSON.stringify(statement));
  expect(await sign(config, ["--in-toto"], at("statement.json"))).toMatchObject({ exit: 0 });
  expect(await verify(PERSON.email, at("file"))).toMatchObject({ exit: 0 });
});

test("gives no root in the bundle", async () => {
  await sign("config1.json", [], at("file"));
  const bundle = JSON.parse(await readFile(at("bundle.json"), "utf8")) as { verificationMaterial: object };
  expect(Object.keys(bundle.verificationMaterial)).not.toContain("x509CertificateChain");
});

test("refuses a token that is none, and never shows it", async () => {
  const where = ["--trusted-root", at("root.json"), "--signing-config", at("config1.json"), at("file")];
  const answer = await runConformance(
    ["sign-bundle", "--identity-token", "s3cr3t", "--bundle", at("b.json"), ...where],
    never,
  );
  expect(answer.exit).toBe(1);
  expect(answer.text).toContain("token-malformed");
  expect(answer.text).not.toContain("s3cr3t");
});
