import { describe, expect, test } from "vitest";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";
import { failurePolicyFor, renderRegistrations, type RegistrationOptions } from "./registration.ts";

const options: RegistrationOptions = {
  namespace: "countersign",
  service: "countersign-webhook",
  caBundle: "-----BEGIN CERTIFICATE-----\n",
  failurePolicy: "Fail",
  timeoutSeconds: 5,
  exempt: ["kube-system", "openshift-*"],
  platform: "kubernetes",
};
const text = (change: Partial<RegistrationOptions> = {}): string =>
  JSON.stringify(renderRegistrations({ ...options, ...change }));

describe("renderRegistrations", () => {
  test("excludes its own namespace and exact exemptions by a label that users cannot set", () => {
    expect(text()).toContain(
      '"key":"kubernetes.io/metadata.name","operator":"NotIn","values":["countersign","kube-system"]',
    );
    expect(text()).not.toContain("objectSelector");
    expect(text()).not.toContain("openshift-");
  });

  test("leaves a platform's prefixes out before it is called, on OpenShift alone", () => {
    const openshift = text({ platform: "openshift" });
    expect(openshift).toContain('!request.namespace.startsWith(\\"openshift-\\")');
    expect(openshift).toContain("deploymentconfigs");
  });

  test.each([
    "pods",
    "pods/ephemeralcontainers",
    "replicationcontrollers",
    "podtemplates",
    "deployments",
    "statefulsets",
    "daemonsets",
    "replicasets",
    "jobs",
    "cronjobs",
  ])("is called for %s", (resource) => {
    expect(text()).toContain(`"${resource}"`);
  });

  test("names the Service, or an address", () => {
    expect(text()).toContain(
      '"service":{"name":"countersign-webhook","namespace":"countersign","path":"/admit","port":443}',
    );
    expect(text({ url: "https://localhost:8443" })).toContain('"url":"https://localhost:8443/resolve"');
  });
});

test("failurePolicyFor · is closed as soon as one namespace enforces", () => {
  const audit = { kind: "audit", owner: "o", reason: "r", until: 1 } as never;
  expect(failurePolicyFor(policy(audit, []))).toBe("Ignore");
  expect(failurePolicyFor(policy(audit, [{ kind: "enforce" }]))).toBe("Fail");
  expect(failurePolicyFor(policy({ kind: "enforce" }, [audit]))).toBe("Fail");
});

function policy(byDefault: object, modes: readonly object[]): TrustPolicySet {
  const namespaces = modes.map((mode) => ({ match: [], mode }));
  return { enforcement: { byDefault, namespaces, exempt: [] } } as unknown as TrustPolicySet;
}
