import { describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { judgeBundle } from "../../src/core/verify/judge-bundle.ts";
import { readPublicKeyPem } from "../../src/core/verify/public-key-pem.ts";
import type { VerifyPolicy } from "../../src/core/verify/policy.ts";
import { CONFORMANCE_CASES, readConformance, type ConformanceCase } from "./conformance-cases.ts";

/**
 * Good evidence in the wrong place: entries, timestamps and certificates of one accepted bundle put into another
 * (GHSA-whqx-f9j3-ch6m, GHSA-8gw7-4j42-w388), and trusted roots with a part taken away.
 */
type Document = Record<string, unknown>;
type Good = {
  readonly given: ConformanceCase;
  readonly root: Document;
  readonly document: Document;
  readonly material: Document;
};

const parse = (file: string): Document => JSON.parse(readConformance(file).toString()) as Document;
const GOOD: readonly Good[] = CONFORMANCE_CASES.filter((given) => given.expect === "pass").map((given) => {
  const document = parse(given.bundle);
  return {
    given,
    root: parse(given.trustedRoot),
    document,
    material: document["verificationMaterial"] as Document,
  };
});
const EVIDENCE = ["tlogEntries", "timestampVerificationData", "certificate", "x509CertificateChain"];

/** `pass`, or the first reason; a root that compiles no more is a reason too. */
function answer({ given }: Good, document: Document, trust: Trust): string {
  if (!trust.ok) return trust.code;
  const artifact = { kind: "bytes", bytes: readConformance(given.artifact) } as const;
  const bytes = Buffer.from(JSON.stringify(document));
  const { verdict } = judgeBundle(bytes, artifact, trust.value, policyOf(given));
  return verdict.kind === "fail" ? verdict.reasons[0].reason : verdict.kind;
}

type Trust = ReturnType<typeof compileTrust>;

const compiled = new Map<string, Trust>();

/** The cases have few roots between them, and compiling one verifies its chains. */
function trustOf(root: Document): Trust {
  const text = JSON.stringify(root);
  const known = compiled.get(text);
  if (known) return known;
  const trusted = readTrustedRoot(Buffer.from(text));
  const trust = compileTrust(trusted.ok ? trusted.value : bug(trusted.detail));
  compiled.set(text, trust);
  return trust;
}

function policyOf({ key, identity = "", issuer = "" }: ConformanceCase): VerifyPolicy {
  if (key === undefined) return { identity: { issuer, san: identity } };
  const imported = readPublicKeyPem(readConformance(key));
  return { key: imported.ok ? imported.value : bug(imported.detail) };
}

describe.skipIf(GOOD.length === 0)("evidence of another bundle", () => {
  test.each(GOOD)("does not speak for $given.id", (good) => {
    const accepted: string[] = [];
    for (const other of GOOD.filter((one) => signatureOf(one) !== signatureOf(good))) {
      // Both authorities are known, so that nothing is refused for being a stranger's.
      const lists = ["tlogs", "timestampAuthorities"].map((list) => [list, union(good.root[list], other.root[list])]);
      const trust = trustOf({ ...good.root, ...(Object.fromEntries(lists) as Document) });
      for (const part of EVIDENCE.filter((name) => name in good.material && name in other.material)) {
        const verificationMaterial = { ...good.material, [part]: other.material[part] };
        const reason = answer(good, { ...good.document, verificationMaterial }, trust);
        if (reason === "pass") accepted.push(`${part} of ${other.given.id}`);
      }
    }
    expect(accepted).toEqual([]);
  });
});

/** Some cases are one signature with its evidence written in several ways, all of them good. */
function signatureOf({ document }: Good): string {
  return JSON.stringify(document["messageSignature"] ?? document["dsseEnvelope"]);
}

function union(a: unknown, b: unknown): readonly unknown[] {
  const items = [...(a as unknown[]), ...(b as unknown[])];
  const texts = new Set(items.map((item) => JSON.stringify(item)));
  return [...texts].map((text) => JSON.parse(text) as unknown);
}

describe.skipIf(GOOD.length === 0)("a trusted root with a part taken away", () => {
  test.each(GOOD)("no longer vouches for $given.id", (good) => {
    for (const list of ["tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"]) {
      const reason = answer(good, good.document, trustOf({ ...good.root, [list]: [] }));
      expect({ list, passes: reason === "pass" }).toEqual({ list, passes: !needs(good, list) });
    }
  });

  test.each(GOOD)("that ended before $given.id was signed vouches for nothing in it", (good) => {
    const ended = { start: "2019-01-01T00:00:00Z", end: "2019-01-02T00:00:00Z" };
    const end = (instance: Document): Document =>
      "publicKey" in instance
        ? { ...instance, publicKey: { ...(instance["publicKey"] as Document), validFor: ended } }
        : { ...instance, validFor: ended };
    for (const list of ["tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"]) {
      const root = { ...good.root, [list]: (good.root[list] as Document[]).map(end) };
      const reason = answer(good, good.document, trustOf(root));
      expect({ list, passes: reason === "pass" }).toEqual({ list, passes: !needs(good, list) });
    }
  });
});

/** Whether a bundle has anything of the authorities in a list. */
function needs(good: Good, list: string): boolean {
  if (list === "timestampAuthorities") return JSON.stringify(good.material).includes("signedTimestamp");
  return list === "tlogs" || good.given.key === undefined;
}
