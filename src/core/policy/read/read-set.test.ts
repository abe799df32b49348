import fc from "fast-check";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../adapters/manifests/documents.ts";
import { CONTEXT, POLICY, policyOf, readSet, sourceOf, type Draft } from "../../../../test/setup/policy-set.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import type { JsonValue } from "../../json/json.ts";
import type { PolicyProblem } from "../problem.ts";
import { readPolicySet } from "./read-set.ts";

describe("readPolicySet", () => {
  test("fills defaults, expands presets and service accounts", () => {
    const { documents, problems, unchecked } = readSet([POLICY]);
    expect(problems).toEqual([]);
    expect(documents?.policy).toMatchObject({
      name: "production",
      revision: 3,
      unmatched: { kind: "deny" },
      pin: "mutate",
      enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
      authorities: {
        scanner: {
          identities: [
            {
              issuer: { kind: "exact", text: "https://oidc.prod-1.example.com" },
              san: { kind: "exact", type: "uri", text: "https://kubernetes.io/namespaces/scan/serviceaccounts/trivy" },
            },
          ],
          formats: ["bundle", "legacy"],
          log: { logs: [], proof: "inclusion", min: 1 },
          time: { sources: ["tsa", "log"], min: 1, tsas: [] },
          sct: { kind: "required" },
        },
        partner: { level: "strict", verifyTimestamp: "always", revocation: "enforce" },
      },
      families: [
        {
          reference: "ignore",
          require: {
            op: "all",
            of: [
              { op: "signature", by: "builder", on: "subject" },
              { predicateType: "https://cosign.sigstore.dev/attestation/vuln/v1", maxAgeMs: 604_800_000 },
              { op: "any" },
            ],
          },
          time: { maxAgeMs: 86_400_000, outside: "flag", windows: [{ fromMinute: 360, toMinute: 1200 }] },
        },
      ],
    });
    expect(unchecked.join()).toContain("TP211");
  });

  test("expands a service account of a SPIFFE cluster to its SPIFFE ID", () => {
    const copy: Draft = structuredClone(POLICY);
    copy.spec.authorities.scanner.sigstore.identities = [
      { serviceAccount: { cluster: "edge", namespace: "scan", name: "trivy" } },
    ];
    expect(readSet([copy]).documents?.policy.authorities["scanner"]).toMatchObject({
      identities: [{ san: { text: "spiffe://edge.example.com/ns/scan/sa/trivy" } }],
    });
  });

  test("merges documents by union, whatever their order", () => {
    const more = policyOf((spec) => {
      delete spec.revision;
      spec.authorities = { other: POLICY.spec.authorities.builder };
      spec.families = [{ name: "tools", images: ["registry.example.com/tools"], require: [{ signature: "builder" }] }];
    }, "more");
    for (const set of [
      [POLICY, more],
      [more, POLICY],
    ]) {
      const { documents, problems } = readSet(set);
      expect(problems.map(({ id }) => id)).toEqual(["TP213"]);
      expect(documents?.policy.name).toBe("production");
      expect(documents?.policy.families.map(({ name }) => name).toSorted()).toEqual(["payments", "tools"]);
    }
  });

  test("says where, at the name for a field that does not exist", () => {
    const text = `apiVersion: countersign.dev/v1alpha1\nkind: TrustPolicy\nmetadata: {name: p}\nspec:\n  defualt: deny\n`;
    const { documents } = readDocuments([{ path: "p.yaml", bytes: toUtf8(text) }]);
    expect(readPolicySet(documents, CONTEXT).problems).toContainEqual({
      id: "TP003",
      level: "error",
      file: "p.yaml",
      line: 5,
      column: 3,
      path: "spec.defualt",
      message: "unknown field spec.defualt; did you mean default?",
      fix: "Write default.",
    });
  });

  test("judges by what it knows, and names what it does not", () => {
    const { domains: _, witnesses: __, trustStores: ___, ...bare } = CONTEXT;
    const unknown = policyOf((spec) => (spec.authorities.builder.sigstore.root = "other"));
    const { documents, unchecked } = readPolicySet([sourceOf(unknown)], bare);
    expect(documents).toBeDefined();
    expect(unchecked.join()).toMatch(/TP301.*TP303/);
  });

  test("refuses a revision that goes down, and a placement in another domain", () => {
    const placements = [{ images: ["registry.example.com/payments/*"], except: [], domain: "public" }];
    const { problems } = readPolicySet([sourceOf(POLICY)], { ...CONTEXT, runningRevision: 4, placements });
    expect(problems.map(({ id }) => id).toSorted()).toEqual(["TP008", "TP309"]);
  });

  test("an opening that is over does not take a set down when it is loaded", () => {
    const over = policyOf((spec) => (spec.default = { admit: { reason: "the first week", until: "2026-11-30" } }));
    expect(readPolicySet([sourceOf(over)], { ...CONTEXT, purpose: "load" }).documents).toBeDefined();
  });
});

const placement = (rules: readonly object[]): object => ({ ...POLICY, kind: "Placement", spec: { rules } });

test("placements are disjoint, and never for the API server's own audience", () => {
  const rule = { images: ["registry.example.com/payments/**"], domain: "private", audience: "sigstore" };
  expect(readSet([placement([rule])]).documents?.placements).toMatchObject([{ rules: [rule] }]);
  expect(readSet([placement([rule, rule])]).problems.map(({ id }) => id)).toEqual(["TP104"]);
  const api = { ...rule, audience: "https://kubernetes.default.svc" };
  expect(readSet([placement([api])]).problems.map(({ id }) => id)).toEqual(["TP007"]);
});

test("never throws, and makes no policy of anything", () => {
  const any = fc.jsonValue() as fc.Arbitrary<JsonValue>;
  const inside = fc.tuple(fc.constantFrom(...pathsOf(POLICY)), any).map(([path, value]) => withAt(POLICY, path, value));
  fc.assert(fc.property(any, (value) => readSet([value]).documents === undefined || isEmptyList(value)));
  fc.assert(
    fc.property(inside, (value) => {
      const { documents, problems } = readSet([value]);
      expect(documents !== undefined || problems.length > 0).toBe(true);
    }),
  );
});

const fixtures = `${process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures"}/admission/trustpolicy`;
describe.skipIf(!existsSync(fixtures))("policy fixtures", () => {
  const readFixture = (name: string): readonly PolicyProblem[] => {
    const { documents, problems } = readDocuments([{ path: name, bytes: readFileSync(`${fixtures}/${name}`) }]);
    return [...problems, ...readPolicySet(documents, CONTEXT).problems];
  };

  test.each(["production.yaml", "exception.yaml"])("%s is valid", (name) => {
    expect(readFixture(name)).toEqual([]);
  });

  const invalid = existsSync(fixtures)
    ? readdirSync(`${fixtures}/invalid`).filter((name) => name.endsWith(".yaml"))
    : [];
  test.each(invalid)("%s gives its error", (name) => {
    const problems = readFixture(`invalid/${name}`).filter(({ id }) => id === name.slice(0, 5));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.every(({ line, column }) => line > 0 && column > 0)).toBe(true);
  });
});

function isEmptyList(value: JsonValue): boolean {
  return Array.isArray(value) && value.length === 0;
}

function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, item]) => pathsOf(item, [...path, name]))];
}

function withAt(value: unknown, [first, ...rest]: readonly string[], leaf: JsonValue): unknown {
  if (first === undefined) return leaf;
  const copy: Draft = structuredClone(value);
  copy[first] = withAt(copy[first], rest, leaf);
  return copy;
}
