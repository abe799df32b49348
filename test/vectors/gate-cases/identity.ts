import { parse } from "yaml";
import { readDocuments } from "../../../src/adapters/manifests/documents.ts";
import { compileSearching, re2jsCompiler } from "../../../src/adapters/re2js/regex-compiler.ts";
import { GATE_CONFIG_PATH, type GatheredChange } from "../../../src/capabilities/gate/gather-change.ts";
import { judgeFiles } from "../../../src/capabilities/gate/judge-files.ts";
import { compileGlob } from "../../../src/core/automata/glob.ts";
import { exactly } from "../../../src/core/automata/program.ts";
import { toUtf8 } from "../../../src/core/bytes/utf8.ts";
import { DEFAULT_GATE_CONFIG } from "../../../src/core/gate/config/gate-config.ts";
import type { GateFinding } from "../../../src/core/gate/finding.ts";
import type { BoxTexts, IdentityBox } from "../../../src/core/gate/identity/box.ts";
import type { IdentitySide } from "../../../src/core/gate/identity/identity-question.ts";
import { judgeIdentities } from "../../../src/core/gate/identity/judge-identities.ts";
import { readRegister } from "../../../src/core/gate/identity/read-register.ts";
import type { IdentityRegister } from "../../../src/core/gate/identity/register.ts";
import { managedAccounts } from "../../../src/core/gate/identity/signers.ts";
import { judgePipelines } from "../../../src/core/gate/judge-pipelines.ts";
import { toGateReport } from "../../../src/core/gate/report.ts";
import { parseRfc3339, type UnixMs } from "../../../src/core/time.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";
import { pipelineConfigOf, revisionOf } from "./pipeline.ts";

type Text = { readonly exact?: string; readonly re2?: string };
type IdentityCase = GateCase & {
  now?: string;
  register: string;
  registerAfterAdds?: Readonly<Record<string, string>>;
  box?: { issuer: Text; san: Text; images: readonly string[] };
  fulcioBefore?: unknown;
  fulcioAfter?: unknown;
  before?: string;
  after?: string;
  signingServiceAccountBefore?: string;
  signingServiceAccountAfter?: string;
  expect: { exit: number; codes: readonly string[]; witness?: Readonly<Record<string, unknown>> };
};

/** Runs a case about identities: exit code, codes and the witness members that the case names. */
export function runIdentityCase(given: GateCase): CaseResult {
  const c = given as IdentityCase;
  const now = parseRfc3339(c.now ?? "2026-11-24T00:00:00Z") as UnixMs;
  const [before, after] = [registerOf(c.register), registerOf(grown(c.register, c.registerAfterAdds))];
  const old = revisionOf("before", manifestsOf(c.before, c.fulcioBefore, c.signingServiceAccountBefore));
  const head = revisionOf("after", manifestsOf(c.after, c.fulcioAfter, c.signingServiceAccountAfter));
  const accounts = managedAccounts(before, now);
  const sides: Record<"before" | "after", IdentitySide> = {
    before: { scene: old.scene, boxes: [], register: before },
    after: { scene: head.scene, boxes: c.box ? [boxOf(c.box)] : [], register: after },
  };
  const parts = [
    judgeFiles(filesOf(c.register, grown(c.register, c.registerAfterAdds))),
    judgeIdentities({
      ...sides,
      now,
      patterns: re2jsCompiler,
      config: { allowedSubjects: [], strict: false, trustRoots: {} },
    }),
    judgePipelines({
      before: old,
      after: head,
      config: pipelineConfigOf(undefined),
      accounts: { isManaged: (identity) => accounts.has(identity) },
    }),
  ];
  const report = toGateReport(parts, SETTING);
  return resultOf(wrongOf([...report.findings, ...report.undecided], report.exit, c));
}

function wrongOf(all: readonly GateFinding[], exit: number, { expect }: IdentityCase): readonly string[] {
  const findings = all.filter(({ level }) => level !== "note");
  const codes: readonly string[] = findings.flatMap(({ code, causes }) => [code, ...causes]);
  const { witness } = expect;
  const isFound =
    witness === undefined ||
    findings.some((finding) => {
      const known: Readonly<Record<string, unknown>> = { ...finding.witness, tier: finding.tier };
      return Object.entries(witness).every(([key, value]) => known[key] === value);
    });
  return [
    ...(exit === expect.exit ? [] : [`exit is ${exit}, not ${expect.exit}`]),
    ...expect.codes.filter((code) => !codes.includes(code)).map((code) => `${code} is not found`),
    ...(expect.codes.length === 0 && codes.length > 0 ? [`${codes.join()} found`] : []),
    ...(isFound
      ? []
      : [`no witness is ${JSON.stringify(witness)}: ${JSON.stringify(findings.map((one) => one.witness))}`]),
  ];
}

function registerOf(text: string): IdentityRegister {
  const { documents, problems } = readDocuments([{ path: ".countersign/identities.yaml", bytes: toUtf8(text) }]);
  const read = readRegister(documents, re2jsCompiler);
  if (!read.register) throw new Error([...problems, ...read.problems].map(({ message }) => message).join("; "));
  return read.register;
}

/** The register with one more entry, like its first but for what is given. */
function grown(text: string, added: Readonly<Record<string, string>> | undefined): string {
  if (!added) return text;
  const document = parse(text) as { identities: Record<string, unknown>[] };
  const { workload: _, ...first } = document.identities[0] ?? {};
  return JSON.stringify({ ...document, identities: [...document.identities, { ...first, ...added }] });
}

const sideOf = (text: string): GatheredChange["base"] => ({
  contents: new Map(),
  manifests: [],
  own: new Map([[".countersign/identities.yaml", toUtf8(text)]]),
  waivers: [],
  outside: new Map(),
  modules: [],
  problems: [],
});

/** The register as a file on both sides. */
function filesOf(before: string, after: string): GatheredChange {
  return { config: DEFAULT_GATE_CONFIG, configPath: GATE_CONFIG_PATH, base: sideOf(before), head: sideOf(after) };
}

function boxOf({ issuer, san, images }: NonNullable<IdentityCase["box"]>): IdentityBox {
  return {
    key: JSON.stringify([issuer, san, images]),
    name: "ClusterImagePolicy pay",
    issuer: languageOf(issuer),
    san: languageOf(san),
    images: images.map((glob) => {
      const compiled = compileGlob("pc", glob);
      if (!compiled.ok) throw new Error(compiled.detail);
      return { inside: [compiled.value], outside: [] };
    }),
    place: { file: "policy.yaml", line: 1, pointer: "" },
  };
}

function languageOf({ exact, re2 }: Text): BoxTexts {
  if (exact !== undefined) return { inside: [exactly(exact)], outside: [], exact };
  const compiled = compileSearching(re2 ?? "");
  if (!compiled.ok) throw new Error(compiled.detail);
  return { inside: [compiled.value], outside: [] };
}

/** The abbreviated inputs of a case as manifests: its own, Fulcio's configuration, and a run that signs as an account. */
function manifestsOf(own: string | undefined, fulcio: unknown, account: string | undefined): string {
  return [
    ...(own === undefined ? [] : [own]),
    ...(fulcio === undefined ? [] : [JSON.stringify(fulcio)]),
    ...(account === undefined ? [] : [runOf(account)]),
  ].join("\n---\n");
}

function runOf(account: string): string {
  const [namespace, serviceAccount] = account.split("/");
  const digest = `sha256:${"1".repeat(64)}`;
  const steps = [{ name: "sign", image: `sign@${digest}`, script: `cosign sign ghcr.io/acme/pay/api@${digest}` }];
  return JSON.stringify({
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: { generateName: "release-", namespace },
    spec: {
      taskRunSpecs: [{ pipelineTaskName: "sign", serviceAccountName: serviceAccount }],
      pipelineSpec: { tasks: [{ name: "sign", taskSpec: { steps } }] },
    },
  });
}

const SETTING = {
  base: { oid: "before" },
  head: { oid: "after" },
  engine: { version: "0", re2js: "0", unicode: "0" },
  evaluatedAt: "2026-11-24T00:00:00Z",
};
