import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { runConformance } from "../../src/app/conformance/run.ts";
import { bug } from "../../src/core/bug.ts";
import { digestRefOf } from "../../src/core/digest.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import type { CompiledTrust } from "../../src/core/trust/compiled-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { judgeBundle } from "../../src/core/verify/judge-bundle.ts";
import { CONFORMANCE, CONFORMANCE_CASES, type ConformanceCase } from "./conformance-cases.ts";

const PUBLIC_GOOD = "../trust/public-good/trusted_root.json";

function argumentsOf(given: ConformanceCase, mode: "PATH" | "DIGEST"): readonly string[] {
  const artifact = join(CONFORMANCE, given.artifact);
  return [
    "verify-bundle",
    "--bundle",
    join(CONFORMANCE, given.bundle),
    ...(given.key === undefined
      ? ["--certificate-identity", given.identity ?? "", "--certificate-oidc-issuer", given.issuer ?? ""]
      : ["--key", join(CONFORMANCE, given.key)]),
    // The shipped root is the public-good one, so those cases say nothing of a root; staging's are all given.
    ...(given.trustedRoot === PUBLIC_GOOD ? [] : ["--trusted-root", join(CONFORMANCE, given.trustedRoot)]),
    mode === "PATH" ? artifact : digestRefOf(readFileSync(artifact)),
  ];
}

describe.skipIf(CONFORMANCE_CASES.length === 0)("the public conformance suite", () => {
  let asExpected = 0;
  afterAll(() => {
    console.log(`conformance: ${asExpected} of ${CONFORMANCE_CASES.length * 2} verifications answered as expected`);
  });

  test.each(
    CONFORMANCE_CASES.flatMap((given) => [
      { ...given, mode: "PATH" as const },
      { ...given, mode: "DIGEST" as const },
    ]),
  )("test_verify[$mode-$id]", async (given) => {
    const { exit, text } = await runConformance(argumentsOf(given, given.mode), AbortSignal.timeout(10_000));
    expect({ exit, text }).toEqual({
      exit: given.expect === "pass" ? 0 : 1,
      text: expect.stringMatching(
        given.expect === "pass" ? /^accepted\n$/ : new RegExp(`(^|: )${given.firstReason}: `),
      ),
    });
    asExpected++;
  });

  test("has all its cases", () => {
    expect(CONFORMANCE_CASES.filter((given) => given.expect === "pass")).toHaveLength(21);
    expect(CONFORMANCE_CASES).toHaveLength(70);
  });

  test("judges the timestamp of another time by that time, once its base64 has no line breaks", () => {
    const given = CONFORMANCE_CASES.find(({ id }) => id === "rekor2-timestamp-with-incorrect-time_fail");
    const broken = readFileSync(join(CONFORMANCE, given?.bundle ?? ""), "utf8");
    const mended = new TextEncoder().encode(broken.replaceAll(/(?:\\r)?\\n(?=[A-Za-z0-9+/=\\]+")/g, ""));
    const trust = trustOf(readFileSync(join(CONFORMANCE, given?.trustedRoot ?? "")));
    const artifact = { kind: "bytes", bytes: readFileSync(join(CONFORMANCE, given?.artifact ?? "")) } as const;
    expect(judgeBundle(mended, artifact, trust, { identity: () => true }).verdict).toMatchObject({
      kind: "fail",
      reasons: [{ reason: "cert-not-valid-at-time" }],
    });
  });
});

function trustOf(bytes: Uint8Array): CompiledTrust {
  const root = readTrustedRoot(bytes);
  const trust = compileTrust(root.ok ? root.value : bug(root.detail));
  return trust.ok ? trust.value : bug(trust.detail);
}

describe.skipIf(CONFORMANCE_CASES.length === 0)("bin/conformance", () => {
  const run = promisify(execFile);
  const launcher = join(import.meta.dirname, "../../bin/conformance");
  const exitOf = async (args: readonly string[]): Promise<number> =>
    run(launcher, [...args]).then(
      () => 0,
      (error: { readonly code: number }) => error.code,
    );
  const every = process.env["CONFORMANCE_SPAWN"] !== undefined;
  const sample = every
    ? CONFORMANCE_CASES
    : CONFORMANCE_CASES.filter(({ id }) => /^(happy-path-v0\.3|signature-mismatch_fail)$/.test(id));

  test.each(sample)("exits as the protocol says for $id", async (given) => {
    expect(await exitOf(argumentsOf(given, "PATH"))).toBe(given.expect === "pass" ? 0 : 1);
    expect(await exitOf(argumentsOf(given, "DIGEST"))).toBe(given.expect === "pass" ? 0 : 1);
  });

  test.each([
    ["nothing", []],
    ["a bundle that does not exist", ["verify-bundle", "--bundle", "/nowhere", "--key", "/nowhere", "/nowhere"]],
  ])("exits with 1, not with a stack, for %s", async (_, args) => {
    expect(await exitOf(args)).toBe(1);
  });
});
