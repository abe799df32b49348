import { describe, expect, test } from "vitest";
import { sha256 } from "../../../core/digest.ts";
import { addMs, parseUnixMs, type UnixMs } from "../../../core/time.ts";
import { readClientTrustConfig } from "../../../core/trust/client-trust-config.ts";
import { compileTrust } from "../../../core/trust/compile-trust.ts";
import { readSigningConfig } from "../../../core/trust/signing-config.ts";
import { readTrustedRoot } from "../../../core/trust/trusted-root.ts";
import { rekor2Signer } from "../log/note-signer.ts";
import { openAuthorities } from "./authorities.ts";
import { renderDocuments } from "./documents.ts";
import { seededKeys } from "./keys.ts";

const NOW = (parseUnixMs(1_790_000_000_000) ?? 0) as UnixMs;
const URLS = {
  fulcio: "http://127.0.0.1:1",
  oidc: "http://127.0.0.1:2",
  rekor1: "http://127.0.0.1:3",
  rekor2: "http://127.0.0.1:4",
  tsa: "http://127.0.0.1:5/api/v1/timestamp",
};

describe("renderDocuments", () => {
  test("gives a trusted root that our own reader takes, whatever the ports", async () => {
    const { trustedRoot } = await documents(1);
    const root = readTrustedRoot(trustedRoot);
    expect(root).toMatchObject({
      ok: true,
      value: {
        tlogs: [{ baseUrl: "http://rekor1.test.localhost" }, { baseUrl: "http://rekor2.test.localhost" }],
        ctlogs: [{ baseUrl: "http://ctlog.test.localhost" }],
        certificateAuthorities: [{ validFor: { lo: NOW } }],
        timestampAuthorities: [{ validFor: { lo: NOW } }],
      },
    });
    expect(root.ok && compileTrust(root.value).ok).toBe(true);
    expect(new TextDecoder().decode(trustedRoot)).not.toContain("127.0.0.1");
  });

  test.each([1, 2] as const)("leads to Rekor v%i", async (version) => {
    const { signingConfig, clientTrustConfig } = await documents(version);
    expect(readSigningConfig(signingConfig)).toMatchObject({
      ok: true,
      value: {
        caUrls: [{ url: URLS.fulcio, majorApiVersion: 1 }],
        tsaUrls: [{ url: URLS.tsa }],
        rekorTlogUrls: version === 1 ? [{ url: URLS.rekor1 }] : [{ url: URLS.rekor2 }, { url: URLS.rekor1 }],
        rekorTlogConfig: { selector: "any" },
      },
    });
    expect(readClientTrustConfig(clientTrustConfig)).toMatchObject({ ok: true });
  });
});

async function documents(rekorVersion: 1 | 2) {
  const keys = seededKeys("documents");
  const authorities = await openAuthorities({ keys, notBefore: addMs(NOW, -1), organization: "test", curve: "p256" });
  const [ecdsa, ed25519] = await Promise.all([keys("log", "p256"), keys("log", "ed25519")]);
  const v1 = {
    baseUrl: "",
    spki: ecdsa.spki,
    keyDetails: "PKIX_ECDSA_P256_SHA_256",
    logId: sha256(ecdsa.spki),
  } as const;
  const v2 = {
    ...v1,
    spki: ed25519.spki,
    keyDetails: "PKIX_ED25519",
    logId: rekor2Signer("rekor2.test.localhost", ed25519.privateKey).keyId,
  } as const;
  const logs = { ct: { instance: v1 }, rekor1: { instance: v1 }, rekor2: { instance: v2 } };
  const names = { name: "test", organization: "countersign test" };
  return renderDocuments({ names, since: NOW, authorities, logs, urls: URLS, rekorVersion });
}
