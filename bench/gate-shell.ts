import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bug } from "../src/core/bug.ts";
import type { BenchRow } from "./bench.ts";
import budgets from "./budgets.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "..");
const FILES = 2000;
const POLICIES = 10;
const RUNS = 5;
const SECONDS_MAX = 1;
const MIB_MAX = 300;

/** What a process tells of itself when it ends. */
const TELL = `data:text/javascript,process.on("exit",()=>{const{userCPUTime:u,systemCPUTime:s,maxRSS:m}=process.resourceUsage();process.stderr.write(JSON.stringify([(u+s)/1e6,m/1024]))})`;

/** `gate check` from the shell, as a pull request meets it: a repository of 2,000 manifests, of which one policy changes. */
export function shellRows(): readonly BenchRow[] {
  const folder = mkdtempSync(join(tmpdir(), "countersign-gate-bench-"));
  try {
    makeRepository(folder);
    const runs = Array.from({ length: RUNS }, () => check(folder));
    const seconds = runs.map(([cpu = 0]) => cpu).toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
    const mib = Math.max(...runs.map(([, rss = 0]) => rss));
    const alone = { floor: null, peer: null, peerName: null };
    return [
      {
        ...alone,
        case: `gate check of ${FILES} files, one policy changed, from the shell`,
        unit: "s of CPU",
        ours: seconds,
        goal: budgets.gate.shell,
        met: seconds <= SECONDS_MAX,
      },
      { ...alone, case: "its memory", unit: "MiB", ours: mib, goal: budgets.gate.memory, met: mib <= MIB_MAX },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function check(folder: string): readonly number[] {
  const sides = ["--repo", folder, "--base", "main", "--head", "change"];
  const args = ["--import", TELL, "bin/countersign.mjs", "gate", "check", ...sides];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 1 || !stdout.includes("LOOSENED")) bug(`the bench says ${status}: ${stderr}`);
  const told: unknown = JSON.parse(stderr);
  return Array.isArray(told) ? told.map(Number) : [];
}

function makeRepository(folder: string): void {
  for (let i = 0; i < FILES - POLICIES; i++) write(folder, `apps/team-${i % 40}/app-${i}/app.yaml`, manifestOf(i));
  for (let i = 0; i < POLICIES; i++) write(folder, `policies/p${i}.yaml`, policyOf(i, "subject: https://a.example/x"));
  git(folder, "init", "-q", "-b", "main");
  git(folder, "add", ".");
  git(folder, "commit", "-q", "-m", "base");
  git(folder, "checkout", "-q", "-b", "change");
  write(folder, "policies/p3.yaml", policyOf(3, "subjectRegExp: ^https://a.example/x$"));
  git(folder, "commit", "-q", "-a", "-m", "change");
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function git(folder: string, ...args: readonly string[]): void {
  const person = ["-c", "user.name=Bench", "-c", "user.email=bench@example.invalid"];
  const { status, stderr } = spawnSync("git", [...person, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) bug(`git ${args.join(" ")}: ${stderr}`);
}

function policyOf(i: number, identity: string): string {
  return `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata:
  name: p${i}
spec:
  images:
  - glob: registry.example/team-${i}/**
  authorities:
  - keyless:
      url: https://fulcio.sigstore.dev
      identities:
      - issuer: https://a.example
        ${identity}
`;
}

function manifestOf(i: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${i}
  namespace: team-${i % 40}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-${i}
  template:
    metadata:
      labels:
        app: app-${i}
    spec:
      containers:
      - name: main
        image: registry.example/app-${i}:v1
        ports:
        - containerPort: 8080
        resources:
          limits:
            memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: app-${i}
  namespace: team-${i % 40}
spec:
  selector:
    app: app-${i}
  ports:
  - port: 80
    targetPort: 8080
`;
}
