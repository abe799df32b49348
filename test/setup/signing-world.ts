import { toHex } from "../../src/core/bytes/hex.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { Correlation } from "../../src/core/correlate/correlation.ts";
import { correlate } from "../../src/core/correlate/correlate.ts";
import { indexWorld } from "../../src/core/correlate/index-world.ts";
import type { SignatureLink } from "../../src/core/correlate/signature-link.ts";
import type { CorrelationWorld, Seen } from "../../src/core/correlate/world.ts";
import { parseDigestRef, sha256, type DigestRef } from "../../src/core/digest.ts";
import type { EventDigest, SigningEvent } from "../../src/core/entry/signing-event.ts";
import { toServiceAccountSan, type Identity } from "../../src/core/identity/identity.ts";
import { readTokenIssue, type TokenIssue } from "../../src/core/pipelines/audit-event.ts";
import { readPod, type Pod } from "../../src/core/pipelines/pod.ts";
import { readTaskRun, type TaskRun } from "../../src/core/pipelines/task-run.ts";
import { addMs, parseRfc3339, renderRfc3339, type UnixMs } from "../../src/core/time.ts";

/** One service account, one run of it and one entry by it: the smallest world in which an entry can be joined to a run. */
export const T0 = parseRfc3339("2026-11-23T10:00:00Z") as UnixMs;
export const ISSUER = "https://oidc.prod-eu.example";
export const BUILDER: Identity = {
  issuer: ISSUER,
  san: toServiceAccountSan({ namespace: "payments", serviceAccount: "builder" }),
  sanType: "uri",
};
export const CHAINS: Identity = {
  ...BUILDER,
  san: toServiceAccountSan({ namespace: "chains", serviceAccount: "controller" }),
};
export const UID = "5e0b7a44-7a64-4d3f-8a0e-0d9f1c2b3a4d";
export const OTHER = "6e0b7a44-7a64-4d3f-8a0e-0d9f1c2b3a4d";
export const JTI = "6f0b2c1e-6b0e-4f6e-9a53-6f3b8a6d2c11";
export const IMAGE = digest("1");
export const BUNDLE = digest("2");

export type Given = Omit<CorrelationWorld, "tokenIssues"> & {
  readonly issues: CorrelationWorld["tokenIssues"];
  readonly identity: Identity;
  readonly notBefore: UnixMs;
  readonly chain: SigningEvent["chain"];
  readonly digests: readonly EventDigest[];
  readonly extensions: Readonly<Record<string, string>>;
  readonly index: number;
};

export function join(given: Partial<Given>): Correlation {
  return correlate(indexWorld(world(given)), event(given));
}

export function world(given: Partial<Given>): CorrelationWorld {
  return {
    runs: given.runs ?? [],
    pipelineRuns: given.pipelineRuns ?? [],
    pods: given.pods ?? [],
    tokenIssues: given.issues ?? [],
    accounts: given.accounts ?? [],
    chainsConfigs: given.chainsConfigs ?? [],
    links: given.links ?? [],
    clusters: [
      { cluster: "prod-eu", issuers: [ISSUER], audiences: ["sigstore"], chains: CHAINS },
      { cluster: "staging", issuers: ["https://oidc.staging.example"], audiences: ["sigstore"] },
    ],
    logUrls: [{ log: "l", url: "https://log.example/" }],
    gaps: given.gaps ?? [],
  };
}

export function event(given: Partial<Given>): SigningEvent {
  const notBefore = given.notBefore ?? addMs(T0, 10_000);
  const keyed = given.chain === "none";
  const index = given.index ?? 7;
  return {
    log: "l",
    logIndex: index,
    leafHash: sha256(toUtf8(`leaf ${index}`)),
    kind: "dsse",
    apiVersion: "0.0.1",
    parsed: true,
    chain: given.chain ?? "verified",
    identities: keyed ? [] : [given.identity ?? BUILDER],
    ...(!keyed && {
      certificate: {
        sha256: sha256(toUtf8("cert")),
        serialHex: "ab",
        notBefore,
        notAfter: addMs(notBefore, 600_000),
        extensions: given.extensions ?? {},
      },
    }),
    eventTime: notBefore,
    timeBasis: "not-before",
    firstSeen: addMs(notBefore, 5000),
    signed: {},
    logged: {},
    digests: given.digests ?? [],
    flags: [],
  };
}

export function run(given: {
  uid?: string;
  name?: string;
  account?: string;
  namespace?: string;
  podName?: string;
  start?: UnixMs;
  end?: UnixMs;
  annotations?: Record<string, string>;
  results?: Record<string, unknown>;
  /** The uid of the PipelineRun above it. */
  pipeline?: string;
}): Seen<TaskRun> {
  const start = given.start ?? (given.end === undefined ? T0 : addMs(given.end, -60_000));
  const results = Object.entries(given.results ?? {}).map(([name, value]) => ({
    name,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
  return seen(
    readTaskRun({
      metadata: {
        uid: given.uid ?? UID,
        name: given.name ?? "sign",
        namespace: given.namespace ?? "payments",
        annotations: given.annotations ?? {},
        resourceVersion: "1",
        ...(given.pipeline !== undefined && {
          ownerReferences: [{ kind: "PipelineRun", name: "build", uid: given.pipeline, controller: true }],
        }),
      },
      spec: { serviceAccountName: given.account ?? "builder" },
      status: {
        podName: given.podName ?? "sign-pod",
        startTime: renderRfc3339(start),
        completionTime: renderRfc3339(given.end ?? addMs(start, 60_000)),
        results,
      },
    }),
  );
}

export function pod(given: { uid?: string; name?: string } = {}): Seen<Pod> {
  return seen(
    readPod({
      metadata: {
        uid: given.uid ?? "pod-1",
        name: given.name ?? "sign-pod",
        namespace: "payments",
        ownerReferences: [{ kind: "TaskRun", name: "sign", uid: UID, controller: true }],
      },
      spec: {
        serviceAccountName: "builder",
        nodeName: "worker-1",
        containers: [{ name: "step-sign" }],
        volumes: [{ projected: { sources: [{ serviceAccountToken: { audience: "sigstore" } }] } }],
      },
      status: { startTime: renderRfc3339(T0) },
    }),
  );
}

export function issue(given: { node?: string; audience?: string; metadata?: boolean }): Seen<TokenIssue> {
  const found = readTokenIssue({
    verb: "create",
    stage: "ResponseComplete",
    auditID: "a-1",
    user: { username: `system:node:${given.node ?? "worker-1"}` },
    objectRef: { resource: "serviceaccounts", subresource: "token", namespace: "payments", name: "builder" },
    responseStatus: { code: 201 },
    requestReceivedTimestamp: renderRfc3339(addMs(T0, 2500)),
    annotations: { "authentication.kubernetes.io/issued-credential-id": `JTI=${JTI}` },
    ...(given.metadata !== true && {
      requestObject: {
        spec: {
          audiences: [given.audience ?? "sigstore"],
          expirationSeconds: 600,
          boundObjectRef: {
            kind: "Pod",
            name: "sign-pod",
            uid: given.node === undefined ? "pod-1" : "pod-9",
          },
        },
      },
    }),
  });
  if (!found) throw new Error("the audit event of this test is none");
  return seen(found);
}

/** E4 alone: the audit log names the credential that the run wrote down, and no body. */
export function credential(): Partial<Given> {
  const only = issue({ metadata: true });
  const { credentialId = "" } = only.value;
  const second = pod({ uid: "pod-2", name: "neighbour" });
  return { runs: [run({ results: { CREDENTIAL_ID: credentialId } })], pods: [pod(), second], issues: [only] };
}

export function link(given: Partial<SignatureLink> = {}): SignatureLink {
  return {
    log: "l",
    logIndex: 7,
    repository: "registry.example/api",
    subject: IMAGE,
    bundle: BUNDLE,
    seenAt: T0,
    ...given,
  };
}

export function recorded(): Record<string, unknown> {
  return { LOG_ENTRIES: [{ log: "l", index: 7, leaf: leafHex(7) }] };
}

export function seen<T>(value: T): Seen<T> {
  return { cluster: "prod-eu", value, observedAt: addMs(T0, 120_000) };
}

export function leafHex(index: number): string {
  return toHex(sha256(toUtf8(`leaf ${index}`)));
}

export function textDigest(text: string): DigestRef {
  return parseDigestRef(`sha256:${toHex(sha256(toUtf8(text)))}`) as DigestRef;
}

export function digest(character: string): DigestRef {
  return parseDigestRef(`sha256:${character.repeat(64)}`) as DigestRef;
}
