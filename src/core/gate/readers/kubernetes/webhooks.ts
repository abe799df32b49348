import { choiceIn, meetZones, narrow, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { Reach } from "../../form/system.ts";
import type { Field, GateDocument } from "../field.ts";
import { isOfKind, OBJECT_FIELDS } from "../object.ts";
import type { Reading } from "../reading.ts";
import { reachOf } from "./namespaces.ts";
import { readSelector } from "./selector.ts";

/** Whether a document registers validating webhooks; mutating ones admit nothing and refuse nothing by themselves. */
export function isWebhookConfiguration(document: GateDocument): boolean {
  return isOfKind(document, "admissionregistration.k8s.io", "ValidatingWebhookConfiguration");
}

/** Reads what the webhooks of a configuration see (Kubernetes admissionregistration.k8s.io/v1). */
export function readWebhooks(document: GateDocument, reading: Reading): readonly Reach[] {
  const root = reading.open(document);
  root.only(...OBJECT_FIELDS, "webhooks");
  return root
    .at("webhooks")
    .items()
    .map((webhook) => readWebhook(webhook, reading));
}

function readWebhook(webhook: Field, reading: Reading): Reach {
  webhook.only(
    "name",
    "clientConfig",
    "rules",
    "failurePolicy",
    "matchPolicy",
    "namespaceSelector",
    "objectSelector",
    "matchConditions",
    "timeoutSeconds",
    "sideEffects",
    "admissionReviewVersions",
  );
  const conditions = [
    ...readSelector(webhook.at("objectSelector"), "label"),
    ...readMatchConditions(webhook.at("matchConditions"), reading),
    ...readMatchPolicy(webhook.at("matchPolicy")),
  ];
  const namespaces = reachOf(readSelector(webhook.at("namespaceSelector"), "nsLabel"), reading);
  const rules = webhook
    .at("rules")
    .items()
    .flatMap((rule) => readRule(rule) ?? []);
  const zones = rules.flatMap((rule) => namespaces.flatMap((zone) => meetZones(zone, rule) ?? []));
  return {
    zones: zones.flatMap((zone) => narrow(zone, ...conditions) ?? []),
    onError: readFailurePolicy(webhook.at("failurePolicy")),
    origin: webhook.origin,
  };
}

/** The API server's default is Fail. */
export function readFailurePolicy(field: Field): Reach["onError"] {
  const policy = field.text() ?? "Fail";
  if (policy !== "Fail" && policy !== "Ignore") field.problem(`${policy.slice(0, 64)} is not Fail or Ignore`);
  return policy === "Ignore" ? "admit" : "deny";
}

/** CEL over the request: nobody evaluates it here, but for the one that is always true. */
function readMatchConditions(conditions: Field, reading: Reading): readonly Literal[] {
  return conditions.items().flatMap((condition) => {
    condition.only("name", "expression");
    const expression = condition.at("expression").text() ?? "";
    return expression.trim() === "true" ? [] : [reading.opaque("cel", expression, condition.origin)];
  });
}

/** `Exact` sees a request only in the version it names; the default sees all that mean the same. */
function readMatchPolicy(field: Field): readonly Literal[] {
  const policy = field.text() ?? "Equivalent";
  if (policy !== "Equivalent" && policy !== "Exact") field.problem(`${policy.slice(0, 64)} is not Equivalent or Exact`);
  return policy === "Exact" ? [choiceIn("requestForm", ["exact"])] : [];
}

function readRule(rule: Field): Zone | undefined {
  rule.only("apiGroups", "apiVersions", "operations", "resources", "scope");
  const scope = rule.at("scope").text() ?? "*";
  // An empty group is the core one, and a text like others.
  const groups = rule
    .at("apiGroups")
    .items()
    .map((item) => item.text() ?? "core");
  return toZone(
    ...namesIn("apiGroup", groups),
    ...namesIn("apiVersion", rule.at("apiVersions").texts()),
    ...namesIn("operation", rule.at("operations").texts()),
    ...resourcesIn(rule.at("resources").texts()),
    ...(scope === "*" ? [] : [choiceIn("scope", [scope])]),
  );
}

function namesIn(dimension: string, names: readonly string[]): readonly Literal[] {
  return names.includes("*") ? [] : [choiceIn(dimension, names)];
}

/** `pods`, `pods/exec`, `pods/*`, `*`, which is no subresource, and `*\/*`. A resource and its part are two dimensions. */
function resourcesIn(resources: readonly string[]): readonly Literal[] {
  if (resources.includes("*/*")) return [];
  if (resources.includes("*")) return [choiceIn("resource", [...PARTS], true)];
  return [
    choiceIn(
      "resource",
      resources.flatMap((one) => (one.endsWith("/*") ? spread(one.slice(0, -2)) : [one])),
    ),
  ];
}

/** Parts of a Pod that admission can see. */
const PARTS: readonly string[] = [
  "ephemeralcontainers",
  "exec",
  "attach",
  "portforward",
  "binding",
  "eviction",
  "resize",
  "status",
].map((part) => `pods/${part}`);

function spread(resource: string): readonly string[] {
  return [resource, ...PARTS.filter((part) => part.startsWith(`${resource}/`))];
}
