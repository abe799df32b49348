import { toServiceAccountSan } from "../../identity/identity.ts";
import { quote } from "../../json/fields.ts";
import { lookUp } from "../look-up.ts";
import type { IdentityRule, TextRule } from "../trust-policy.ts";
import type { ClusterIdentity, PolicyContext } from "./context.ts";
import { extensionNumber, EXTENSION_NAMES } from "./extension-names.ts";
import type { Field } from "./field.ts";
import { shapeOfPattern } from "./pattern-shape.ts";
import { nameOf, textOf } from "./scalars.ts";
import { readTextRule, type TextKind } from "./text-rule.ts";

const SAN_TYPES = { uri: "uri", email: "email", other: "other-name" } as const;
const KUBERNETES = "https://kubernetes.io/";

/** Reads one identity: issuer and exactly one SAN, or a service account that is expanded into both. */
export function readIdentityRule(field: Field, context: PolicyContext): IdentityRule {
  const isSugar = field.at("serviceAccount").present;
  field.only(...(isSugar ? ["serviceAccount", "extensions"] : ["issuer", "san", "serviceAccount", "extensions"]));
  const extensions = readExtensions(field.at("extensions"));
  const rule = isSugar
    ? { ...expandServiceAccount(field.at("serviceAccount"), context), extensions }
    : { issuer: readIssuer(field, context), san: readSan(field, context), extensions };
  judgePair(field, rule, context);
  return rule;
}

function readIssuer(field: Field, context: PolicyContext): TextRule {
  const issuer = field.at("issuer");
  if (!issuer.present) {
    field.problem("TP201", "identity without issuer: the same name exists under every issuer");
    return { kind: "exact", text: "" };
  }
  const rule = readTextRule(issuer, "issuer", context);
  const known = Object.values(context.clusters).find(
    ({ issuer: other }) =>
      rule.kind === "exact" && other !== rule.text && withoutSlash(other) === withoutSlash(rule.text),
  );
  if (known)
    issuer.problem("TP208", `the issuer differs from ${known.issuer} by a trailing / only`, `Write ${known.issuer}.`);
  return rule;
}

function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text;
}

function readSan(field: Field, context: PolicyContext): IdentityRule["san"] {
  const names = field.at("san").only("uri", "email", "other").members();
  const [named, ...others] = names;
  if (!named || others.length > 0) {
    const kinds = names.map(([kind]) => kind).join(", ");
    field.problem(
      "TP202",
      names.length === 0 ? "identity without SAN" : `several kinds of SAN in one identity: ${kinds}`,
    );
  }
  const [name = "uri", value = field.at("san")] = named ?? [];
  const kind: Exclude<TextKind, "issuer"> = name === "email" || name === "other" ? name : "uri";
  const rule: TextRule = named ? readTextRule(value, kind, context) : { kind: "exact", text: "" };
  return { ...rule, type: SAN_TYPES[kind] };
}

function readExtensions(field: Field): IdentityRule["extensions"] {
  const pairs = field.members().flatMap(([name, value]) => {
    const number = extensionNumber(name);
    if (number === undefined) {
      value.problem("TP003", `unknown certificate extension ${value.path}`, `Known: ${EXTENSION_NAMES.join(", ")}.`);
      return [];
    }
    const text = textOf(value);
    if (/[*?]/.test(text)) value.problem("TP207", `${quote(text)} has a wildcard; extensions are compared exactly`);
    return [[number, text] as const];
  });
  return Object.fromEntries(pairs);
}

function expandServiceAccount(field: Field, { clusters }: PolicyContext): Pick<IdentityRule, "issuer" | "san"> {
  field.only("cluster", "namespace", "name");
  const cluster = textOf(field.at("cluster"));
  const namespace = nameOf(field.at("namespace"));
  const name = accountNameOf(field.at("name"));
  const known = lookUp(clusters, cluster);
  if (cluster !== "" && !known) {
    const names = Object.keys(clusters);
    const fix = names.length === 0 ? "Configure clusters with their issuers." : `Known: ${names.join(", ")}.`;
    field.at("cluster").problem("TP212", `no issuer is known for cluster ${quote(cluster)}`, fix);
  }
  if (known?.issuerType === "spiffe" && known.trustDomain === undefined) {
    field.problem(
      "TP212",
      `the SPIFFE trust domain of cluster ${quote(cluster)} is not known`,
      "Write issuer and san.",
    );
  }
  return {
    issuer: { kind: "exact", text: known?.issuer ?? "" },
    san: { kind: "exact", type: "uri", text: sanOf(known, namespace, name) },
  };
}

function accountNameOf(field: Field): string {
  const text = textOf(field);
  if (text !== "" && !/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(text)) {
    field.problem("TP007", `${quote(text)} is not the name of a service account`, "A DNS subdomain.");
  }
  return text;
}

function sanOf(cluster: ClusterIdentity | undefined, namespace: string, name: string): string {
  return cluster?.issuerType === "spiffe"
    ? `spiffe://${cluster.trustDomain ?? ""}/ns/${namespace}/sa/${name}`
    : toServiceAccountSan({ namespace, serviceAccount: name });
}

/** What holds of issuer and SAN together: TP205, TP211, TP212. */
function judgePair(field: Field, { issuer, san }: IdentityRule, context: PolicyContext): void {
  const beginning = san.kind === "exact" ? san.text : shapeOfPattern(san.pattern).prefix;
  if (issuer.kind === "pattern" && beginning.startsWith(KUBERNETES)) {
    field.problem("TP205", "a Kubernetes SAN with an issuer that is not exact: every cluster has the same names");
  }
  const cluster = Object.values(context.clusters).find(
    (known) => issuer.kind === "exact" && known.issuer === issuer.text,
  );
  const start = cluster?.issuerType === "spiffe" ? "spiffe://" : KUBERNETES;
  if (cluster && beginning !== "" && !beginning.startsWith(start)) {
    field.problem("TP212", `the issuer ${cluster.issuer} gives names that begin with ${start}`);
  }
  judgeRegistered(field, { issuer, san }, context);
}

function judgeRegistered(
  field: Field,
  { issuer, san }: Pick<IdentityRule, "issuer" | "san">,
  context: PolicyContext,
): void {
  const isExact = issuer.kind === "exact" && san.kind === "exact" && issuer.text !== "" && san.text !== "";
  if (isExact && context.isRegistered?.({ issuer: issuer.text, san: san.text }) === false) {
    field.problem("TP211", `${san.text} of ${issuer.text} is not in the identity register`);
  }
}
