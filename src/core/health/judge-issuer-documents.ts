import type { Check } from "./check.ts";
import { gravest } from "./check.ts";
import type { Fetched, IssuerEvidence } from "./issuer-evidence.ts";
import type { IssuerDiscovery } from "./read-issuer-documents.ts";

/** Most questions need a token to look at. */
export const FIRST_A_TOKEN = "Mend D8 first.";

/** What OpenShift issues as when nothing is set: the same on every cluster. */
const DEFAULT_ISSUER = "https://kubernetes.default.svc";

/** D1: what is configured as the issuer, and what a live token says, byte for byte. */
export function judgeNamedIssuer(evidence: IssuerEvidence): Check {
  const { token, openshiftIssuer } = evidence;
  if (token.kind === "none") return { state: "undecided", detail: "there is no token to look at", fix: FIRST_A_TOKEN };
  const { issuer } = token.value.claims;
  const wanted = configuredIssuers(evidence);
  const wrong = wanted.find(({ value }) => value !== issuer);
  if (wrong) return judgeDifference(issuer, wrong);
  if (!issuer.startsWith("https://")) {
    const fix = "Set an https issuer: spec.serviceAccountIssuer, or --service-account-issuer.";
    return {
      state: "finding",
      detail: `${issuer} is not https: discovery is off, and Fulcio can not read the keys`,
      fix,
    };
  }
  if (issuer === DEFAULT_ISSUER) {
    const fix =
      "Set an explicit issuer (spec.serviceAccountIssuer, or --service-account-issuer), one for each cluster.";
    return { state: "warn", detail: `${issuer} is the issuer of every cluster that sets none (CFG-03)`, fix };
  }
  if (wanted.length === 0) {
    const fix = `Write it down: issuer: ${issuer} in clusters[] of ${evidence.cluster}.`;
    return { state: "warn", detail: `${issuer}; the configuration names none to compare with`, fix };
  }
  const unread = openshiftIssuer.kind === "none" ? "; OpenShift's setting could not be read" : "";
  return { state: "ok", detail: `${issuer}, as ${wanted.map(({ where }) => where).join(" and ")}${unread}` };
}

type Configured = { readonly where: string; readonly value: string; readonly fix: string };

function configuredIssuers({ openshiftIssuer, configuredIssuer, cluster }: IssuerEvidence): readonly Configured[] {
  const named = openshiftIssuer.kind === "answer" ? openshiftIssuer.value : null;
  const rollOut =
    "Wait until the kube-apiserver has rolled out; for 24 h tokens of both issuers are about, so list both in policies.";
  return [
    ...(named === null
      ? []
      : [{ where: "spec.serviceAccountIssuer", value: named === "" ? DEFAULT_ISSUER : named, fix: rollOut }]),
    ...(configuredIssuer === undefined
      ? []
      : [
          {
            where: `clusters[].issuer of ${cluster}`,
            value: configuredIssuer,
            fix: "Write what tokens say, byte for byte.",
          },
        ]),
  ];
}

function judgeDifference(issuer: string, { where, value, fix }: Configured): Check {
  const isSlash = value.replace(/\/+$/, "") === issuer.replace(/\/+$/, "");
  const slash = isSlash ? "; they differ by the slash at the end" : "";
  return { state: "finding", detail: `tokens are issued by ${issuer}, ${where} says ${value}${slash}`, fix };
}

/** D2: the discovery document, from wherever it could be had. */
export function judgeDiscovery(evidence: IssuerEvidence): Check {
  const { discoveries, token } = evidence;
  const issuer = token.kind === "answer" ? token.value.claims.issuer : undefined;
  const checks = discoveries.map(({ from, document }): Check => {
    if (document.kind === "none") {
      const fix = FIXES[document.fault ?? ""] ?? `See that Fulcio reaches ${from}: it fetches the keys from there.`;
      return { state: "undecided", detail: `${from} does not give it: ${document.detail}`, fix };
    }
    if (issuer === undefined || document.value.issuer === issuer) {
      return { state: "ok", detail: `${from} gives it, for ${document.value.issuer}` };
    }
    const fix = `Let ${from} serve the document of ${issuer}: Fulcio refuses one of another issuer.`;
    return {
      state: "finding",
      detail: `${from} gives the document of ${document.value.issuer}, tokens are of ${issuer}`,
      fix,
    };
  });
  const [first, ...others] = checks;
  if (!first) return { state: "undecided", detail: "nobody was asked" };
  const worst = gravest([first, ...others]);
  const seen = checks.some(({ state }) => state === "ok");
  // One place gives it: the other may well be out of our reach and in Fulcio's.
  return worst.state === "undecided" && seen ? { ...worst, state: "warn" } : worst;
}

const DISCOVERY_ROLE =
  "Bind the ClusterRole system:service-account-issuer-discovery to who has to read it: Fulcio reads without credentials, as system:unauthenticated.";
const FIXES: Readonly<Record<string, string>> = {
  "cluster.malformed": "Set an https issuer: the API server serves no document of another.",
  "cluster.forbidden": DISCOVERY_ROLE,
  "cluster.unauthorized": DISCOVERY_ROLE,
};

/** D3: where the keys are said to be. */
export function judgeKeySource({ discoveries, token }: IssuerEvidence): Check {
  const discovery = firstDocument(discoveries);
  if (!discovery)
    return { state: "undecided", detail: "there is no discovery document to look at", fix: "Mend D2 first." };
  const { jwksUri } = discovery;
  const host = hostOf(jwksUri);
  if (host === undefined) {
    const fix = "Set an https issuer; --service-account-jwks-uri where the keys are hosted elsewhere.";
    return { state: "finding", detail: `jwks_uri is not https: ${jwksUri}`, fix };
  }
  const issuerHost = hostOf(token.kind === "answer" ? token.value.claims.issuer : discovery.issuer);
  if (host === issuerHost) return { state: "ok", detail: jwksUri };
  const fix = "Give issuer and jwks_uri one host: set an explicit issuer, or --service-account-jwks-uri.";
  const why = "Fulcio 1.8.6 and later fail where their pod mounts a token of its own";
  return { state: "warn", detail: `the keys are at ${host}, the issuer is ${issuerHost}: ${why}`, fix };
}

/** D4: whether the key that signed the token is among those that are served. */
export function judgeKeyId({ token, keySets }: IssuerEvidence): Check {
  if (token.kind === "none") return { state: "undecided", detail: "there is no token to look at", fix: FIRST_A_TOKEN };
  const { keyId } = token.value.header;
  const checks = keySets.map(({ from, document }): Check => {
    if (document.kind === "none") {
      const fix = `See that Fulcio reaches ${from}.`;
      return { state: "undecided", detail: `${from} does not give keys: ${document.detail}`, fix };
    }
    if (document.value.includes(keyId)) return { state: "ok", detail: `${from} has the key ${keyId}` };
    const fix = "Upload the new key: tokens of an unknown key get no certificate. Do so at every rotation.";
    return {
      state: "finding",
      detail: `${from} has ${document.value.length} keys, and not ${keyId} of the token`,
      fix,
    };
  });
  const [first, ...others] = checks;
  if (!first) return { state: "undecided", detail: "there is no discovery document to look at", fix: "Mend D2 first." };
  const worst = gravest([first, ...others]);
  return worst.state === "undecided" && checks.some(({ state }) => state === "ok")
    ? { ...worst, state: "warn" }
    : worst;
}

/** OpenID Connect Discovery §3 demands it, and clients assume it where nothing is said. */
const ALGORITHM_DEFAULT = "RS256";

/** D5: whether the token is signed in a way that the issuer announces. */
export function judgeTokenAlgorithm({ token, discoveries }: IssuerEvidence): Check {
  if (token.kind === "none") return { state: "undecided", detail: "there is no token to look at", fix: FIRST_A_TOKEN };
  const discovery = firstDocument(discoveries);
  if (!discovery)
    return { state: "undecided", detail: "there is no discovery document to look at", fix: "Mend D2 first." };
  const { algorithm } = token.value.header;
  const announced = discovery.algorithms.length > 0 ? discovery.algorithms : [ALGORITHM_DEFAULT];
  if (announced.includes(algorithm)) return { state: "ok", detail: `${algorithm}, which the issuer announces` };
  const fix = `Announce it: id_token_signing_alg_values_supported has to hold ${algorithm}.`;
  return {
    state: "finding",
    detail: `tokens are signed with ${algorithm}, the issuer announces ${announced.join(", ")}`,
    fix,
  };
}

function firstDocument(discoveries: readonly Fetched<IssuerDiscovery>[]): IssuerDiscovery | undefined {
  return discoveries.map(({ document }) => document).find((document) => document.kind === "answer")?.value;
}

/** `host:port` of an https URL; `undefined` for any other text. */
function hostOf(url: string): string | undefined {
  return /^https:\/\/([^/?#\s]+)/.exec(url)?.[1];
}
