import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { startSigstore, type Sigstore } from "../../adapters/virtual/sigstore/sigstore.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { openSigning, type SignSetup } from "./sign.ts";
import { openVerification } from "./verify.ts";

const POD = { name: "sign-pod", uid: "00000000-0000-4000-8000-000000000002" };
const SUBJECT = {
  namespace: "payments",
  serviceAccount: "builder",
  serviceAccountUid: "00000000-0000-4000-8000-000000000001",
};
const never = new AbortController().signal;
let sigstore: Sigstore;
let folder = "";
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-wiring-"));
  sigstore = await startSigstore({ now: () => systemClock.now(), verifyPrehashed });
  await Promise.all([
    writeFile(at("root.json"), sigstore.trustedRoot),
    writeFile(at("tuf-root.json"), sigstore.tufRoot),
    writeFile(at("both.json"), sigstore.clientTrustConfig),
    writeFile(at("token"), sigstore.issueToken({ ...SUBJECT, pod: POD, audience: "sigstore", expirationSeconds: 600 })),
    writeFile(at("countersign.yaml"), configuration()),
  ]);
});
afterAll(async () => {
  await sigstore.close();
  await rm(folder, { recursive: true });
});

/** Three domains: by TUF and its signing config, by file and named services, and one that says nothing of signing. */
function configuration(): string {
  const { fulcio, tsa, rekor2, tuf } = sigstore.urls;
  return `
trust:
  domains:
    - { name: tuf, root: { tuf: { url: "${tuf}", initialRootFile: "${at("tuf-root.json")}" } } }
    - { name: named, fulcio: "${fulcio}", tsa: "${tsa}", logs: [log], root: { file: { trustedRootFile: "${at("root.json")}" } } }
    - { name: mute, root: { file: { trustedRootFile: "${at("root.json")}" } } }
placements:
  - { match: { repositories: ["r.example/team/**"] }, domain: named }
  - { match: { default: true }, domain: tuf }
logs:
  - { name: log, type: rekor2, url: "${rekor2}" }
`;
}

const setup = (change: Partial<SignSetup>): SignSetup => ({
  env: { XDG_CACHE_HOME: at("cache"), HOME: folder },
  config: at("countersign.yaml"),
  tokenFile: at("token"),
  ...change,
});

test.each<[string, Partial<SignSetup>]>([
  ["the default placement, its root and services by TUF", {}],
  ["a domain by name, its services named", { placement: "named" }],
  ["the placement of a repository", { repositories: ["r.example/team/app"] }],
  ["one file with both documents", { trustedRoot: "both.json", config: undefined }],
])("signs in %s", async (_, change) => {
  const files = change.trustedRoot === undefined ? {} : { trustedRoot: at(change.trustedRoot) };
  const world = await openSigning(setup({ ...change, ...files }), never);
  const outcome = await world.sign([{ kind: "blob", bytes: toUtf8("x") }], never);
  await world.close();
  expect(outcome.verdict).toEqual({ kind: "pass" });
  const verification = await openVerification({ env: { HOME: folder }, trustedRoot: at("root.json") });
  const request = { bundle: outcome.signatures[0]?.bytes ?? toUtf8(""), artifact: toUtf8("x") };
  const policy = { identity: outcome.identity ?? { issuer: "", san: "" } };
  expect((await verification.bundle({ ...request, policy }, never)).verdict).toEqual({ kind: "pass" });
  await verification.close();
});

test.each<[string, Partial<SignSetup>, string]>([
  ["a domain that says nothing of signing", { placement: "mute" }, "config.invalid"],
  ["a domain that is not there", { placement: "none" }, "config.invalid"],
  ["images of two domains", { repositories: ["r.example/team/app", "r.example/other"] }, "input.malformed"],
  ["a configuration that is not there", { config: "/none.yaml" }, "config.missing"],
])("refuses %s", async (_, change, id) => {
  await expect(openSigning(setup(change), never)).rejects.toMatchObject({ id });
});
