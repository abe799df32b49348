import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import { API_VERSION } from "../../core/names.ts";
import { BUILD_CLUSTER, TEAMS } from "./estate.ts";
import type { Moment } from "./story.ts";

const DAY_MS = 86_400_000;

/**
 * The trust policy of the story, as its platform team would keep it in Git: who signs for whom and when, a namespace
 * that is still in audit, and an exception that somebody forgot to renew, or to clean up.
 */
export function policyText(story: readonly Moment[], registryHost: string): string {
  const foreign = story.find(({ builds }) => builds.some(({ plant }) => plant === "foreign-signer"));
  const last = story.at(-1);
  if (!foreign || !last) return "";
  return [policyDocument(registryHost, last.at), exceptionDocument(registryHost, foreign.at)].join("---\n");
}

function policyDocument(registryHost: string, now: UnixMs): string {
  const families = TEAMS.map(
    ({ name }) => `  - name: ${name}
    images: ["${registryHost}/${name}/*"]
    require: [{signature: ${name}-builder}]
    time: {windows: [{days: [Mon, Tue, Wed, Thu, Fri], from: "07:00", to: "19:00", zone: UTC}], outside: flag}
`,
  );
  const authorities = TEAMS.map(
    ({ name, namespace, serviceAccount }) =>
      `    ${name}-builder: {sigstore: {root: demo, identities: [{serviceAccount: {cluster: ${BUILD_CLUSTER}, namespace: ${namespace}, name: ${serviceAccount}}}]}}
`,
  );
  return `apiVersion: ${API_VERSION}
kind: TrustPolicy
metadata: {name: demo}
spec:
  enforcement:
    namespaces:
    - {match: [payments-prod, tools], mode: audit, owner: platform, reason: "onboarding, ticket SEC-210", until: ${renderRfc3339(addMs(now, 20 * DAY_MS))}}
  authorities:
${authorities.join("")}  families:
${families.join("")}`;
}

function exceptionDocument(registryHost: string, used: UnixMs): string {
  return `apiVersion: ${API_VERSION}
kind: TrustException
metadata: {name: exc-0007}
spec:
  scope:
    repository: ${registryHost}/payments/api
    namespaces: [payments-prod]
    clusters: [${BUILD_CLUSTER}]
    reasonCodes: [identity-mismatch]
  reason: "hotfix built in the sandbox while the pipeline was moved"
  ticket: https://tickets.example/SEC-231
  requester: {issuer: "https://idp.example", subject: u-17}
  approver: {issuer: "https://idp.example", subject: u-04}
  notBefore: ${renderRfc3339(addMs(used, -12 * DAY_MS))}
  ends: ${renderRfc3339(addMs(used, -1 * DAY_MS))}
`;
}
