import type { Correlation } from "../../src/core/correlate/correlation.ts";
import { correlate } from "../../src/core/correlate/correlate.ts";
import { judgeClaimed } from "../../src/core/correlate/closed-world.ts";
import { indexWorld } from "../../src/core/correlate/index-world.ts";
import type { Seen } from "../../src/core/correlate/world.ts";
import type { DetectWorld, ObservedAct } from "../../src/core/detect/detector.ts";
import { toServiceAccountSan, type Identity } from "../../src/core/identity/identity.ts";
import type { RunningContainer } from "../../src/core/inventory/running-container.ts";
import { readChainsConfig } from "../../src/core/pipelines/chains-config.ts";
import { readTokenIssue, type TokenIssue } from "../../src/core/pipelines/audit-event.ts";
import { readFields } from "../../src/core/pipelines/field-reader.ts";
import { readObjectMeta } from "../../src/core/pipelines/object-meta.ts";
import { readPod } from "../../src/core/pipelines/pod.ts";
import { readTaskRun, type TaskRun } from "../../src/core/pipelines/task-run.ts";
import type { SignerPolicy } from "../../src/core/policy/signer-policy.ts";
import { addMs, parseRfc3339, type UnixMs } from "../../src/core/time.ts";
import { CONTEXT, signerPolicyOf } from "./policy-set.ts";
import { BUILDER, IMAGE, digest, event, leafHex, link, run, seen, world } from "./signing-world.ts";

/** What a detector's page says of a case, in the words of its JSON examples. */
export type Scenario = {
  readonly repository: string;
  /** `namespace/account`, or `none`: nobody signed. */
  readonly signer: string;
  /** When it was signed; a working hour unless given. */
  readonly at?: string;
  /** The namespace in which the image runs; nowhere unless given. */
  readonly runs?: string;
  /** `records`, the default: a run lists the entry; `none`: there is no run. */
  readonly run?: "records" | "none";
  readonly exception?: "active" | "ended";
  /** Who issued the token; the cluster `prod-eu` unless given. */
  readonly issuer?: string;
  /** What started the run, as Pipelines-as-Code writes it. */
  readonly event?: string;
  /** Whether `staging` issues tokens under the name of `prod-eu`. */
  readonly collides?: true;
  /** What the cluster `prod-eu` shows beside it: objects and audit events, as the API server writes them. */
  readonly objects?: readonly { readonly kind: string }[];
};

/** An image that a registry has, and of which no signature is known. */
const UNSIGNED = digest("9");
const WORKING_HOUR = "2026-11-23T10:00:00Z";

/** The world of a scenario: family `payments` may be signed by `payments/builder`, Monday to Friday 07 to 19 UTC. */
export function detectWorld(scenarios: readonly Scenario[]): DetectWorld {
  const acted = scenarios.flatMap((scenario, i) => (scenario.signer === "none" ? [] : [actOf(scenario, i)]));
  const objects = scenarios.flatMap((scenario) => scenario.objects ?? []);
  const of = <T>(kind: string, read: (object: unknown) => T) =>
    objects.filter((item) => item.kind === kind).map((item) => seen(read(item)));
  const estate = world({
    runs: [...acted.flatMap(({ runs }) => runs), ...of("TaskRun", readTaskRun)],
    pods: of("Pod", readPod),
    issues: of("Event", (item) => readTokenIssue(item) as TokenIssue),
    chainsConfigs: of("ConfigMap", readChainsConfig),
    accounts: of("ServiceAccount", (object) => readObjectMeta(readFields(object, []))),
    links: acted.flatMap(({ act }) => act.links),
  });
  const collides = scenarios.some((scenario) => scenario.collides === true);
  return {
    acts: acted.map(({ act }) => act),
    estate: {
      ...estate,
      clusters: estate.clusters.map((cluster) => (collides ? { ...cluster, issuers: [BUILDER.issuer] } : cluster)),
    },
    stepIdentities: [BUILDER],
    resolved: new Set([IMAGE, UNSIGNED]),
    asOf: parseRfc3339("2026-11-23T12:00:00Z") as UnixMs,
    containers: scenarios.flatMap((scenario, i) => (scenario.runs === undefined ? [] : [containerOf(scenario, i)])),
    policy: policyOf(scenarios[0]?.exception),
  };
}

function timeOf({ at = WORKING_HOUR }: Scenario): UnixMs {
  return parseRfc3339(at) as UnixMs;
}

function identityOf({ signer, issuer = BUILDER.issuer }: Scenario): Identity {
  const [namespace = "", serviceAccount = ""] = signer.split("/");
  return { ...BUILDER, issuer, san: toServiceAccountSan({ namespace, serviceAccount }) };
}

function actOf(
  scenario: Scenario,
  index: number,
): { readonly act: ObservedAct; readonly runs: readonly Seen<TaskRun>[] } {
  const notBefore = timeOf(scenario);
  const [namespace = "", account = ""] = scenario.signer.split("/");
  const signing = event({ index, notBefore, identity: identityOf(scenario) });
  const results = { LOG_ENTRIES: [{ log: "l", index, leaf: leafHex(index) }] };
  const annotations = scenario.event === undefined ? {} : { "pipelinesascode.tekton.dev/event-type": scenario.event };
  const runs =
    scenario.run === "none"
      ? []
      : [run({ start: addMs(notBefore, -10_000), account, namespace, results, annotations })];
  const known = indexWorld(world({ runs }));
  const correlation: Correlation = correlate(known, signing);
  const asOf = addMs(notBefore, 3_600_000);
  const claimed = judgeClaimed({ index: known, stepIdentities: [BUILDER], asOf }, signing, correlation);
  const links = [link({ logIndex: index, repository: `registry.example/${scenario.repository}` })];
  return { act: { event: signing, correlation, links, ...(claimed && { claimed }) }, runs };
}

function containerOf(scenario: Scenario, index: number): RunningContainer {
  const isExpected = scenario.signer === "payments/builder";
  const startedAt = addMs(timeOf(scenario), 300_000);
  return {
    cluster: "prod-eu",
    namespace: scenario.runs ?? "",
    pod: `pod-${index}`,
    podUid: `pod-${index}`,
    container: "api",
    containerKind: "container",
    image: `registry.example/${scenario.repository}:1`,
    imageId: `registry.example/${scenario.repository}@${IMAGE}`,
    repository: `registry.example/${scenario.repository}`,
    digest: IMAGE,
    owners: [],
    startedAt,
    match: scenario.signer === "none" ? "no-match" : "match-index",
    signing: scenario.signer === "none" ? "unsigned" : isExpected ? "signed" : "unexpected-identity",
    signers: scenario.signer === "none" ? [] : [identityOf(scenario)],
    events: scenario.signer === "none" ? [] : [{ log: "l", logIndex: index }],
    grade: "A",
    reasons: [],
  };
}

/** The policy of the scenarios, with an exception for the image when asked for. */
export function policyOf(exception?: Scenario["exception"]): SignerPolicy {
  const trustPolicy = {
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustPolicy",
    metadata: { name: "production" },
    spec: {
      enforcement: {
        namespaces: [
          { match: ["payments-*"], mode: "audit", owner: "payments", reason: "onboarding", until: "2026-12-01" },
        ],
      },
      authorities: {
        builder: { sigstore: { root: "private", identities: [{ issuer: BUILDER.issuer, san: { uri: BUILDER.san } }] } },
      },
      families: [
        {
          name: "payments",
          images: ["registry.example/payments/**"],
          require: [{ signature: "builder" }],
          time: { windows: [{ days: ["Mon", "Tue", "Wed", "Thu", "Fri"], from: "07:00", to: "19:00", zone: "UTC" }] },
        },
      ],
    },
  };
  const trustException = {
    apiVersion: "countersign.dev/v1alpha1",
    kind: "TrustException",
    metadata: { name: "exc-1" },
    spec: {
      scope: {
        digests: [IMAGE],
        namespaces: ["payments-prod"],
        clusters: ["prod-eu"],
        reasonCodes: ["identity-mismatch", "no-signature"],
      },
      reason: "hotfix of the gateway by hand",
      ticket: "https://tickets.example/SEC-1",
      requester: { issuer: "https://idp.example", subject: "u-17" },
      approver: { issuer: "https://idp.example", subject: "u-04" },
      notBefore: exception === "active" ? "2026-11-17" : "2026-11-10",
      ends: exception === "active" ? "2026-11-30" : "2026-11-20",
    },
  };
  return signerPolicyOf(exception ? [trustPolicy, trustException] : [trustPolicy], { ...CONTEXT, purpose: "load" });
}
