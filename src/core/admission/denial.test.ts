import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CandidateVerdict, ImageVerdict, RequirementVerdict } from "../policy/review-verdict.ts";
import { decisionRef } from "./decision-ref.ts";
import { DENIAL_BYTES_MAX, renderDenial, type DenialContext } from "./denial.ts";
import { renderReview } from "./response.ts";

const DIGEST = `sha256:${"3f".repeat(32)}` as CandidateVerdict["digest"];
const san = (namespace: string): string => `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/builder`;
const context: DenialContext = {
  namespace: "payments-prod",
  policy: "production r17",
  needs: () => "signature by payments-builder AND provenance",
  expected: () => [san("payments-prod")],
  ref: "CS-DENY-7F3A",
};
const candidate: CandidateVerdict = {
  source: "bundle",
  digest: DIGEST,
  identity: { issuer: "https://oidc.example", san: san("payments-dev"), sanType: "uri" },
  log: { id: "private-rekor", index: 118 },
  state: "fail",
  reasons: [{ code: "identity-mismatch", detail: "another identity" }],
};
const term = (
  name: string,
  state: "pass" | "fail" | "unknown",
  nearest?: string,
  candidates: readonly CandidateVerdict[] = [],
): RequirementVerdict => ({
  op: "term",
  term: name,
  authority: "payments-builder",
  state,
  candidates,
  ...(nearest !== undefined && { nearest }),
});
const image = (change: Partial<ImageVerdict> = {}): ImageVerdict => ({
  path: "spec.containers[0].image",
  container: "app",
  given: "registry.example.com/payments/api:1.8.2",
  canonical: "registry.example.com/payments/api:1.8.2",
  digest: DIGEST,
  family: "payments",
  outcome: "denied",
  code: "identity-mismatch",
  trust: [],
  require: {
    op: "all",
    state: "fail",
    of: [
      term("signature by payments-builder", "fail", "identity-mismatch", [candidate]),
      term("provenance", "pass"),
      term("scan", "unknown", "registry-unreachable"),
    ],
  },
  ...change,
});

describe("renderDenial", () => {
  test("says which image, what it lacks, what was found, what was expected, and what to do", () => {
    expect(renderDenial([image()], context)).toBe(
      [
        "image registry.example.com/payments/api:1.8.2 (spec.containers[0], digest sha256:3f3f..3f) is not allowed in namespace payments-prod",
        "  policy production r17, family payments needs: signature by payments-builder AND provenance",
        "  x signature by payments-builder: identity-mismatch",
        `      found     ${san("payments-dev")} (issuer https://oidc.example, log entry 118 of private-rekor)`,
        `      expected  ${san("payments-prod")}`,
        "  ok provenance",
        "  ? scan: registry-unreachable",
        "  next: build with the pipeline whose identity is expected; or see `countersign explain identity-mismatch`; ref CS-DENY-7F3A",
      ].join("\n"),
    );
  });

  test("names the signed index whole, for a person to copy", () => {
    const child = { ...term("signature by payments-builder", "fail", "child-not-signed"), signedParent: DIGEST };
    expect(renderDenial([image({ require: child, code: "child-not-signed" })], context)).toContain(
      `child-not-signed\n      signed    the index ${DIGEST}; name that one\n`,
    );
  });

  test("calls an identity a claim while the signature is not good", () => {
    const forged = { ...candidate, reasons: [...candidate.reasons, { code: "signature", detail: "bad" }] };
    const require = term("signature by payments-builder", "fail", "identity-mismatch", [forged]);
    expect(renderDenial([image({ require })], context)).toContain(`found     claims to be ${san("payments-dev")}`);
  });

  test.each([
    ["no-family", "no family of the policy covers this repository"],
    ["deadline", "this says nothing about the image"],
    ["ref-not-pinned", "a tag, which can move"],
  ])("explains %s, which no term has", (code, text) => {
    expect(renderDenial([image({ code, require: undefined } as never)], context)).toContain(`  x ${code}: `);
    expect(renderDenial([image({ code, require: undefined } as never)], context)).toContain(text);
  });

  test("names three images and counts the others", () => {
    const text = renderDenial([image(), image(), image(), image(), image()], context);
    expect(text.match(/^image /gm)).toHaveLength(3);
    expect(text).toContain("and 2 more");
  });

  test("stays within 1,800 bytes of printable ASCII, with the reference, whatever is in the data", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3000 }), fc.integer({ min: 1, max: 40 }), (text, count) => {
        const hostile = image({ given: text, canonical: text.slice(0, 600), code: "no-family", family: text });
        const shown = renderDenial(
          Array.from({ length: count }, () => hostile),
          { ...context, policy: text },
        );
        expect(shown.length).toBeLessThanOrEqual(DENIAL_BYTES_MAX);
        expect(shown).toMatch(/^[\n\x20-\x7e]*$/);
        expect(shown).toContain("ref CS-DENY-7F3A");
      }),
    );
  });
});

describe("renderReview", () => {
  test("answers 403 for an image, 503 for the world, and bounds what people read", () => {
    const denial = { message: "no", unavailable: false, causes: [{ code: "c", field: "f", message: "é\n" }] };
    const answer = { uid: "u", warnings: Array.from({ length: 9 }, () => "w".repeat(200)), annotations: { a: "b" } };
    const refused = JSON.parse(renderReview({ ...answer, denial }));
    expect(refused).toMatchObject({ kind: "AdmissionReview", response: { uid: "u", allowed: false } });
    expect(refused.response.status).toMatchObject({ code: 403, reason: "Forbidden", status: "Failure" });
    expect(refused.response.status.details.causes).toEqual([{ reason: "c", field: "f", message: "\\xc3\\xa9\\x0a" }]);
    expect(refused.response.warnings).toHaveLength(5);
    expect(refused.response.warnings[0]).toHaveLength(120);
    const later = JSON.parse(renderReview({ ...answer, denial: { ...denial, unavailable: true } }));
    expect(later.response.status).toMatchObject({ code: 503, reason: "ServiceUnavailable" });
  });

  test("carries a patch only where there is one", () => {
    const answer = { uid: "u", warnings: [], annotations: {} };
    expect(JSON.parse(renderReview(answer)).response).toEqual({ uid: "u", allowed: true });
    const patched = JSON.parse(renderReview({ ...answer, patch: [{ op: "test", path: "/a", value: "b" }] }));
    expect(patched.response.patchType).toBe("JSONPatch");
    expect(Buffer.from(patched.response.patch, "base64").toString()).toBe('[{"op":"test","path":"/a","value":"b"}]');
  });
});

test("decisionRef · is a function of the record alone, whatever the order of its members", () => {
  expect(decisionRef({ a: 1, b: "x" })).toBe(decisionRef({ b: "x", a: 1 }));
  expect(decisionRef({ a: 1 })).toMatch(/^CS-DENY-[A-Z2-7]{4}$/);
  expect(decisionRef({ a: 1 })).not.toBe(decisionRef({ a: 2 }));
});
