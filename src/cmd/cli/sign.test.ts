import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import type { SignSetup } from "../../app/wiring/sign.ts";
import type { MadeSignature, SigningJob, SigningOutcome } from "../../capabilities/sign/job.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf, sha256 } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import { fail, pass } from "../../core/verdict.ts";
import { command } from "./sign.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const DIGEST = digestRefOf(toUtf8("image"));
const MADE: MadeSignature = {
  subject: { repository: "r.example/app", digest: DIGEST },
  predicateType: "https://sigstore.dev/cosign/sign/v1",
  bundle: {
    version: "0.3",
    key: { kind: "public-key", hint: "" },
    entries: [],
    timestamps: [],
    content: { kind: "message", signature: Uint8Array.of(1) },
  },
  bytes: toUtf8('{"a":1}'),
  facts: { trustId: sha256(toUtf8("")), times: [], entries: [], extensions: new Map(), ignored: [] },
  manifest: DIGEST,
  reused: false,
};
const SIGNED: SigningOutcome = {
  verdict: pass,
  signatures: [MADE],
  identity: { issuer: "https://i.example", san: "s", sanType: "uri" },
  credentialId: "JTI=x",
};

type Seen = Heard & { jobs: readonly SigningJob[]; setup: Partial<SignSetup>; closed: boolean };

async function run(
  argv: readonly string[],
  outcome: () => Promise<SigningOutcome> = async () => SIGNED,
): Promise<Seen> {
  const { io, heard } = recordingIo({ readIn: async () => toUtf8("from stdin") });
  const seen: { jobs: readonly SigningJob[]; setup: Partial<SignSetup>; closed: boolean } = {
    jobs: [],
    setup: {},
    closed: false,
  };
  const open = async (setup: SignSetup) => {
    seen.setup = setup;
    return {
      sign: async (jobs: readonly SigningJob[]) => {
        seen.jobs = jobs;
        return outcome();
      },
      close: async () => void (seen.closed = true),
    };
  };
  const load = async () => ({ command: (given: typeof io) => command(given, open) });
  await runCli(["sign", ...argv], io, [{ name: "sign", summary: "sign", group: "Sign and verify", load }]);
  return { ...heard, ...seen };
}

const REF = `r.example/team/app@${DIGEST}`;
const AT = { repository: "r.example/team/app", reference: DIGEST, layout: "referrer" };

test.each<[string, readonly string[], readonly unknown[]]>([
  ["image by digest", ["image", REF], [{ kind: "image", image: AT }]],
  ["image by tag", ["image", "r.example/team/app:v1"], [{ kind: "image", image: { ...AT, reference: "v1" } }]],
  [
    "image with all it has",
    ["image", REF, "--recursive", "--annotations", "a=b", "--annotations", "c=d=e", "--layout", "legacy"],
    [{ kind: "image", image: { ...AT, layout: "legacy" }, recursive: true, annotations: { a: "b", c: "d=e" } }],
  ],
  [
    "image and its SBOM",
    ["image", REF, "--sbom", file("sbom.json", '{"bomFormat":"CycloneDX"}')],
    [{ kind: "image" }, { kind: "attestation", predicateType: "https://cyclonedx.org/bom" }],
  ],
  [
    "image whose digest is in a file",
    ["image", "r.example/team/app", "--digest-file", file("digest", `${DIGEST}\n`)],
    [{ kind: "image", image: AT }],
  ],
  [
    "two images",
    ["image", REF, "r.example/b:v2"],
    [{ image: AT }, { image: { repository: "r.example/b", reference: "v2" } }],
  ],
  [
    "attest",
    ["attest", REF, "--predicate", file("p.json", '{"x":1}'), "--predicate-type", "slsaprovenance1"],
    [{ kind: "attestation", image: AT, predicateType: "https://slsa.dev/provenance/v1", predicate: { x: 1 } }],
  ],
  [
    "sbom",
    ["sbom", REF, "--predicate", file("s.spdx", "SPDXVersion: SPDX-2.3\n")],
    [{ kind: "attestation", predicateType: "https://spdx.dev/Document", predicate: "SPDXVersion: SPDX-2.3\n" }],
  ],
  ["blob", ["blob", file("f", "x"), "--bundle-out", join(folder, "f.json")], [{ kind: "blob", bytes: toUtf8("x") }]],
  [
    "blob from stdin",
    ["blob", "-", "--bundle-out", join(folder, "i.json")],
    [{ kind: "blob", bytes: toUtf8("from stdin") }],
  ],
])("sign %s", async (_, argv, jobs) => {
  const seen = await run(argv);
  expect(seen).toMatchObject({ exit: 0, err: "", closed: true });
  expect(seen.jobs).toMatchObject(jobs);
});

test("hands on where and as whom to sign, and the repository that a placement may name", async () => {
  const trust = ["--token-file", "t", "--placement", "private", "--audience", "a"];
  const files = ["--trusted-root", "r", "--signing-config", "s", "--config", "c"];
  const { setup } = await run(["image", REF, ...trust, ...files]);
  expect(setup).toMatchObject({
    tokenFile: "t",
    placement: "private",
    audience: "a",
    trustedRoot: "r",
    signingConfig: "s",
    config: "c",
    repositories: ["r.example/team/app"],
  });
});

test("says what was signed, as whom, in text and as JSON", async () => {
  const { out } = await run(["image", REF]);
  expect(out).toContain(`signed r.example/app@${DIGEST}`);
  expect(out).toContain("JTI=x");
  const json = JSON.parse((await run(["image", REF, "-o", "json"])).out) as object;
  expect(json).toMatchObject({
    verdict: { kind: "pass" },
    identity: { san: "s" },
    signatures: [{ image: `r.example/app@${DIGEST}`, manifest: DIGEST, reused: false }],
  });
});

test("writes the bundle, and one a line where there are several", async () => {
  const [one, two] = [join(folder, "one.json"), join(folder, "two.jsonl")];
  await run(["image", REF, "--bundle-out", one]);
  await run(["image", REF, "--bundle-out", two], async () => ({ ...SIGNED, signatures: [MADE, MADE] }));
  expect([readFileSync(one, "utf8"), readFileSync(two, "utf8")]).toEqual(['{"a":1}\n', '{"a":1}\n{"a":1}\n']);
});

test.each<[SigningReason, number]>([
  ["token-expiring", 4],
  ["token-not-pod-bound", 4],
  ["token-malformed", 2],
  ["placement-repository", 1],
  ["registry-not-found", 2],
  ["legacy-needs-promise", 2],
  ["tsa-clock-skew", 3],
  ["fulcio-detached-sct", 3],
  ["fulcio-key-mismatch", 5],
  ["set-signature", 5],
  ["tsa-nonce", 5],
])("leaves with the code of a refusal: %s is %i", async (reason, exit) => {
  const seen = await run(["image", REF], async () => ({ verdict: fail(reason, "because"), signatures: [] }));
  expect(seen).toMatchObject({ exit, closed: true });
  expect(`${seen.out}${seen.err}`).toContain("because");
});

test("lets a fault through with its code, and closes", async () => {
  const seen = await run(["image", REF], () => Promise.reject(new Fault("fulcio.unreachable", "https://f.example")));
  expect(seen).toMatchObject({ exit: 3, out: "", closed: true });
});

test.each<[string, readonly string[], string]>([
  ["a file that is not there", ["blob", join(folder, "none"), "--bundle-out", "x"], "input.missing"],
  ["a file without a place for its bundle", ["blob", file("g", "x")], "option.missing"],
  ["no image", ["image", "UPPER/Case:"], "input.malformed"],
  [
    "a predicate type that is none",
    ["attest", REF, "--predicate", file("q.json", "{}"), "--predicate-type", "x"],
    "--predicate-type",
  ],
  [
    "a predicate that is a list",
    ["attest", REF, "--predicate", file("l.json", "[]"), "--predicate-type", "x:y"],
    "predicate-not-object",
  ],
  ["an SBOM that is none", ["sbom", REF, "--predicate", file("n.json", "{}")], "sbom-unknown"],
  ["an annotation without a value", ["image", REF, "--annotations", "a"], "--annotations"],
  ["a digest file with a tag", ["image", "r.example/a", "--digest-file", file("tag", "v1")], "sha256"],
  ["a layout that is none", ["image", REF, "--layout", "x"], "referrer"],
  ["a missing predicate", ["attest", REF], "--predicate"],
  ["a switch of cosign's that is not taken", ["image", REF, "--insecure-ignore-tlog"], "unknown option"],
])("refuses %s with code 2", async (_, argv, text) => {
  const seen = await run(argv);
  expect(seen).toMatchObject({ exit: 2, out: "", jobs: [] });
  expect(seen.err).toContain(text);
});

test("says so when the bundle cannot be written", async () => {
  const seen = await run(["image", REF, "--bundle-out", join(folder, "no", "such", "folder.json")]);
  expect(seen).toMatchObject({ exit: 2, closed: true });
  expect(seen.err).toContain("output.unwritable");
});
