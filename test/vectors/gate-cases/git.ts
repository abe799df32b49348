import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../../src/cmd/cli/commands.ts";
import { runCli } from "../../../src/cmd/cli/run.ts";
import { gitAt, makeRepository, makeWorkshop, type TestRepository } from "../../setup/git-repository.ts";
import { recordingIo, type Heard } from "../../setup/io.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";

type GitCase = GateCase & {
  setup: string;
  gate?: string;
  expect: { exit?: number; verdict?: string; codes?: string[]; witness?: { image?: string; evidence?: unknown[] } };
};

/** What a setup leaves behind: where to ask, for what, and what must hold afterwards beside the report. */
type Scene = {
  readonly repository: string;
  readonly sides?: readonly string[];
  readonly wrongAfter?: (heard: Heard) => readonly string[];
};
type Setup = (repository: TestRepository, folder: string) => Scene;

const SIGNER = "https://kubernetes.io/namespaces/pay/serviceaccounts/b";

function policy(name: string, authority: string): string {
  return `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: ${name}}
spec:
  images: [{glob: "ghcr.io/acme/**"}]
  authorities:
  - ${authority}
`;
}

function keyless(...subjects: readonly string[]): string {
  const identities = subjects.map((subject) => `{issuer: "https://kubernetes.default.svc", ${subject}}`);
  return `keyless: {url: "https://fulcio.sigstore.dev", identities: [${identities.join(", ")}]}`;
}

const STRICT = policy("pay", keyless(`subject: "${SIGNER}"`));
const LOOSE = policy("pay", keyless(`subject: "${SIGNER}"`, `subject: "${SIGNER}2"`));
/** Lets in a text that no certificate can have. */
const THEORETICAL = policy("pay", keyless(`subject: "${SIGNER}"`, `subject: "nobody"`));
const ALLOWING = `apiVersion: v1
kind: ConfigMap
metadata: {name: config-policy-controller, namespace: cosign-system}
data: {no-match-policy: allow}
`;
const KEYED = `key: {data: "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8nXRh950IZbRj8Ra/N9sbqOPZrfM\\n5/KAQN0/KjHcorm/J5yctVd7iEcnessRQjU917hmKO6JWVGHpDguIyakZA==\\n-----END PUBLIC KEY-----\\n"}`;

/** By what the text of a setup says. */
const SETUPS: readonly (readonly [RegExp, Setup])[] = [
  [/git replace/, replaced],
  [/CIP a and CIP b/, harmlessAlone],
  [/same line/, conflicting],
  [/symlink/, linkedOut],
  [/gitlink/, moduled],
  [/core\.fsmonitor/, hostile],
  [/--head=--output/, optionLike],
  [/depth 1 clone/, shallow],
  [/blockTier/, weakened],
];

/** Runs a case about Git: makes the repository that its setup tells of, and asks `gate check` as a person would. */
export async function runGitCase(given: GateCase): Promise<CaseResult> {
  const c = given as GitCase;
  const setup = SETUPS.find(([words]) => words.test(c.setup))?.[1];
  if (!setup) return { passed: false, why: `nothing makes "${c.setup}"` };
  const { folder, remove } = makeWorkshop();
  try {
    const repository = makeRepository(folder);
    const { repository: place, sides, wrongAfter } = setup(repository, folder);
    const objects = repository.objectCount();
    const asked = sides ?? c.gate?.split(" ") ?? ["--base", "main", "--head", "feature"];
    const heard = await gateCheck("--repo", place, ...asked, "-o", "json");
    const wrong = [...wrongOf(heard, c.expect), ...(wrongAfter?.(heard) ?? [])];
    if (repository.objectCount() !== objects) wrong.push("the object store of the repository changed");
    return resultOf(wrong);
  } finally {
    remove();
  }
}

async function gateCheck(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo({ env: { PATH: process.env["PATH"] } });
  await runCli(["gate", "check", ...argv], io, COMMANDS);
  return heard;
}

type Report = {
  readonly verdict: string;
  readonly findings: readonly {
    readonly code: string;
    readonly witness?: { readonly image?: string; readonly evidence?: unknown };
  }[];
  readonly undecided: readonly { readonly code: string }[];
};

function wrongOf({ out, err, exit }: Heard, expected: GitCase["expect"]): string[] {
  const report = out === "" ? NO_REPORT : (JSON.parse(out) as Report);
  const codes = new Set([...report.findings, ...report.undecided].map(({ code }) => code));
  return [
    ...differs("exit", exit, expected.exit, err),
    ...differs("verdict", report.verdict, expected.verdict, err),
    ...(expected.codes ?? []).filter((code) => !codes.has(code)).map((code) => `no ${code}`),
    ...witnessWrong(report, expected.witness),
  ];
}

const NO_REPORT: Report = { verdict: "none", findings: [], undecided: [] };

function differs<T extends string | number>(
  what: string,
  is: T,
  should: T | undefined,
  err: string,
): readonly string[] {
  return should === undefined || is === should ? [] : [`${what} is ${is}, not ${should}: ${err}`];
}

function witnessWrong({ findings }: Report, expected: GitCase["expect"]["witness"]): readonly string[] {
  if (!expected) return [];
  const isShown = findings.some(
    ({ witness }) =>
      witness?.image?.startsWith(expected.image ?? "") === true &&
      JSON.stringify(witness.evidence) === JSON.stringify(expected.evidence),
  );
  return isShown ? [] : [`no witness ${JSON.stringify(expected)}`];
}

function bothSides(repository: TestRepository, base: string, head: string): void {
  repository.commit({ "policy.yaml": base });
  repository.git("checkout", "-q", "-b", "feature");
  repository.commit({ "policy.yaml": head });
}

function replaced(repository: TestRepository): Scene {
  bothSides(repository, STRICT, LOOSE);
  const [strict = "", loose = ""] = ["main", "feature"].map((side) =>
    repository.git("rev-parse", `${side}:policy.yaml`),
  );
  repository.git("replace", strict, loose);
  return { repository: repository.root };
}

function harmlessAlone(repository: TestRepository): Scene {
  const [a, b] = [policy("a", KEYED), policy("b", KEYED)];
  repository.commit({ "a.yaml": a, "b.yaml": b, "config.yaml": ALLOWING });
  repository.git("checkout", "-q", "-b", "feature");
  repository.commit({ "b.yaml": b, "config.yaml": ALLOWING });
  repository.git("checkout", "-q", "main");
  repository.commit({ "a.yaml": a, "config.yaml": ALLOWING });
  return { repository: repository.root };
}

function conflicting(repository: TestRepository): Scene {
  bothSides(repository, STRICT, LOOSE);
  repository.git("checkout", "-q", "main");
  repository.commit({ "policy.yaml": THEORETICAL });
  return { repository: repository.root };
}

function linkedOut(repository: TestRepository): Scene {
  repository.commit({ "policy.yaml": STRICT });
  repository.git("checkout", "-q", "-b", "feature");
  repository.commit({ "policy.yaml": { link: "/etc/passwd" } });
  return {
    repository: repository.root,
    wrongAfter: ({ out, err }) => (`${out}${err}`.includes("root:") ? ["the content was printed"] : []),
  };
}

function moduled(repository: TestRepository): Scene {
  repository.commit({ "policies/policy.yaml": STRICT });
  repository.git("checkout", "-q", "-b", "feature");
  repository.git("rm", "-q", "-r", "policies");
  repository.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},policies`);
  repository.git("commit", "-q", "-m", "module");
  return { repository: repository.root };
}

function hostile(repository: TestRepository, folder: string): Scene {
  bothSides(repository, STRICT, LOOSE);
  const marker = join(folder, "marker");
  const script = join(folder, "script");
  writeFileSync(script, `#!/bin/sh\ntouch '${marker}'\n`);
  chmodSync(script, 0o755);
  for (const name of ["core.fsmonitor", "diff.external", "filter.x.smudge", "core.sshCommand", "merge.x.driver"])
    repository.git("config", name, script);
  repository.git("config", "core.hooksPath", folder);
  writeFileSync(join(repository.root, ".git/info/attributes"), "* filter=x diff=x merge=x\n");
  return {
    repository: repository.root,
    wrongAfter: ({ exit }) => [
      ...(existsSync(marker) ? ["a command of the repository ran"] : []),
      ...(exit === 1 ? [] : [`exit is ${exit}, not that without the configuration`]),
    ],
  };
}

function optionLike(repository: TestRepository, folder: string): Scene {
  bothSides(repository, STRICT, LOOSE);
  const file = join(folder, "x");
  return {
    repository: repository.root,
    sides: ["--base", "main", `--head=--output=${file}`],
    wrongAfter: () => (existsSync(file) ? ["a file was made"] : []),
  };
}

function shallow(repository: TestRepository, folder: string): Scene {
  bothSides(repository, STRICT, LOOSE);
  gitAt(folder)("clone", "-q", "--depth", "1", "--branch", "feature", `file://${repository.root}`, "clone");
  return {
    repository: join(folder, "clone"),
    wrongAfter: ({ err }) =>
      /git -C \S+ fetch --unshallow origin \+refs\/heads\/main:/.test(err) ? [] : [`no command: ${err}`],
  };
}

function weakened(repository: TestRepository): Scene {
  repository.commit({ "policy.yaml": STRICT, ".countersign/gate.yaml": "blockTier: theoretical\n" });
  repository.git("checkout", "-q", "-b", "feature");
  repository.commit({ "policy.yaml": THEORETICAL, ".countersign/gate.yaml": "blockTier: issuable\n" });
  return { repository: repository.root };
}
