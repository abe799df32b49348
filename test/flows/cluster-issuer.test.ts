import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import {
  startApiServer,
  type ApiServer,
  type ApiServerOptions,
} from "../../src/adapters/virtual/cluster/api-server.ts";
import { API_RESOURCES, OPENSHIFT_RESOURCES } from "../../src/adapters/virtual/cluster/resources.ts";
import { startSigstore, type Sigstore, type SigstoreOptions } from "../../src/adapters/virtual/sigstore/sigstore.ts";
import { COMMANDS } from "../../src/cmd/cli/commands.ts";
import { runCli } from "../../src/cmd/cli/run.ts";
import { addMs, type UnixMs } from "../../src/core/time.ts";
import { recordingIo } from "../setup/io.ts";

/** Nobody listens there, so that what is fetched from the issuer's own address is refused at once, and the API server has it. */
const ISSUER = "https://127.0.0.1:1";
const CONFIGURATION = "/api/v2/configuration";
const NO_ISSUERS = { status: 200, body: '{"issuers": []}' };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close(); // oxlint-disable-line no-await-in-loop -- clients before servers
});

/** What is different from a cluster and a Fulcio that fit. */
type Change = {
  readonly sigstore?: Partial<SigstoreOptions>;
  readonly api?: (sigstore: Sigstore) => Partial<ApiServerOptions>;
  readonly objects?: (api: ApiServer) => void;
  readonly issuer?: string;
  readonly account?: string;
  readonly token?: (api: ApiServer) => string;
};

describe("doctor --only cluster-issuer", () => {
  test("a cluster and a Fulcio that fit: ten answers, none of them a finding", async () => {
    const { probes, exit } = await doctor({});
    expect(states(probes)).toEqual(FITS);
    expect(exit).toBe(0);
    expect(probes.find(({ name }) => name.includes("D9"))?.detail).toMatch(
      /issues a certificate with SAN, issuer, token subject and SCT/,
    );
  });

  test.each<[string, string, string, { readonly detail: RegExp } & Change]>([
    [
      "another issuer in the configuration",
      "D1",
      "finding",
      {
        detail: /clusters\[\]\.issuer of prod-eu says https:\/\/127\.0\.0\.1:1\/; they differ by the slash/,
        issuer: `${ISSUER}/`,
      },
    ],
    [
      "another issuer in OpenShift's setting",
      "D1",
      "finding",
      { detail: /spec\.serviceAccountIssuer says https:\/\/new\.example/, objects: openshift("https://new.example") },
    ],
    [
      "OpenShift's default",
      "D1",
      "finding",
      { detail: /spec\.serviceAccountIssuer says https:\/\/kubernetes\.default\.svc/, objects: openshift("") },
    ],
    [
      "an issuer that is not https",
      "D1",
      "finding",
      {
        detail: /is not https: discovery is off/,
        issuer: "http://oidc.example",
        sigstore: { issuers: [{ name: "k", url: "http://oidc.example" }] },
      },
    ],
    [
      "the issuer of every cluster",
      "D1",
      "warn",
      {
        detail: /every cluster that sets none \(CFG-03\)/,
        issuer: "https://kubernetes.default.svc",
        sigstore: { issuers: [{ name: "k", url: "https://kubernetes.default.svc" }] },
      },
    ],
    [
      "the discovery document of another issuer",
      "D2",
      "finding",
      {
        detail: /gives the document of https:\/\/other\.example/,
        api: documents({ discovery: { issuer: "https://other.example", jwks_uri: `${ISSUER}/openid/v1/jwks` } }),
      },
    ],
    [
      "no discovery document",
      "D2",
      "undecided",
      {
        detail: /the API server does not give it: cluster\.malformed/,
        api: () => ({ issuer: { discovery: undefined, jwks: undefined } }),
      },
    ],
    [
      "keys over plain http",
      "D3",
      "finding",
      {
        detail: /jwks_uri is not https: http:\/\/keys\.example/,
        api: documents({ discovery: { issuer: ISSUER, jwks_uri: "http://keys.example/jwks" } }),
      },
    ],
    [
      "keys of another host",
      "D3",
      "warn",
      {
        detail: /the keys are at 127\.0\.0\.2:1, the issuer is 127\.0\.0\.1:1/,
        api: documents({ discovery: { issuer: ISSUER, jwks_uri: "https://127.0.0.2:1/jwks" } }),
      },
    ],
    [
      "a key that was rotated and not uploaded",
      "D4",
      "finding",
      { detail: /the API server has 1 keys, and not /, api: documents({ jwks: { keys: [{ kid: "old" }] } }) },
    ],
    [
      "an algorithm that is not announced",
      "D5",
      "finding",
      {
        detail: /signed with ES256, the issuer announces RS256/,
        api: documents({ discovery: { issuer: ISSUER, jwks_uri: `${ISSUER}/openid/v1/jwks` } }),
      },
    ],
    [
      "an issuer that Fulcio does not list",
      "D6",
      "finding",
      {
        detail: /does not list https:\/\/127\.0\.0\.1:1/,
        sigstore: {
          outage: (service, { path }) => (service === "fulcio" && path === CONFIGURATION ? NO_ISSUERS : undefined),
        },
      },
    ],
    [
      "another audience at Fulcio",
      "D6",
      "finding",
      {
        detail: /wants the audience "trusted-artifact-signer", not "sigstore"/,
        sigstore: { audience: "trusted-artifact-signer" },
      },
    ],
    [
      "another type at Fulcio",
      "D6",
      "finding",
      { detail: /reads tokens as of type "email"/, sigstore: { issuers: [{ name: "k", url: ISSUER, type: "email" }] } },
    ],
    [
      "an audience that the API server takes too",
      "D7",
      "finding",
      {
        detail: /the API server takes a token for sigstore as a credential/,
        api: () => ({ apiAudiences: ["sigstore"] }),
      },
    ],
    [
      "an account that there is not",
      "D8",
      "undecided",
      { detail: /no service account countersign\/nobody/, account: "countersign/nobody" },
    ],
    [
      "no right to ask for a token",
      "D8",
      "undecided",
      { detail: /cluster\.forbidden/, token: (api) => api.readerToken },
    ],
    [
      "no pod to bind the token to",
      "D8",
      "warn",
      {
        detail: /no pod runs as the account/,
        objects: (api) => void api.objects.remove(api.resource("pods"), { namespace: "countersign", name: "doctor" }),
      },
    ],
    [
      "tokens that live for an hour",
      "D8",
      "finding",
      {
        detail: /lives 3600 s, 600 s are allowed/,
        api: (sigstore) => ({ issueToken: (ask) => sigstore.issueToken({ ...ask, expirationSeconds: 3600 }) }),
      },
    ],
    [
      "a token that Fulcio refuses",
      "D9",
      "finding",
      {
        detail: /fulcio\.refused/,
        api: (sigstore) => ({ issueToken: (ask) => `${sigstore.issueToken(ask).slice(0, -8)}AAAAAAAA` }),
      },
    ],
    [
      "a Fulcio whose CT log does not answer",
      "D9",
      "undecided",
      {
        detail: /fulcio\.unreachable/,
        sigstore: { outage: (_, { path }) => (path === "/api/v2/signingCert" ? { status: 500 } : undefined) },
      },
    ],
  ])("%s is told by %s as %s", async (_, id, state, { detail, ...change }) => {
    const { probes, exit } = await doctor(change);
    const probe = probes.find(({ name }) => name.startsWith(`prod-eu ${id} `));
    expect(probe).toMatchObject({ state, detail: expect.stringMatching(detail) as string });
    expect(probe?.fix).toEqual(expect.any(String));
    expect(exit).toBe(probes.some((found) => found.state === "finding") ? 1 : state === "undecided" ? 3 : 0);
  });

  test("asks for nothing when only a look is asked for, and says so with --deep", async () => {
    const audit: unknown[] = [];
    const plain = await doctor({ api: () => ({ onAudit: (event) => audit.push(event) }) }, []);
    expect([plain.probes.some(({ group }) => group === "cluster-issuer"), audit.length]).toEqual([false, 0]);
    const deep = await doctor({ api: () => ({ onAudit: (event) => audit.push(event) }) }, ["--deep"]);
    expect([deep.probes.filter(({ group }) => group === "cluster-issuer").length, audit.length]).toEqual([10, 1]);
  });

  test("never prints the token", async () => {
    const issued: string[] = [];
    const change: Change = {
      api: (sigstore) => ({
        issueToken: (ask) => {
          const token = `${sigstore.issueToken(ask).slice(0, -8)}AAAAAAAA`;
          issued.push(token);
          return token;
        },
      }),
    };
    const { text } = await doctor(change);
    expect(issued).toHaveLength(1);
    for (const part of issued[0]?.split(".") ?? []) expect(text).not.toContain(part);
  });
});

const FITS = {
  D1: "ok",
  D2: "warn",
  D3: "ok",
  D4: "warn",
  D5: "ok",
  D6: "ok",
  D7: "ok",
  D8: "ok",
  D9: "ok",
  D10: "ok",
};

const now = (): UnixMs => systemClock.now();

type Row = {
  readonly group: string;
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly fix: string | null;
};

function states(probes: readonly Row[]): Readonly<Record<string, string>> {
  return Object.fromEntries(probes.map(({ name, state }) => [name.split(" ")[1] ?? "", state]));
}

function openshift(serviceAccountIssuer: string): (api: ApiServer) => void {
  return (api) => {
    const spec = serviceAccountIssuer === "" ? {} : { serviceAccountIssuer };
    api.objects.create(api.resource("authentications"), { metadata: { name: "cluster" }, spec });
  };
}

function documents(change: { readonly discovery?: unknown; readonly jwks?: unknown }) {
  return (sigstore: Sigstore): Partial<ApiServerOptions> => ({ issuer: { ...documentsOf(sigstore), ...change } });
}

function documentsOf({ issuers }: Sigstore): { readonly discovery: unknown; readonly jwks: unknown } {
  const [issuer] = issuers.values();
  if (!issuer) throw new Error("no issuer");
  return {
    discovery: { ...(issuer.discovery as object), jwks_uri: `${issuer.issuer}/openid/v1/jwks` },
    jwks: issuer.jwks,
  };
}

async function doctor(change: Change, flags: readonly string[] = ["--only", "cluster-issuer"]) {
  const folder = await mkdtemp(join(tmpdir(), "countersign-issuer-"));
  closing.unshift(() => rm(folder, { recursive: true }));
  const sigstore = await startSigstore({
    now,
    verifyPrehashed,
    issuers: [{ name: "k", url: ISSUER }],
    since: addMs(now(), -86_400_000),
    ...change.sigstore,
  });
  closing.unshift(() => sigstore.close());
  const api = await startApiServer({
    now,
    issueToken: sigstore.issueToken,
    issuer: documentsOf(sigstore),
    resources: [...API_RESOURCES, ...OPENSHIFT_RESOURCES],
    ...change.api?.(sigstore),
  });
  closing.unshift(() => api.close());
  const put = (plural: string, object: { readonly metadata: object; readonly spec?: object }): void =>
    void api.objects.create(api.resource(plural), {
      ...object,
      metadata: { namespace: "countersign", ...object.metadata },
    });
  put("serviceaccounts", { metadata: { name: "countersign-doctor" } });
  put("pods", {
    metadata: { name: "doctor" },
    spec: { serviceAccountName: "countersign-doctor", nodeName: "n" },
  });
  change.objects?.(api);
  const [kubeconfig, root, config] = ["kubeconfig", "root.json", "config.yaml"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(kubeconfig, kubeconfigOf(api, change.token?.(api) ?? api.adminToken));
  await writeFile(root, sigstore.trustedRoot);
  await writeFile(config, JSON.stringify(configOf(sigstore, { kubeconfig, root, issuer: change.issuer ?? ISSUER })));
  const { io, heard } = recordingIo({ now });
  const account = change.account === undefined ? [] : ["--service-account", change.account];
  await runCli(["doctor", "--config", config, "-o", "json", ...flags, ...account], io, COMMANDS);
  const { probes } = JSON.parse(heard.out) as { readonly probes: readonly Row[] };
  return { probes, exit: heard.exit, text: heard.out + heard.err };
}

function kubeconfigOf({ url }: ApiServer, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: url } }],
    users: [{ name: "u", user: { token } }],
  });
}

function configOf(
  { urls }: Sigstore,
  { kubeconfig, root, issuer }: { readonly kubeconfig: string; readonly root: string; readonly issuer: string },
): object {
  return {
    store: { url: "sqlite:/nonexistent/none.db" },
    clusters: [{ name: "prod-eu", kubeconfigFile: kubeconfig, issuer }],
    trust: { domains: [{ name: "private", fulcio: urls.fulcio, root: { file: { trustedRootFile: root } } }] },
  };
}
