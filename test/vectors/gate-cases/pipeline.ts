import { parse } from "yaml";
import { readDefinitionFile } from "../../../src/adapters/manifests/definition-file.ts";
import { shellScriptReader } from "../../../src/adapters/shell/script-reader.ts";
import { toUtf8 } from "../../../src/core/bytes/utf8.ts";
import type { PipelineGateConfig } from "../../../src/core/gate/changes/change.ts";
import { toRevision, type Revision } from "../../../src/core/gate/facts/revision.ts";
import type { GateFinding } from "../../../src/core/gate/finding.ts";
import { judgePipelines } from "../../../src/core/gate/judge-pipelines.ts";
import { toGateReport, type GateReport } from "../../../src/core/gate/report.ts";
import { DEFAULT_KNOWLEDGE } from "../../../src/core/lint/scene.ts";
import type { DefinitionFile } from "../../../src/core/pipelines/definitions/definition-file.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";

type PipelineCase = GateCase & {
  config?: string;
  before: string;
  after: string;
  bundles?: Readonly<Record<string, string>>;
  expect: {
    verdict?: string;
    exit?: number;
    codes?: readonly string[];
    witness?: Readonly<Record<string, unknown>>;
  };
};

const EXITS: Readonly<Record<string, number>> = { LOOSENED: 1, INCOMPARABLE: 1, UNDECIDED: 3 };

/** Runs a case about pipelines: verdict, exit code, codes and the witness members that the case names. */
export function runPipelineCase(given: GateCase): CaseResult {
  const c = given as PipelineCase;
  const bundles = new Map(
    Object.entries(c.bundles ?? {}).map(([reference, name]) => [reference.replace(/^.*@/, ""), contentOf(name)]),
  );
  const part = judgePipelines({
    before: revisionOf("before", c.before, bundles),
    after: revisionOf("after", c.after, bundles),
    config: pipelineConfigOf(c.config),
  });
  return resultOf(wrongOf(toGateReport([part], SETTING), c.expect));
}

function wrongOf(report: GateReport, { verdict, exit, codes, witness }: PipelineCase["expect"]): readonly string[] {
  const findings = [...report.findings, ...report.undecided].filter(({ level }) => level !== "note");
  const found: readonly string[] = findings.flatMap(({ code, causes }) => [code, ...causes]);
  const wanted = exit ?? EXITS[verdict ?? ""] ?? 0;
  const isFound = witness === undefined || findings.some((finding) => hasWitness(finding, witness));
  return [
    ...(verdict === undefined || report.verdict === verdict ? [] : [`verdict is ${report.verdict}, not ${verdict}`]),
    ...(report.exit === wanted ? [] : [`exit is ${report.exit}, not ${wanted}`]),
    ...(codes ?? []).filter((code) => !found.includes(code)).map((code) => `${code} is not found`),
    ...(codes === undefined && found.length > 0 ? [`${found.join()} found`] : []),
    ...(isFound
      ? []
      : [`no witness is ${JSON.stringify(witness)}: ${JSON.stringify(findings.map((one) => one.witness))}`]),
  ];
}

function hasWitness({ witness }: GateFinding, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(witness?.[key]) === JSON.stringify(value));
}

/** The pipeline part of a gate configuration, as a case writes it. */
export function pipelineConfigOf(text: string | undefined): PipelineGateConfig {
  const read = (parse(text ?? "{}") ?? {}) as Partial<PipelineGateConfig>;
  return { mustSign: [], signerImages: [], tokenSecondsMax: 600, strict: false, ...read };
}

export function revisionOf(
  side: string,
  text: string,
  bundles: ReadonlyMap<string, readonly DefinitionFile[]> = new Map(),
): Revision {
  const files = [readDefinitionFile(`${side}.yaml`, toUtf8(text))];
  return toRevision({ files, bundles, knowledge: DEFAULT_KNOWLEDGE, read: (script) => shellScriptReader.read(script) });
}

const SETTING = {
  base: { oid: "before" },
  head: { oid: "after" },
  engine: { version: "0", re2js: "0", unicode: "0" },
  evaluatedAt: "2026-11-24T00:00:00Z",
};

/** What the bundles of the cases hold. */
function contentOf(name: string): readonly DefinitionFile[] {
  const text = CONTENTS[name];
  if (text === undefined) throw new Error(`no bundle ${name}`);
  return [readDefinitionFile(`${name}.yaml`, toUtf8(text))];
}

const CONTENTS: Readonly<Record<string, string>> = {
  "sign-task-v1": `apiVersion: tekton.dev/v1
kind: Task
metadata: { name: sign }
spec:
  params: [{ name: URL }, { name: DIGEST }]
  volumes:
    - name: sigstore
      projected: { sources: [{ serviceAccountToken: { path: token, expirationSeconds: 600, audience: sigstore } }] }
  steps:
    - name: sign
      image: registry.acme.example/countersign/sign@sha256:${"1".repeat(64)}
      script: countersign sign image $(params.URL)@$(params.DIGEST)
      volumeMounts: [{ name: sigstore, mountPath: /var/run/sigstore }]
`,
};
