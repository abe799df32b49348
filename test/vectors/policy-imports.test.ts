import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseYaml } from "../../src/adapters/manifests/yaml.ts";
import type { SourceDocument } from "../../src/core/policy/problem.ts";
import { IMPORTS } from "../../src/core/policy/imports.ts";
import type { Imported } from "../../src/core/policy/imports/imported.ts";
import type { JsonValue } from "../../src/core/json/json.ts";
import { EXCHANGE, pemOf } from "../setup/exchange-world.ts";

const PEERS = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "admission/peers");

/** Imports files of the peers' own policies. */
function read(id: string, ...files: readonly string[]): Imported {
  const format = IMPORTS.find((one) => one.id === id);
  const documents = files.flatMap((file): readonly SourceDocument[] => {
    const text = readFileSync(join(PEERS, file), "utf8");
    return parseYaml(text).documents.map(({ value, places }) => ({ file, value, places }));
  });
  if (!format || documents.length === 0) throw new Error(`nothing read of ${files.join()}`);
  return format.import(documents, EXCHANGE);
}

function readValue(id: string, value: JsonValue): Imported {
  const format = IMPORTS.find((one) => one.id === id);
  if (!format) throw new Error(id);
  return format.import([{ file: "policy.json", value, places: new Map() }], EXCHANGE);
}

function dataOf(name: Parameters<typeof pemOf>[0]): string {
  return Buffer.from(pemOf(name)).toString("base64");
}

/** Families with what they need, in few words. */
function told({ policy }: Imported): Record<string, readonly string[]> {
  return Object.fromEntries(policy.families.map(({ name, images }) => [name, images]));
}

const lossesOf = ({ losses }: Imported) => losses.map(({ id, kind }) => `${id} ${kind}`);

const kyverno = (...files: readonly string[]) => read("kyverno", ...files.map((file) => `kyverno/${file}`));
const sansOf = ({ policy }: Imported) =>
  Object.values(policy.authorities).flatMap((one) =>
    one.kind === "sigstore" ? one.identities.map(({ san }) => san) : [],
  );

const document = (change: string) => {
  const text = readFileSync(join(PEERS, "kyverno/own-pitfalls.yaml"), "utf8");
  const changed = text.replace("[attestors.builder])).all(n, n > 0)", change);
  const format = IMPORTS.find(({ id }) => id === "kyverno-ivp");
  const documents = parseYaml(changed).documents.map(({ value, places }) => ({ file: "x", value, places }));
  return format?.import(documents, EXCHANGE) as Imported;
};

describe.skipIf(!existsSync(PEERS))("imports of the peers' policies: policy-controller", () => {
  const pitfalls = existsSync(PEERS) ? read("policy-controller", "policy-controller/own-pitfalls.yaml") : undefined;
  const identityOf = (name: string) => {
    const by = Object.entries(pitfalls?.policy.authorities ?? {}).find(([authority]) =>
      authority.startsWith(name),
    )?.[1];
    return by?.kind === "sigstore" ? by.identities : undefined;
  };

  test("takes a subject of * as the literal asterisk, which nobody has", () => {
    expect(identityOf("a")).toEqual([
      {
        issuer: { kind: "exact", text: "https://oidc.example.com" },
        san: { kind: "exact", text: "*", type: "other-name" },
        extensions: {},
      },
    ]);
  });

  test("takes expressions as searched for, not as anchored", () => {
    const pattern = String.raw`^(?s:.*)(?:https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder)(?s:.*)$`;
    const sans = Object.values(pitfalls?.policy.authorities ?? {}).flatMap((one) =>
      one.kind === "sigstore" ? one.identities.map(({ san }) => san) : [],
    );
    for (const type of ["uri", "email", "other-name"]) expect(sans).toContainEqual({ kind: "pattern", pattern, type });
  });

  test("needs no log for a key without ctlog, and a log for everybody else", () => {
    const authorities = Object.values(pitfalls?.policy.authorities ?? {});
    expect(authorities.filter(({ kind }) => kind === "key")).toMatchObject([{ kind: "key" }]);
    expect(authorities.some((one) => one.kind === "key" && one.log !== undefined)).toBe(false);
    expect(lossesOf(pitfalls as Imported)).toContain("ClusterImagePolicy-tsa-drops-log/root denied");
  });

  test("takes an authority with attestations for no signature", () => {
    const family = pitfalls?.policy.families.find(({ images }) => images[0]?.includes("/e/"));
    expect(family?.require).toMatchObject({ op: "attestation", predicateType: "https://spdx.dev/Document" });
  });

  test("denies what static pass admits, and what a glob with a tag never matches", () => {
    expect(told(pitfalls as Imported)).toEqual({
      "literal-star": ["registry.example.com/a/**"],
      unanchored: ["registry.example.com/b/**"],
      "no-ctlog": ["registry.example.com/c/**"],
      "attestation-only": ["registry.example.com/e/**"],
    });
    expect(lossesOf(pitfalls as Imported)).toContain("ClusterImagePolicy-static-pass/require denied");
    expect(lossesOf(pitfalls as Imported)).toContain("ClusterImagePolicy-tag-glob/images narrowed");
  });

  test.each<[string, string]>([
    ["allow-only-pods.yaml", "ClusterImagePolicy-image-policy-typemeta-allow-only-pods/where denied"],
    ["cip-static-pass.yaml", "ClusterImagePolicy-image-policy-static-pass/require denied"],
    ["signed-by-aws-kms-key.yaml", "ClusterImagePolicy-image-is-signed-by-aws-kms-key/identities denied"],
    ["cip-keyless-warn.yaml", "ClusterImagePolicy-image-policy-keyless-warn/mode narrowed"],
    ["cip-keyless-with-source-prefix-tag.yaml", "ClusterImagePolicy-image-policy-keyless-source/evidence denied"],
    ["release-signed-by-github-actions.yaml", "ClusterImagePolicy-image-is-signed-by-github-actions/images denied"],
    ["v1beta1-keylessref-with-malformed-subject.yaml", "ClusterImagePolicy-image-policy/identities denied"],
    ["cip-key-tsa.yaml", "ClusterImagePolicy-cip-key-secret/time-sources denied"],
    ["own-bundle-format.yaml", "ClusterImagePolicy-payments-signature/root denied"],
  ])("says what %s loses, and denies its images", (file, loss) => {
    const imported = read("policy-controller", `policy-controller/${file}`);
    expect(lossesOf(imported)).toContain(loss);
    expect(imported.policy.families).toEqual([]);
  });
});

describe.skipIf(!existsSync(PEERS))("imports of the peers' policies: Kyverno", () => {
  test("takes a subject of * as anybody, and enforces what is Audit there", () => {
    const imported = kyverno("own-pitfalls.yaml");
    expect(sansOf(imported)).toContainEqual({ kind: "pattern", pattern: "^(?s:.*)$", type: "uri" });
    expect(lossesOf(imported)).toContain("ClusterPolicy-wildcard-subject/mode narrowed");
    expect(lossesOf(imported)).toContain("all-rules/default narrowed");
  });

  test("takes subject or expression, of which one is enough", () => {
    const sans = sansOf(kyverno("own-pitfalls.yaml"));
    expect(sans).toContainEqual({ kind: "pattern", pattern: "^(?s:.*)(?:builder)(?s:.*)$", type: "uri" });
  });

  test("takes no roots, and no SCT, from a policy over bundles", () => {
    const imported = kyverno("own-pitfalls.yaml");
    expect(lossesOf(imported)).toContain("ClusterPolicy-bundle-ignores-roots/root narrowed");
    expect(Object.values(imported.policy.authorities)).toContainEqual(
      expect.objectContaining({
        root: "public",
        formats: ["bundle"],
        sct: expect.objectContaining({ kind: "absent" }),
      }),
    );
  });

  test("joins what three policies ask of the same images", () => {
    expect(told(kyverno("own-pitfalls.yaml"))).toEqual({ "r-and-r-and-r": ["registry.example.com/payments/**"] });
  });

  test.each<[string, string, Record<string, readonly string[]>]>([
    [
      "verify-image.yaml",
      "all-rules/default narrowed",
      { "verify-image": ["ghcr.io/kyverno/test-verify-image*", "ghcr.io/kyverno/test-verify-image*/**"] },
    ],
    ["verify-image-slsa.yaml", "ClusterPolicy-verify-slsa-provenance-keyless/where denied", {}],
    ["keyless-attestations-counts.yaml", "ClusterPolicy-check-slsa-attestations-pass-3/where denied", {}],
    ["verify-image-with-multi-keys.yaml", "ClusterPolicy-verify-image-with-multi-keys/identities denied", {}],
    ["verify-tekton-taskrun-vuln-scan.yaml", "ClusterPolicy-verify-tekton-taskrun-vuln-scan/match narrowed", {}],
    ["verify-sbom-cyclonedx.yaml", "ClusterPolicy-verify-sbom-cyclonedx/where denied", {}],
  ])("says what %s loses", (file, loss, families) => {
    const imported = kyverno(file);
    expect(lossesOf(imported)).toContain(loss);
    expect(told(imported)).toEqual(families);
  });

  test("says that digests pass unseen where a pattern ends in a tag", () => {
    const imported = kyverno("verify-flux-images.yaml");
    expect(lossesOf(imported)).toContain("ClusterPolicy-verify-flux-images/images narrowed");
    expect(Object.values(told(imported)).flat()).toContain("ghcr.io/fluxcd/source-controller");
    expect(sansOf(imported)).toContainEqual({
      kind: "pattern",
      pattern: "^https://github\\.com/fluxcd/(?s:.*)$",
      type: "uri",
    });
  });
});

describe.skipIf(!existsSync(PEERS))("imports of the peers' policies: Kyverno ImageValidatingPolicy", () => {
  test("asks for a signature where any statement counts there, and for every list of containers", () => {
    const imported = read("kyverno-ivp", "kyverno/own-pitfalls.yaml");
    expect(imported.policy.families).toMatchObject([
      { images: ["registry.example.com/payments/**"], require: { op: "signature", by: "builder" } },
    ]);
    expect(lossesOf(imported)).toEqual([
      "ImageValidatingPolicy-any-predicate-is-a-signature/match narrowed",
      "ImageValidatingPolicy-any-predicate-is-a-signature/signature narrowed",
      "all-policies/default narrowed",
    ]);
  });

  test.each([
    "[attestors.builder])).all(n, n >= 0)",
    "[attestors.builder])).exists(n, n > 0)",
    "[attestors.builder])).all(n, n > 0) || true",
    "[attestors.other])).all(n, n > 0)",
  ])("lets nobody in by a validation that ends in %s", (end) => expect(document(end).policy.families).toEqual([]));

  test.each(["ivpol-sample.yaml", "ivpol-notary-basic.yaml", "verify-image-ivpol.yaml"])(
    "denies what %s asks of Notation",
    (file) => {
      const imported = read("kyverno-ivp", `kyverno/${file}`);
      expect(imported.policy.families).toEqual([]);
      expect(imported.losses.map(({ field }) => field)).toContain("notation");
    },
  );
});

describe.skipIf(!existsSync(PEERS))("imports of the peers' policies: scopes", () => {
  test("denies on OpenShift what takes another name, and what a cluster's policy hides from a namespace", () => {
    const imported = read("openshift", "openshift/own-fulcio-email.yaml");
    expect(imported.policy.families).toEqual([]);
    expect(lossesOf(imported)).toEqual([
      "ClusterImagePolicy-tools/claims denied",
      "ImagePolicy-nested-ignored/identities denied",
      "ImagePolicy-nested-ignored/match narrowed",
      "all-scopes/default narrowed",
    ]);
  });

  test("takes the platform's policy as it is", () => {
    const imported = read("openshift", "openshift/openshift-cluster-image-policy.yaml");
    const repositories = ["ocp-release", "ocp-v4.0-art-dev", "ocp-v5.0-art-dev"];
    expect(Object.values(told(imported)).flat()).toEqual(
      repositories.flatMap((name) => [
        `quay.io/openshift-release-dev/${name}`,
        `quay.io/openshift-release-dev/${name}/**`,
      ]),
    );
    expect(Object.values(imported.policy.authorities)).toMatchObject([{ kind: "key" }]);
  });

  test.each(["default-policy.json", "common-policy.json", "policy.json", "own-policy.json"])(
    "lets nobody in by %s, whose keys lie in files or are of GPG",
    (file) => {
      const imported = read("containers-policy", `containers/${file}`);
      expect(imported.policy.families).toEqual([]);
      expect(imported.losses).not.toEqual([]);
    },
  );

  test("takes the most specific scope alone, and all of its requirements", () => {
    const key = { type: "sigstoreSigned", keyData: dataOf("vendor-1"), signedIdentity: { type: "matchRepository" } };
    const other = { type: "sigstoreSigned", keyDatas: [dataOf("vendor-1"), dataOf("vendor-2")] };
    const docker = {
      "h.example/a": [key],
      "h.example/a/b": [key, other],
      "h.example/a/c": [{ type: "insecureAcceptAnything" }],
    };
    const imported = readValue("containers-policy", { default: [{ type: "reject" }], transports: { docker } });
    expect(imported.policy.families).toMatchObject([
      {
        images: ["h.example/a", "h.example/a/**"],
        except: ["h.example/a/b", "h.example/a/b/**", "h.example/a/c", "h.example/a/c/**"],
      },
      { images: ["h.example/a/b", "h.example/a/b/**"], require: { op: "all" }, reference: "repository" },
    ]);
    expect(imported.losses).toMatchObject([{ where: "scope h.example/a/c", kind: "denied" }]);
  });

  test("denies what Notation's audit and skip admit, and keeps the others", () => {
    const imported = read("notation", "notation/own-audit-global.json");
    expect(told(imported)).toEqual({ custom: ["registry.example.com/base/ubi"] });
    expect(lossesOf(imported)).toEqual(["statement-everything/mode denied", "statement-skip-one/mode denied"]);
    expect(Object.values(imported.policy.authorities)).toMatchObject([
      { overrides: { expiry: "log" }, revocation: "skip" },
    ]);
  });

  test("denies all of a Notation policy that Notation refuses", () => {
    const imported = read("notation", "notation/own-invalid-overlap.json");
    expect(imported.policy.families).toEqual([]);
    expect(lossesOf(imported)).toEqual(["trust-policy/notation denied"]);
  });

  test("takes a strict Notation policy without loss", () => {
    const imported = read("notation", "notation/own-strict.json");
    expect(imported.losses).toEqual([]);
    expect(told(imported)).toEqual({
      appliance: ["registry.vendor.example/appliance/core", "registry.vendor.example/appliance/ui"],
    });
  });
});
