import { describe, expect, test } from "vitest";
import { renderTrustedRoot } from "../../adapters/virtual/sigstore/trust-documents.ts";
import { renderBundle } from "../../core/bundle/render.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { TrustMaterial, TrustRootSource } from "../../ports/trust-root-source.ts";
import {
  ARTIFACT,
  ca,
  CTLOG,
  IDENTITY,
  keys,
  messageBundle,
  REKOR1,
  REKOR2,
  tsa,
} from "../../../test/setup/bundle-world.ts";
import { verifyBundle, type BundleAnswer, type VerifyBundleRequest } from "./verify-bundle.ts";

const start = REKOR1.validFor.lo;
const authority = { organization: "example", commonName: "example", start };
const TRUSTED_ROOT = renderTrustedRoot({
  tlogs: [
    { baseUrl: REKOR1.baseUrl, spki: REKOR1.key, keyDetails: "PKIX_ECDSA_P256_SHA_256", logId: REKOR1.logId, start },
    { baseUrl: REKOR2.baseUrl, spki: REKOR2.key, keyDetails: "PKIX_ED25519", logId: REKOR2.logId, start },
  ],
  ctlogs: [
    { baseUrl: CTLOG.baseUrl, spki: keys.ct.spki, keyDetails: "PKIX_ECDSA_P256_SHA_256", logId: CTLOG.logId, start },
  ],
  certificateAuthorities: [{ ...authority, uri: "https://fulcio.example", chain: [ca.der] }],
  timestampAuthorities: [{ ...authority, uri: "https://tsa.example", chain: [tsa.der, ca.der] }],
});
const FRESH: TrustMaterial = { trustedRoot: toUtf8(TRUSTED_ROOT), state: "fresh", reason: "" };
const REQUEST: VerifyBundleRequest = {
  bundle: renderBundle(messageBundle("rekor2")),
  artifact: ARTIFACT,
  policy: { identity: IDENTITY },
};

async function answer(
  change: Partial<VerifyBundleRequest> = {},
  material: Partial<TrustMaterial> = {},
): Promise<BundleAnswer> {
  const trust: TrustRootSource = { read: async () => ({ ...FRESH, ...material }) };
  const ports = { trust, verifyPrehashed: () => true };
  return verifyBundle(ports)({ ...REQUEST, ...change }, new AbortController().signal);
}

describe("verifyBundle", () => {
  test("passes a good bundle, and says under which root and how fresh it was", async () => {
    expect(await answer()).toMatchObject({
      verdict: { kind: "pass" },
      facts: { identity: IDENTITY },
      trust: { state: "fresh" },
    });
    expect(await answer({}, { state: "stale", reason: "offline" })).toMatchObject({
      verdict: { kind: "pass" },
      trust: { state: "stale", reason: "offline" },
    });
  });

  test("takes a digest in place of the artifact, verified by the port", async () => {
    const artifact = { algorithm: "sha256", bytes: sha256(ARTIFACT) } as const;
    expect(await answer({ artifact })).toMatchObject({ verdict: { kind: "pass" } });
  });

  test.each<[string, Partial<VerifyBundleRequest>, string]>([
    ["what is no bundle", { bundle: toUtf8("{}") }, "bundle-media-type"],
    ["another artifact", { artifact: toUtf8("another") }, "message-digest-mismatch"],
    ["another identity", { policy: { identity: { ...IDENTITY, san: "x" } } }, "identity-mismatch"],
    ["thresholds around the root", { thresholds: { sct: 0 } }, "trust-thresholds"],
  ])("fails %s", async (_, change, reason) => {
    expect(await answer(change)).toMatchObject({ verdict: { kind: "fail", reasons: [{ reason }] } });
  });

  test.each([
    ["that is none", "{}", "trust-media-type"],
    ["that contradicts itself", TRUSTED_ROOT.replace("rekor2.example", "rekor3.example"), "trust-log-id"],
  ])("fails under a trusted root %s", async (_, trustedRoot, reason) => {
    const answered = await answer({}, { trustedRoot: toUtf8(trustedRoot) });
    expect(answered).toMatchObject({ verdict: { kind: "fail", reasons: [{ reason }] } });
    expect(answered).not.toHaveProperty("facts");
  });

  test("does not decide under a root that has expired, unless a warning is enough", async () => {
    const expired = { state: "expired", reason: "the timestamp is a week old" } as const;
    expect(await answer({}, expired)).toMatchObject({
      verdict: { kind: "unknown", gaps: [{ missing: "trusted-root" }] },
    });
    expect(await answer({ onExpired: "warn" }, expired)).toMatchObject({
      verdict: { kind: "pass" },
      trust: { state: "expired" },
    });
  });

  test.each<[FaultId]>([["trust.unreachable"], ["trust.invalid"], ["trust.pin-mismatch"], ["trust.rollback"]])(
    "lets %s through untouched",
    async (id) => {
      const fault = new Fault(id, "planted");
      const trust: TrustRootSource = { read: () => Promise.reject(fault) };
      const run = verifyBundle({ trust, verifyPrehashed: () => true })(REQUEST, new AbortController().signal);
      await expect(run).rejects.toBe(fault);
    },
  );
});
