import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import type { VerifyWorld } from "../../app/wiring/verify.ts";
import type { ImageAnswer } from "../../capabilities/verify/verify-image.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf, sha256 } from "../../core/digest.ts";
import { fail, pass, unknown, type Verdict } from "../../core/verdict.ts";
import type { VerifyFacts } from "../../core/verify/facts.ts";
import { runCli } from "./run.ts";
import { command } from "./verify.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const DIGEST = digestRefOf(toUtf8("image"));
const REF = `r.example/team/app@${DIGEST}`;
const WHOM = ["--certificate-identity", "san", "--certificate-oidc-issuer", "https://i.example"];
const FACTS: VerifyFacts = {
  trustId: sha256(toUtf8("root")),
  times: [],
  entries: [],
  extensions: new Map(),
  ignored: [],
  identity: { issuer: "https://i.example", san: "san", sanType: "uri" },
};
const ATTACHED = {
  layout: "referrer",
  manifest: DIGEST,
  blob: DIGEST,
  bundle: {
    version: "0.3",
    key: { kind: "public-key", hint: "" },
    entries: [],
    timestamps: [],
    content: { kind: "message", signature: Uint8Array.of(1) },
  },
} as const;

const answered = (verdict: ImageAnswer["verdict"]): ImageAnswer => ({
  verdict,
  digest: DIGEST,
  judged: [{ attached: ATTACHED, verdict, facts: FACTS }],
  unreadable: [],
});

type Seen = Heard & { asked: readonly unknown[]; closed: boolean };

async function run(argv: readonly string[], answers: readonly ImageAnswer["verdict"][] = [pass]): Promise<Seen> {
  const { io, heard } = recordingIo({ readIn: async () => toUtf8("from stdin") });
  const asked: unknown[] = [];
  let closed = false;
  const next = (): ImageAnswer["verdict"] => answers[asked.length - 1] ?? pass;
  const world: VerifyWorld = {
    image: async (question) => {
      asked.push(question);
      return answered(next());
    },
    bundle: async (request) => {
      asked.push(request);
      return { verdict: next() as Verdict<never>, facts: FACTS, trust: { state: "stale", reason: "shipped" } };
    },
    platforms: async ({ reference }) => ({
      ok: true,
      value: {
        digest: DIGEST,
        children: [
          { platform: "linux/amd64", digest: DIGEST },
          { platform: "", digest: digestRefOf(toUtf8(reference)) },
        ],
      },
    }),
    patterns: async () => re2jsCompiler,
    close: async () => void (closed = true),
  };
  const load = async () => ({ command: (given: typeof io) => command(given, async () => world) });
  await runCli(["verify", ...argv], io, [{ name: "verify", summary: "verify", group: "Sign and verify", load }]);
  return { ...heard, asked, closed };
}

test("asks about an image, its tag or its digest, and the identity given", async () => {
  const { asked, exit, closed } = await run([REF, "r.example/b:v1", ...WHOM]);
  expect([exit, closed]).toEqual([0, true]);
  const policy = { identity: { san: "san", issuer: "https://i.example" } };
  expect(asked).toMatchObject([
    { repository: "r.example/team/app", reference: DIGEST, type: "signature", policy },
    { repository: "r.example/b", reference: "v1", policy },
  ]);
});

test.each([
  [{ issuer: "https://i.example", san: "https://kubernetes.io/namespaces/a/serviceaccounts/b" }, true],
  [{ issuer: "https://i.example", san: "https://kubernetes.io/namespaces/a/serviceaccounts/b/more" }, false],
  [
    { issuer: "https://i.example", san: "https://evil.example/https://kubernetes.io/namespaces/a/serviceaccounts/b" },
    false,
  ],
  [{ issuer: "https://i.example.evil", san: "https://kubernetes.io/namespaces/a/serviceaccounts/b" }, false],
])("a pattern is one of the whole name: %j is %s", async (identity, isSigner) => {
  const san = ["--certificate-identity-regexp", "https://kubernetes\\.io/namespaces/[a-z]+/serviceaccounts/b"];
  const exact = await run([REF, ...san, "--certificate-oidc-issuer", "https://i.example"]);
  const either = await run([REF, ...san, "--certificate-oidc-issuer-regexp", "https://[a-z.]+\\.example"]);
  for (const { asked } of [exact, either]) {
    const [{ policy }] = asked as [{ policy: { identity: (of: typeof identity) => boolean } }];
    expect(policy.identity(identity)).toBe(isSigner);
  }
});

test("asks for an attestation of a type", async () => {
  const { asked } = await run([REF, "--type", "slsaprovenance1", ...WHOM]);
  expect(asked).toMatchObject([{ type: { predicateType: "https://slsa.dev/provenance/v1" } }]);
});

test("asks about each platform by itself", async () => {
  const { asked, out } = await run(["r.example/b:v1", "--all-platforms", ...WHOM]);
  expect(asked).toMatchObject([
    { repository: "r.example/b", reference: DIGEST },
    { repository: "r.example/b", reference: digestRefOf(toUtf8("v1")) },
  ]);
  expect(out).toContain("r.example/b:v1 (linux/amd64)");
});

test.each<[string, string, unknown]>([
  ["a file", file("f", "x"), toUtf8("x")],
  ["stdin", "-", toUtf8("from stdin")],
  ["a digest", DIGEST, { algorithm: "sha256" }],
])("asks about %s by its bundle", async (_, ref, artifact) => {
  const bundle = file("bundle.json", "{}");
  const { asked, out } = await run([ref, "--bundle", bundle, "--type", "x:y", ...WHOM]);
  expect(asked).toMatchObject([{ bundle: toUtf8("{}"), artifact, policy: { predicateType: "x:y" } }]);
  expect(out).toContain("stale");
});

test.each<[string, readonly ImageAnswer["verdict"][], number]>([
  ["a pass", [pass], 0],
  ["a failure", [fail("identity-mismatch", "another")], 1],
  ["a gap", [unknown("blob", "not there")], 3],
  ["a failure and a gap", [unknown("blob", "not there"), fail("signature", "bad")], 1],
  ["an image that is not there", [fail("image-missing", "no such image")], 2],
])("leaves with the code of %s", async (_, answers, exit) => {
  const seen = await run(["r.example/a:v1", "r.example/b:v1", ...WHOM].slice(answers.length === 1 ? 1 : 0), answers);
  expect(seen).toMatchObject({ exit, closed: true });
});

test("says first the answer, then the evidence, then what is missing", async () => {
  const { out } = await run([REF, ...WHOM]);
  expect(out.split("\n")[0]).toBe(`✓ verified  ${REF}`);
  expect(out).toContain("san @ https://i.example");
  const refused = await run([REF, ...WHOM], [fail("identity-mismatch", "by another")]);
  expect(refused.out).toBe(`✗ not verified  ${REF}\n  digest  ${DIGEST}\n  identity-mismatch: by another\n`);
  const open = await run([REF, ...WHOM], [unknown("blob", "not there")]);
  expect(open.out).toContain("missing blob: not there");
});

test("gives one document as JSON: an object for one subject, a list for several", async () => {
  const one = JSON.parse((await run([REF, ...WHOM, "-o", "json"])).out) as object;
  expect(one).toMatchObject({
    subject: REF,
    digest: DIGEST,
    verdict: { kind: "pass" },
    signatures: [{ layout: "referrer" }],
  });
  const two = JSON.parse((await run([REF, "r.example/b:v1", ...WHOM, "-o", "json"])).out) as object[];
  expect(two.map((each) => "subject" in each)).toEqual([true, true]);
});

test("does not let what others wrote move the cursor", async () => {
  const { out } = await run([REF, ...WHOM], [fail("signature", "\u001B[2Jgone")]);
  expect(out).not.toContain("\u001B");
});

test.each<[string, readonly string[], string]>([
  ["no identity", [REF], "option.missing"],
  ["half an identity", [REF, "--certificate-identity", "x"], "--certificate-oidc-issuer"],
  ["an identity and a key", [REF, ...WHOM, "--key", file("k", "")], "--key"],
  ["a key that is none", [REF, "--key", file("k2", "x")], "input.malformed"],
  ["a name and a pattern of it", [REF, ...WHOM, "--certificate-identity-regexp", "x"], "cannot be used with"],
  ["half an identity, by a pattern", [REF, "--certificate-identity-regexp", "x"], "--certificate-oidc-issuer"],
  [
    "a pattern that is none",
    [REF, "--certificate-identity-regexp", "(", "--certificate-oidc-issuer", "x"],
    "input.malformed",
  ],
  ["an image without a network", [REF, "--offline", ...WHOM], "--bundle"],
  ["a time without a policy", [REF, "--at", "2026-01-01T00:00:00Z", ...WHOM], "--policy"],
  ["a policy and a signer", [REF, "--policy", "p", ...WHOM], "cannot be used with"],
  ["to look away", [REF, "--insecure-ignore-tlog", ...WHOM], "thresholds"],
  ["to look away, with a value", [REF, "--insecure-ignore-sct=true", ...WHOM], "thresholds"],
  ["a type that is none", [REF, "--type", "x", ...WHOM], "--type"],
  ["a reference that is none", ["UPPER/Case:", ...WHOM], "input.malformed"],
  ["a bundle that is not there", [REF, "--bundle", join(folder, "none"), ...WHOM], "input.missing"],
  ["nothing", [], "missing required argument"],
])("refuses %s with code 2", async (_, argv, text) => {
  const seen = await run(argv);
  expect(seen).toMatchObject({ exit: 2, out: "" });
  expect(seen.err).toContain(text);
});
