import { parseYaml } from "../../adapters/manifests/yaml.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { explainAdmission } from "../../capabilities/admit/explain-admission.ts";
import { readAdmissionReview, type AdmissionRequest } from "../../core/admission/review.ts";
import { imagesOfRequest } from "../../core/admission/workload-images.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import type { ReviewVerdict } from "../../core/policy/review-verdict.ts";
import { readConfig } from "../config/read.ts";
import { silentLog } from "../telemetry/log.ts";
import { openWebhook } from "./open-webhook.ts";

/** A workload as a file has it, and where it would run. */
export type ObjectTest = {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly namespace: string | undefined;
  readonly cluster: string | undefined;
  readonly policy: string | undefined;
  readonly config: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type TestedObject = {
  readonly verdict: ReviewVerdict;
  readonly denial?: string;
  readonly warnings: readonly string[];
};

/** Long enough for a registry far away; nobody waits but a person. */
const BUDGET_MS = 30_000;

/** Judges a workload as the webhook would if it were created now. Faults: `input.malformed`, those of opening. */
export async function testObject(test: ObjectTest): Promise<TestedObject> {
  const request = requestOf(test);
  const images = imagesOfRequest(request);
  if (!images.ok) throw new Fault("input.malformed", `${test.file}: ${images.code}, ${images.detail}`);
  const config = await readConfig({ env: test.env, file: test.config });
  const { policy, cluster } = test;
  const options = {
    ownNamespace: "",
    pinTemplates: false,
    ...(policy !== undefined && { policy }),
    ...(cluster !== undefined && { cluster }),
  };
  const opened = await openWebhook(config, test.env, options, silentLog);
  try {
    await opened.policy.refresh(systemClock.now());
    const { fault } = opened.policy.failure() ?? {};
    if (fault) throw fault;
    const admission = await opened.deps.admit({ request, images: images.value, budgetMs: BUDGET_MS });
    const { answer } = explainAdmission(request, admission, systemClock.now());
    const { warnings, denial } = answer;
    return { verdict: admission.verdict, warnings, ...(denial && { denial: denial.message }) };
  } finally {
    await opened.close();
  }
}

/** An AdmissionReview is taken as it is; anything else is created, as `kubectl create` would ask. */
function requestOf({ bytes, file, namespace }: ObjectTest): AdmissionRequest {
  const { documents, problems } = parseYaml(parseUtf8(bytes) ?? "");
  const [problem] = problems;
  const [document] = documents;
  if (problem || !document || documents.length > 1 || !isJsonObject(document.value)) {
    throw new Fault("input.malformed", `${file}: ${problem?.message ?? "not one object"}`);
  }
  const object = document.value;
  const review = object["kind"] === "AdmissionReview" ? object : reviewOf(object, namespace);
  const read = readAdmissionReview(toUtf8(JSON.stringify(review)));
  if (!read.ok) throw new Fault("input.malformed", `${file}: ${read.code}, ${read.detail}`);
  return namespace === undefined ? read.value : { ...read.value, namespace };
}

function reviewOf(object: JsonObject, namespace: string | undefined): JsonObject {
  const [version = "", group = ""] = textOf(object["apiVersion"]).split("/").toReversed();
  const metadata = isJsonObject(object["metadata"]) ? object["metadata"] : {};
  const request = {
    uid: "test",
    operation: "CREATE",
    kind: { group, version, kind: textOf(object["kind"]) },
    resource: { group, version, resource: `${textOf(object["kind"]).toLowerCase()}s` },
    namespace: namespace ?? (textOf(metadata["namespace"]) || "default"),
    name: textOf(metadata["name"]),
    dryRun: true,
    object,
  };
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
