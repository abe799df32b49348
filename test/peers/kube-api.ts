import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { issueAuthority, issueServing } from "../../src/app/webhook/issue-certificates.ts";
import { openAdmittingApi, type AdmittingApi, type ApiAnswer, type ApiObject } from "../setup/admitting-api.ts";
import { waitUntil } from "../setup/wait-until.ts";
import { peer } from "./peer-world.ts";
import { freePorts } from "./server-process.ts";

const KUBE_APISERVER = peer("kube-apiserver-v1.37.2");
const ETCD = ["/usr/bin/etcd", "/usr/local/bin/etcd"].find((path) => existsSync(path));
const TOKEN = "a-token-for-one-test";
/** What the API server calls itself in tokens. */
export const KUBE_ISSUER = "https://accounts.example";
const READY_MS = 60_000;

/** The API servers that there are: the stand-in always, Kubernetes' own where it and etcd could be had. */
export const API_SERVERS: readonly (readonly [string, (folder: string) => Promise<AdmittingApi>])[] = [
  ["the stand-in API server", async () => openAdmittingApi()],
  ...(KUBE_APISERVER !== undefined && ETCD !== undefined
    ? [["kube-apiserver v1.37.2", (folder: string) => startKube(folder, KUBE_APISERVER, ETCD)] as const]
    : []),
];

/** Kubernetes' own API server, where it could be had, with how to reach it. */
export const startKubeApi: ((folder: string) => Promise<KubeApi>) | undefined =
  KUBE_APISERVER !== undefined && ETCD !== undefined ? (folder) => startKube(folder, KUBE_APISERVER, ETCD) : undefined;

/** `adminToken` is of the group system:masters, whom RBAC does not bind. */
export type KubeApi = AdmittingApi & {
  readonly server: string;
  readonly ca: string;
  readonly adminToken: string;
  /** As somebody else than the administrator (impersonation). */
  readonly askAs: (user: User, ...request: Parameters<AdmittingApi["ask"]>) => Promise<ApiAnswer>;
};
export type User = { readonly name: string; readonly groups: readonly string[] };

async function startKube(folder: string, kube: string, etcd: string): Promise<KubeApi> {
  const home = join(folder, "kube");
  await mkdir(home, { recursive: true });
  const [client = 0, ring = 0, port = 0] = await freePorts(3);
  const authority = issueAuthority(systemClock.now());
  const serving = issueServing(authority, ["localhost", "127.0.0.1"], systemClock.now());
  execFileSync("openssl", ["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", join(home, "accounts.key")]);
  await writeFile(join(home, "tls.crt"), serving.certificate);
  await writeFile(join(home, "tls.key"), serving.key);
  await writeFile(join(home, "tokens.csv"), `${TOKEN},admin,admin,system:masters\n`);
  const store = run(home, etcd, [
    "--data-dir=store",
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${ring}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${ring}`,
    `--initial-cluster=default=http://127.0.0.1:${ring}`,
  ]);
  const server = run(home, kube, [
    `--etcd-servers=http://127.0.0.1:${client}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--tls-cert-file=tls.crt",
    "--tls-private-key-file=tls.key",
    "--cert-dir=certs",
    `--service-account-issuer=${KUBE_ISSUER}`,
    "--service-account-key-file=accounts.key",
    "--service-account-signing-key-file=accounts.key",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--token-auth-file=tokens.csv",
    "--authorization-mode=RBAC",
    // Nobody makes default accounts here, and pods would wait for them.
    "--disable-admission-plugins=ServiceAccount",
  ]);
  const at = { port, ca: authority.certificate };
  const ask: AdmittingApi["ask"] = (method, path, object) => send({ ...at, headers: {} }, method, path, object);
  const ready = async (): Promise<void> => {
    if (server.exitCode !== null) throw new Error("kube-apiserver ended");
    const { status } = await ask("GET", "/readyz");
    if (status !== 200) throw new Error(`readyz: ${status}`);
  };
  await waitUntil(ready, { timeoutMs: READY_MS, everyMs: 200 });
  return {
    ask,
    askAs: ({ name, groups }, method, path, object) =>
      send({ ...at, headers: { "impersonate-user": name, "impersonate-group": [...groups] } }, method, path, object),
    server: `https://localhost:${port}`,
    ca: authority.certificate,
    adminToken: TOKEN,
    close: async () => {
      await stop(server);
      await stop(store);
    },
  };
}

function run(cwd: string, program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { cwd, env: { PATH: process.env["PATH"], HOME: cwd }, stdio: "ignore" });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => void child.once("exit", () => done()));
  child.kill("SIGKILL");
  await ended;
}

type At = { readonly port: number; readonly ca: string; readonly headers: OutgoingHttpHeaders };

function send({ port, ca, headers: more }: At, method: string, path: string, object?: object): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...more };
    const asked = request({ host: "localhost", port, ca, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => void (text += chunk));
      response.on("end", () => {
        const warnings = [...(response.headers["warning"] ?? "").matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)];
        resolve({
          status: response.statusCode ?? 0,
          body: toObject(text),
          warnings: warnings.map(([, said = ""]) => said),
        });
      });
    });
    asked.on("error", reject);
    asked.end(object === undefined ? undefined : JSON.stringify(object));
  });
}

/** `/readyz` answers in plain text. */
function toObject(text: string): ApiObject {
  return text.startsWith("{") ? (JSON.parse(text) as ApiObject) : { message: text };
}
