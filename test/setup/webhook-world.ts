import { request as httpsRequest } from "node:https";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/adapters/system/clock.ts";
import type { RegistryOptions } from "../../src/adapters/virtual/registry/registry.ts";
import { readConfig } from "../../src/app/config/read.ts";
import { silentLog } from "../../src/app/telemetry/log.ts";
import type { GateMode } from "../../src/app/webhook/gate-mode.ts";
import { openWebhook, type OpenWebhook } from "../../src/app/webhook/open-webhook.ts";
import { ownCertificate, type ServingCertificate } from "../../src/app/webhook/serving-certificate.ts";
import { webhookHandler } from "../../src/app/webhook/webhook-handler.ts";
import { serveWebhook } from "../../src/app/webhook/webhook-server.ts";
import { bytePool } from "../../src/capabilities/admit/byte-pool.ts";
import { signArtifact } from "../../src/capabilities/sign/sign-artifact.ts";
import type { SigningJob } from "../../src/capabilities/sign/job.ts";
import type { AdmissionRequest } from "../../src/core/admission/review.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { addMs } from "../../src/core/time.ts";
import { never, newTarget, openSignerWorld, type SignerWorld, type Target } from "./signer-world.ts";

/** What the webhook answered, as the API server reads it. */
export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly response?: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: {
      readonly code: number;
      readonly message: string;
      readonly details: { readonly causes: readonly { readonly reason: string }[] };
    };
    readonly warnings?: readonly string[];
    readonly patch?: string;
    readonly auditAnnotations?: Readonly<Record<string, string>>;
  };
};

/** The webhook on a real port, over a whole embedded Sigstore and a registry. */
export type WebhookWorld = {
  readonly sigstore: SignerWorld;
  readonly opened: OpenWebhook;
  /** What nobody expected; empty unless a test is about that. */
  readonly bugs: readonly unknown[];
  readonly folder: string;
  readonly port: number;
  readonly useCertificate: (certificate: ServingCertificate) => void;
  readonly certificate: ServingCertificate;
  readonly signed: (layout?: Target["layout"]) => Promise<string>;
  readonly unsigned: () => Promise<string>;
  readonly writePolicy: (text: string) => Promise<void>;
  readonly post: (path: string, body: string | Uint8Array, ca?: string) => Promise<Answer>;
  readonly admit: (images: readonly string[], change?: JsonObject) => Promise<Answer>;
  readonly close: () => Promise<void>;
};

/** The policy of this world: images of the registry's `team/` are signed by the builder. */
export function policyText({ host, issuer }: Pick<SignerWorld, "host" | "issuer">, change = "", spec = ""): string {
  return `apiVersion: countersign.dev/v1alpha1
kind: TrustPolicy
metadata: {name: production}
spec:
  ${spec}
  authorities:
    builder:
      sigstore:
        root: private
        identities: [{issuer: "${issuer}", san: {uri: "https://kubernetes.io/namespaces/payments/serviceaccounts/builder"}}]
  families:
  - {name: team, images: ["${host}/team/**"], require: [{signature: builder}]}
${change}`;
}

export async function openWebhookWorld(
  kind: "rekor1" | "rekor2" = "rekor2",
  registry: RegistryOptions = {},
  /** What the configuration says beside that; whatever it names can be put into the folder. */
  more: (folder: string, sigstore: SignerWorld) => Promise<string> = async () => "",
  /** A register of deny rules in the folder, or `configmap`. */
  { denyRules, gatePolicy }: { readonly denyRules?: string; readonly gatePolicy?: GateMode } = {},
): Promise<WebhookWorld> {
  const sigstore = await openSignerWorld(kind, registry);
  const folder = await mkdtemp(join(tmpdir(), "countersign-webhook-"));
  const policyFile = join(folder, "policy.yaml");
  await writeFile(join(folder, "trusted_root.json"), sigstore.trustedRoot);
  await writeFile(join(folder, "config.yaml"), configText(folder, sigstore) + (await more(folder, sigstore)));
  await writeFile(policyFile, policyText(sigstore));
  const config = await readConfig({ env: {}, file: join(folder, "config.yaml") });
  const options = {
    policy: policyFile,
    ...(denyRules !== undefined && { denyRules: denyRules === "configmap" ? denyRules : join(folder, denyRules) }),
    ...(gatePolicy !== undefined && { gatePolicy }),
    cluster: "prod",
    ownNamespace: "countersign",
    pinTemplates: false,
  };
  const opened = await openWebhook(config, { HOME: folder }, options, silentLog);
  await opened.policy.refresh(systemClock.now());
  const { fault } = opened.policy.failure() ?? {};
  if (fault) throw fault;
  const issued = addMs(systemClock.now(), -61 * 86_400_000);
  const certificate = await ownCertificate(join(folder, "tls"), ["localhost", "127.0.0.1"])(issued);
  const handler = webhookHandler(opened.deps);
  const pool = bytePool(64 * 1024 * 1024);
  const bugs: unknown[] = [];
  const onBug = (error: unknown): void => void bugs.push(error);
  const server = await serveWebhook(handler, { host: "127.0.0.1", port: 0, certificate, pool, onBug });
  const post = (path: string, body: string | Uint8Array, ca = certificate.caBundle) =>
    send(server.port, path, body, ca);
  const newImage = async (): Promise<Target> => newTarget(sigstore, "referrer");
  return {
    sigstore,
    opened,
    bugs,
    folder,
    port: server.port,
    useCertificate: server.useCertificate,
    certificate,
    signed: async (layout = "referrer") => {
      const target = { ...(await newImage()), layout };
      await sign(sigstore, { kind: "image", image: target });
      return nameOf(target);
    },
    unsigned: async () => nameOf(await newImage()),
    writePolicy: async (text) => {
      await writeFile(policyFile, text);
      await opened.policy.refresh(systemClock.now());
    },
    post,
    admit: (images, change = {}) => post("/admit?timeout=10s", JSON.stringify(reviewOf(images, change))),
    close: async () => {
      await server.close();
      await Promise.all([opened.close(), sigstore.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

export async function sign(sigstore: SignerWorld, job: SigningJob): Promise<void> {
  const { verdict } = await signArtifact(sigstore.ports)([job], never);
  if (verdict.kind !== "pass") throw new Error(`not signed: ${JSON.stringify(verdict)}`);
}

function nameOf({ repository, image }: Target): string {
  return `${repository}@${image.digest}`;
}

function configText(folder: string, { host }: SignerWorld): string {
  return `apiVersion: countersign.dev/v1alpha1
kind: Config
trust: {domains: [{name: private, root: {file: {trustedRootFile: ${join(folder, "trusted_root.json")}}}}]}
placements: [{match: {default: true}, domain: private}]
registries: [{host: "${host}", plainHttp: true}]
`;
}

/** The review of a pod of one container an image. */
export function reviewOf(images: readonly string[], change: JsonObject = {}): JsonObject {
  const containers = images.map((image, i) => ({ name: `c${i}`, image }));
  const request: Partial<Record<keyof AdmissionRequest | "userInfo", JsonObject[string]>> = {
    uid: "u-1",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: { group: "", version: "v1", resource: "pods" },
    namespace: "payments",
    name: "api",
    operation: "CREATE",
    userInfo: { username: "dev" },
    object: { apiVersion: "v1", kind: "Pod", metadata: { name: "api" }, spec: { containers } },
  };
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: { ...request, ...change } };
}

function send(port: number, path: string, body: string | Uint8Array, ca: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "localhost",
      port,
      path,
      method: "POST",
      ca,
      agent: false,
      headers: { "content-type": "application/json" },
    };
    const request = httpsRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(toAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function toAnswer(status: number, text: string): Answer {
  return {
    status,
    text,
    ...(status === 200 && { response: (JSON.parse(text) as Required<Pick<Answer, "response">>).response }),
  };
}
