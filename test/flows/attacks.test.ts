import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDefinitionFile } from "../../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../../src/adapters/shell/script-reader.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { lintDefinitions } from "../../src/core/lint/lint.ts";
import { LINT_RULES } from "../../src/core/lint/rules.ts";
import { DEFAULT_KNOWLEDGE } from "../../src/core/lint/scene.ts";
import { signArtifact } from "../../src/capabilities/sign/sign-artifact.ts";
import type { Estate } from "../../src/core/detect/estate.ts";
import { addMs, type UnixMs } from "../../src/core/time.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { DEFINITIONS } from "../setup/attack-definitions.ts";
import { judgeAttack, type Setting, type Stage } from "../setup/attack-stage.ts";
import { never, newTarget, openSignerWorld, type SignerWorld } from "../setup/signer-world.ts";

/**
 * The twenty attacks of the pipelines chapter §11, each played in a cluster that is watched over its API. `rules`: what lint
 * says of the definitions that allow it; `finds`: what is said of what happened; `grade`: that of the last entry.
 */
type Attack = {
  readonly rules?: readonly string[];
  readonly play?: (stage: Stage) => Promise<void>;
  readonly setting?: (world: SignerWorld) => Setting;
  readonly finds?: readonly string[];
  readonly grade?: string;
  readonly also?: (estate: Estate) => void;
};

const ATTACKS: readonly (readonly [number, string, Attack])[] = [
  [
    1,
    "a build step reads the token and signs elsewhere",
    {
      rules: ["ISO-01", "ISO-02"],
      play: async (stage) => {
        const target = await stage.newImage();
        stage.run({ name: "build", signed: await stage.sign({ target }) });
        await stage.sign({ target: await stage.newImage() });
      },
      finds: ["D05 run-missing"],
    },
  ],
  [
    2,
    "the signing task is taken out of the pipeline",
    {
      rules: ["SIG-01"],
      play: async (stage) => {
        const { repository, image } = await stage.newImage();
        stage.run({
          name: "build",
          account: "pipeline",
          results: { IMAGE_URL: repository, IMAGE_DIGEST: image.digest },
        });
      },
      finds: ["D16 built-not-signed"],
    },
  ],
  [
    3,
    "a run of a pull request uses the signing account",
    {
      rules: ["TRG-01", "TRG-02"],
      play: async (stage) => {
        const signed = await stage.sign({ target: await stage.newImage() });
        stage.run({ name: "pr", signed, annotations: { "pipelinesascode.tekton.dev/event-type": "pull_request" } });
      },
      finds: ["P02 identity-event-mismatch"],
      grade: "A",
    },
  ],
  [
    4,
    "podTemplate.env sets NODE_OPTIONS or a proxy",
    {
      rules: ["ISO-10", "CFG-10"],
    },
  ],
  [
    5,
    "any pod of the namespace runs as the signing account",
    {
      rules: ["ISO-07"],
      play: async (stage) => {
        stage.put("pods", {
          metadata: { name: "tenant" },
          spec: { serviceAccountName: "builder", containers: [{ name: "x", image: "x" }] },
        });
        await stage.sign({ target: await stage.newImage() });
      },
      finds: ["D05 run-missing"],
      grade: "none",
    },
  ],
  [
    6,
    "a user or a controller requests a token of the account",
    {
      rules: ["ISO-06"],
      play: async (stage) => {
        stage.put("serviceaccounts", { metadata: { name: "builder" } });
        await stage.requestToken(stage.api.adminToken);
      },
      finds: ["P04 token-requested"],
    },
  ],
  [
    7,
    "exec or a debug container in the signing pod",
    {
      rules: ["ISO-06"],
      play: async (stage) =>
        stage.put("pods", {
          metadata: { name: "sign-pod" },
          spec: {
            serviceAccountName: "builder",
            containers: [{ name: "step-sign", image: "x" }],
            ephemeralContainers: [{ name: "debugger", image: "busybox" }],
            volumes: [{ projected: { sources: [{ serviceAccountToken: { audience: "sigstore" } }] } }],
          },
        }),
      finds: ["P05 signing-pod-entered"],
    },
  ],
  [
    8,
    "the account is deleted and made anew",
    {
      play: async (stage) => {
        stage.put("serviceaccounts", { metadata: { name: "builder", creationTimestamp: "2026-01-01T00:00:00Z" } });
        stage.remove("serviceaccounts", "builder");
        stage.put("serviceaccounts", { metadata: { name: "builder" } });
      },
      finds: ["P01 identity-reincarnated"],
    },
  ],
  [
    9,
    "a second cluster with the default issuer",
    {
      rules: ["CFG-03"],
      setting: ({ issuer }) => ({
        clusters: ["prod-eu", "lesser"].map((cluster) => ({ cluster, issuers: [issuer], audiences: ["sigstore"] })),
      }),
      play: async (stage) => {
        const signed = await stage.sign({ target: await stage.newImage() });
        stage.run({ name: "sign", signed });
      },
      finds: ["P03 identity-issuer-collision"],
    },
  ],
  [
    10,
    "the tag is moved between build and sign",
    {
      rules: ["SIG-07"],
      play: async (stage) => {
        const built = await stage.newImage();
        stage.run({
          name: "build",
          account: "pipeline",
          results: { IMAGE_URL: built.repository, IMAGE_DIGEST: built.image.digest },
        });
        stage.run({ name: "sign", signed: await stage.sign({ target: await stage.newImage() }) });
      },
      finds: ["D16 built-not-signed"],
      grade: "A",
      // What was signed is what no run built.
      also: (estate) =>
        expect([...estate.acts.values()].map(({ correlation }) => correlation.builtBy)).toEqual([undefined]),
    },
  ],
  [
    11,
    "a step writes the digest of another image as its own",
    {
      rules: ["SIG-13", "INJ-08"],
    },
  ],
  [
    12,
    "chains.tekton.dev/signed is set before Chains comes",
    {
      rules: ["SIG-14"],
      setting: chainsSetting,
      play: async (stage) => {
        const { repository, image } = await stage.newImage();
        stage.run({
          name: "build",
          account: "pipeline",
          from: -3600,
          to: -1800,
          annotations: { "chains.tekton.dev/signed": "true" },
          results: { IMAGE_URL: repository, IMAGE_DIGEST: image.digest },
        });
      },
      finds: ["P06 chains-skipped"],
    },
  ],
  [
    13,
    "Chains is switched to manual, or stores nothing",
    {
      rules: ["CFG-06", "CFG-07"],
      setting: chainsSetting,
      play: async (stage) => {
        const metadata = { name: "chains-config", namespace: "tekton-chains" };
        const fine = { "transparency.enabled": "true", "artifacts.oci.storage": "oci" };
        stage.put("configmaps", { metadata, data: fine });
        const weak = { "transparency.enabled": "manual", "artifacts.oci.storage": "" };
        stage.api.objects.replace(stage.api.resource("configmaps"), { metadata, data: weak });
      },
      finds: ["P08 chains-weakened"],
    },
  ],
  [
    14,
    "a storm of retries leaves no finding",
    {
      play: async (stage) => {
        const target = await stage.newImage();
        await stage.sign({ target, anew: true });
        await stage.sign({ target, anew: true });
        const signed = await stage.sign({ target });
        stage.run({ name: "sign", signed: await stage.sign({ target, anew: true }) });
        stage.run({ name: "again", signed });
      },
      also: (estate) => expect(estate.findings).toEqual([]),
    },
  ],
  [
    15,
    "a bundle or a task in git is pointed elsewhere",
    {
      rules: ["PIN-02", "PIN-03"],
      play: async (stage) => {
        const uri = "git+https://git.example/tasks";
        stage.run({ name: "a", from: -90, to: -60, source: { uri, digest: { sha1: "aa" } } });
        stage.run({ name: "b", from: -30, to: 0, source: { uri, digest: { sha1: "bb" } } });
      },
      finds: ["P07 definition-changed"],
    },
  ],
  [
    16,
    "a run is pruned at once to hide it",
    {
      play: async (stage) => {
        const signed = await stage.sign({ target: await stage.newImage() });
        stage.run({ name: "sign", signed });
        stage.remove("taskruns", "sign");
      },
      grade: "A",
      also: (estate) => expect(estate.findings).toEqual([]),
    },
  ],
  [
    17,
    "provenance names the run of another",
    {
      play: async (stage) => {
        const target = await stage.newImage();
        stage.run({ name: "victim", account: "other" });
        const body = { runDetails: { metadata: { invocationId: "uid-victim" } } };
        await stage.sign({ target, predicate: { type: "https://slsa.dev/provenance/v1", body } });
        stage.run({
          name: "build",
          account: "pipeline",
          results: { IMAGE_URL: target.repository, IMAGE_DIGEST: target.image.digest },
        });
      },
      grade: "C",
      also: (estate) => {
        const [act] = [...estate.acts.values()];
        const victim = act?.correlation.candidates.find(({ run }) => run.name === "victim");
        expect(victim?.conflicts).toEqual(["correlation-identity-conflict"]);
        expect(estate.findings.map(({ detector }) => detector)).toContain("D05");
      },
    },
  ],
  [
    18,
    "an outsider's cluster signs through a wildcard issuer",
    {
      rules: ["CFG-02"],
      setting: () => ({
        clusters: [{ cluster: "prod-eu", issuers: ["https://oidc.known.example"], audiences: ["sigstore"] }],
        policyIssuer: "https://oidc.known.example",
      }),
      play: async (stage) => void (await stage.sign({ target: await stage.newImage() })),
      finds: ["D04 trust-root-unknown"],
      grade: "none",
    },
  ],
  [
    19,
    "a branch is named a;curl …",
    {
      rules: ["INJ-01", "INJ-04"],
    },
  ],
  [
    20,
    "a valid run signs at three in the night",
    {
      setting: () => ({ windows: [{ days: [yesterday()], from: "00:00", to: "23:00", zone: "UTC" }] }),
      play: async (stage) => {
        const target = await stage.newImage();
        stage.run({
          name: "sign",
          signed: await stage.sign({ target }),
          results: { IMAGE_URL: target.repository, IMAGE_DIGEST: target.image.digest },
        });
      },
      finds: ["S01 outside-window"],
      grade: "A",
      also: (estate) =>
        expect(estate.findings.map(({ severity, sentence }) => [severity, sentence.includes("(grade A)")])).toEqual([
          ["medium", true],
        ]),
    },
  ],
];

test("every attack of the chapter is played", () => {
  expect(ATTACKS.map(([number]) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

describe("an attack", () => {
  let world: SignerWorld;
  beforeAll(async () => {
    world = await openSignerWorld("rekor2");
  });
  afterAll(async () => world.close());

  test.each(ATTACKS.filter(([, , { rules }]) => rules))(
    "%i, %s: its definitions are told by lint",
    (number, _, { rules = [] }) => {
      expect(failing(DEFINITIONS[number] ?? "")).toEqual(expect.arrayContaining([...rules]));
    },
  );

  test.each(ATTACKS.filter(([, , { play }]) => play))(
    "%i, %s: it is told when it has happened",
    async (_, __, attack) => {
      const { play = async () => undefined, finds = [], grade, also, setting } = attack;
      const estate = await judgeAttack(world, setting?.(world) ?? {}, play);
      expect(estate.findings.map(({ detector, name }) => `${detector} ${name}`)).toEqual(
        expect.arrayContaining([...finds]),
      );
      const last = [...estate.acts.values()].at(-1)?.correlation.grade;
      expect(last).toBe(grade ?? last);
      also?.(estate);
    },
  );
});

test("what placement does not name is not signed, whatever a result says", async () => {
  const world = await openSignerWorld("rekor2");
  const image = await newTarget(world, "referrer");
  const domain = { ...world.ports.domain, repositories: [`${world.host}/other`] };
  const { verdict, signatures } = await signArtifact({ ...world.ports, domain })([{ kind: "image", image }], never);
  await world.close();
  expect([verdict.kind === "fail" && verdict.reasons[0].reason, signatures]).toEqual(["placement-repository", []]);
});

function chainsSetting({ issuer }: SignerWorld): Setting {
  const san = "https://kubernetes.io/namespaces/tekton-chains/serviceaccounts/controller";
  return { chains: { issuer, san, sanType: "uri" } };
}

function failing(yaml: string): readonly string[] {
  const name = yaml.includes("meta-issuers") ? "fulcio-config.yaml" : ".tekton/definitions.yaml";
  const file = readDefinitionFile(name, toUtf8(yaml));
  expect(file.problems).toEqual([]);
  const { findings } = lintDefinitions({
    files: [file],
    rules: LINT_RULES,
    knowledge: DEFAULT_KNOWLEDGE,
    read: (text) => shellScriptReader.read(text),
  });
  return [...new Set(findings.filter(({ verdict }) => verdict === "fail").map(({ rule }) => rule))];
}

/** A day on which nothing of this test happens. */
function yesterday(): string {
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const at: UnixMs = addMs(systemClock.now(), -2 * 86_400_000);
  return days[new Date(at).getUTCDay()] ?? "Sun";
}
