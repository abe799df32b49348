import { X509Certificate } from "node:crypto";
import { Agent, request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWebhookWorld, policyText, reviewOf, sign, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import { never } from "../../../test/setup/signer-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import type { DigestRef } from "../../core/digest.ts";
import { legacyTag } from "../../core/sign/legacy.ts";
import { ownCertificate } from "./serving-certificate.ts";

let world: WebhookWorld;
beforeAll(async () => {
  world = await openWebhookWorld("rekor1");
});
afterAll(() => world.close());

const denialOf = async (image: string, change = {}): Promise<string> =>
  (await world.admit([image], change)).response?.status?.message ?? "allowed";
const PROMISE = `    legacy-builder:
      sigstore:
        root: private
        identities: [{issuer: "https://oidc.prod.example", san: {uri: "https://kubernetes.io/namespaces/payments/serviceaccounts/builder"}}]
        log: {proof: promise, reason: "the older layout has nothing more"}`;

describe("/admit", () => {
  test("lets a signed image run, and remembers why", async () => {
    const image = await world.signed();
    expect(await world.admit([image])).toMatchObject({ status: 200, response: { uid: "u-1", allowed: true } });
    expect(world.opened.facts.stats().entries).toBeGreaterThan(0);
  });

  test("refuses an image that nobody signed, with a text to act on", async () => {
    const { response } = await world.admit([await world.unsigned()]);
    expect(response?.status).toMatchObject({ code: 403, details: { causes: [{ reason: "no-signature" }] } });
    expect(response?.status?.message).toMatch(/x signature by builder: no-signature[^]*ref CS-DENY-[A-Z2-7]{4}$/);
    expect(response?.auditAnnotations).toMatchObject({ codes: "no-signature" });
  });

  test("takes a promise of the log only from whom the policy lets", async () => {
    const image = await world.signed("legacy");
    expect(await denialOf(image)).toContain("proof-missing");
    const text = policyText(world.sigstore).replace("  families:", `${PROMISE}\n  families:`);
    await world.writePolicy(text.replace("signature: builder", "signature: legacy-builder"));
    expect(await denialOf(image)).toBe("allowed");
    await world.writePolicy(policyText(world.sigstore));
    expect(await denialOf(image)).toContain("proof-missing");
  });

  test.each(["referrer", "legacy"] as const)(
    "takes no signature of another image, laid beside this one (%s)",
    async (layout) => {
      const promise = policyText(world.sigstore).replace("  families:", `${PROMISE}\n  families:`);
      await world.writePolicy(
        promise.replace("signature: builder", "any: [{signature: builder}, {signature: legacy-builder}]"),
      );
      const [good, other] = [await world.signed(layout), await world.unsigned()];
      expect(await denialOf(good)).toBe("allowed");
      await copySignatures(world, good, other);
      expect(await denialOf(other)).toMatch(/(?:payload-digest|subject)-mismatch/);
      await world.writePolicy(policyText(world.sigstore));
    },
  );

  test("names who signed instead, and who should have", async () => {
    const image = await world.signed();
    const other = policyText(world.sigstore).replace("namespaces/payments/", "namespaces/payments-prod/");
    await world.writePolicy(other);
    const message = await denialOf(image);
    expect(message).toContain("x signature by builder: identity-mismatch");
    expect(message).toMatch(/found {5}https:\/\/kubernetes\.io\/namespaces\/payments\/serviceaccounts\/builder/);
    expect(message).toMatch(
      /expected {2}https:\/\/kubernetes\.io\/namespaces\/payments-prod\/serviceaccounts\/builder/,
    );
    await world.writePolicy(policyText(world.sigstore));
  });

  test("takes no attestation of the right signer for a signature", async () => {
    const image = await world.unsigned();
    const [repository = "", digest = ""] = image.split("@");
    const target = { repository, reference: digest, layout: "referrer" } as const;
    await sign(world.sigstore, {
      kind: "attestation",
      image: target,
      predicateType: "https://spdx.dev/Document",
      predicate: {},
    });
    expect(await denialOf(image)).toContain("no-signature");
  });

  test("keeps the last good policy, and refuses what a broken one would have let pass", async () => {
    const image = await world.unsigned();
    await world.writePolicy("apiVersion: countersign.dev/v1alpha1\nkind: TrustPolicy\nspec: [");
    expect(world.opened.policy.failure()?.fault.id).toBe("policy.invalid");
    expect(await denialOf(image)).toContain("no-signature");
    expect(await denialOf(await world.signed())).toBe("allowed");
    await world.writePolicy(policyText(world.sigstore));
    expect(world.opened.policy.failure()).toBeUndefined();
  });

  test("refuses to go back to an older revision", async () => {
    await world.writePolicy(policyText(world.sigstore, "", "revision: 5"));
    await world.writePolicy(policyText(world.sigstore, "", "revision: 4"));
    expect(world.opened.policy.failure()?.fault.subject).toContain("TP008");
    expect(world.opened.policy.current()?.set.revision).toBe(5);
    await world.writePolicy(policyText(world.sigstore, "", "revision: 6"));
  });

  test("audits one namespace, and enforces the next", async () => {
    const audit = `{namespaces: [{match: ["sandbox-*"], mode: audit, owner: dx, reason: "onboarding of teams", until: "${inDays(30)}"}]}`;
    await world.writePolicy(policyText(world.sigstore, "", `revision: 7\n  enforcement: ${audit}`));
    const image = await world.unsigned();
    const audited = await world.admit([image], { namespace: "sandbox-1" });
    expect(audited.response).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining("audit: no-signature")],
    });
    expect((await world.admit([image])).response?.allowed).toBe(false);
    await world.writePolicy(policyText(world.sigstore, "", "revision: 8"));
  });

  test("lets an exception excuse what it names, until it ends", async () => {
    const image = await world.unsigned();
    const [, digest = ""] = image.split("@");
    const record = (code: string) => `---
apiVersion: countersign.dev/v1alpha1
kind: TrustException
metadata: {name: exc-1}
spec:
  scope: {digests: ["${digest}"], namespaces: [payments], clusters: [prod], reasonCodes: [${code}]}
  reason: hotfix of the gateway, signed by nobody
  ticket: https://tickets.example/SEC-1
  requester: {issuer: "https://idp.example", subject: u-17}
  approver: {issuer: "https://idp.example", subject: u-04}
  notBefore: "${inDays(-1)}"
  ends: "${inDays(5)}"
`;
    await world.writePolicy(policyText(world.sigstore, record("age-exceeded"), "revision: 9"));
    expect(world.opened.policy.failure()).toBeUndefined();
    expect(await denialOf(image)).toContain("no-signature");
    await world.writePolicy(policyText(world.sigstore, record("no-signature"), "revision: 9"));
    const { response } = await world.admit([image]);
    expect(response).toMatchObject({
      allowed: true,
      warnings: [`exception exc-1: ${image} is let pass`.slice(0, 117) + "..."],
    });
    expect((await world.admit([image], { namespace: "other" })).response?.allowed).toBe(false);
    await world.writePolicy(policyText(world.sigstore, "", "revision: 10"));
  });

  test("lets break glass by two persons open a namespace, and by one person nothing", async () => {
    const image = await world.unsigned();
    await world.writePolicy(policyText(world.sigstore, glass("approved: false"), "revision: 11"));
    expect(world.opened.policy.failure()).toBeUndefined();
    expect(await denialOf(image)).toContain("no-signature");
    await world.writePolicy(policyText(world.sigstore, glass("approved: true, approver: u-04"), "revision: 11"));
    expect((await world.admit([image])).response).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining("break glass bg-1")],
    });
    await world.writePolicy(policyText(world.sigstore, "", "revision: 12"));
  });

  test("does not judge the namespace it runs in, nor what is deleted", async () => {
    const image = await world.unsigned();
    expect((await world.admit([image], { namespace: "countersign" })).response?.allowed).toBe(true);
    expect((await world.admit([image], { operation: "DELETE", object: null })).response?.allowed).toBe(true);
  });
});

describe("/resolve", () => {
  test("puts the digest to the tag, so that /admit judges what will be pulled", async () => {
    const image = await world.signed();
    const [repository = "", digest = ""] = image.split("@");
    const tagged = `${repository}:v1`;
    expect(await denialOf(tagged)).toContain("ref-not-pinned");
    const { response } = await world.post("/resolve", JSON.stringify(reviewOf([tagged])));
    const patch: unknown = JSON.parse(Buffer.from(response?.patch ?? "", "base64").toString());
    expect(patch).toEqual([
      { op: "test", path: "/spec/containers/0/image", value: tagged },
      { op: "replace", path: "/spec/containers/0/image", value: `${tagged}@${digest}` },
    ]);
    expect(await denialOf(`${tagged}@${digest}`)).toBe("allowed");
  });
});

describe("/policy", () => {
  test("refuses a policy that could not be loaded, with its place", async () => {
    expect(await askPolicy(configMap(policyText(world.sigstore)))).toMatchObject({ allowed: true });
    const broken = await askPolicy(configMap(policyText(world.sigstore).replace("root: private", "root: nowhere")));
    expect(broken?.allowed).toBe(false);
    expect(broken?.status?.message).toMatch(/^policy\.yaml:\d+:\d+ TP301/);
    expect(await askPolicy(configMap("nonsense: [", "other"))).toMatchObject({ allowed: true });
  });

  test("lets one person ask for break glass and another approve, by whom the API server takes them for", async () => {
    const policy = policyText(world.sigstore);
    const [plain, asked, open] = ["", glass("approved: false"), glass("approver: u-04, approved: true")].map((more) =>
      configMap(policy + more),
    );
    const change = async (user: string, before: typeof plain, after: typeof plain) =>
      (
        await askPolicy({
          ...after,
          operation: "UPDATE",
          oldObject: before?.object ?? null,
          userInfo: { username: user },
        })
      )?.status?.message;
    expect(await change("u-17", plain, open)).toContain("a second person approves it");
    expect(await change("u-04", plain, asked)).toContain("spec.requester must be who asks, u-04");
    expect(await change("u-17", plain, asked)).toBeUndefined();
    expect(await change("u-17", asked, open)).toContain("spec.approver must be who approves, u-17");
    expect(await change("u-04", asked, open)).toBeUndefined();
    expect(await change("anybody", open, plain)).toBeUndefined();
  });
});

describe("the server", () => {
  test.each<[string, string, string | Uint8Array, number]>([
    ["no review", "/admit", "{}", 400],
    ["nothing", "/admit", "", 400],
    [
      "a review of an unknown kind",
      "/admit",
      JSON.stringify(reviewOf([], { kind: { group: "x", version: "v1", kind: "Y" }, object: null })),
      400,
    ],
    ["more than 7 MiB", "/admit", new Uint8Array(7 * 1024 * 1024 + 1), 400],
    ["another path", "/toString", "{}", 404],
  ])("answers %s with a refusal", async (_, path, body, status) => {
    expect((await world.post(path, body)).status).toBe(status);
  });

  test("changes its certificate while connections are open, and fails no request", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: world.certificate.caBundle });
    const seen = new Set<unknown>();
    const ask = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify(reviewOf([]));
        const asked = request(
          { host: "localhost", port: world.port, path: "/admit", method: "POST", agent },
          (response) => {
            response.resume();
            response.on("end", () => resolve(response.statusCode ?? 0));
          },
        );
        asked.on("socket", (socket) => seen.add(socket));
        asked.on("error", reject);
        asked.end(body);
      });
    expect(await ask()).toBe(200);
    // The one before was issued two months ago, so it is renewed at the next look.
    const renewed = await ownCertificate(`${world.folder}/tls`, ["localhost", "127.0.0.1"])(systemClock.now());
    expect(renewed.certificate).not.toBe(world.certificate.certificate);
    world.useCertificate(renewed);
    expect(await ask()).toBe(200);
    expect(seen.size).toBe(1);
    agent.destroy();
    const fresh = await world.post("/admit", JSON.stringify(reviewOf([])), renewed.caBundle);
    expect(fresh.status).toBe(200);
    expect(new X509Certificate(renewed.certificate).checkHost("localhost")).toBe("localhost");
  });
});

test("the webhook meets nothing on its way that nobody expected", () => {
  expect(world.bugs).toEqual([]);
});

function inDays(days: number): string {
  return new Date(systemClock.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What an attacker who may push to a repository can do with signatures that are good elsewhere. */
async function copySignatures({ sigstore }: WebhookWorld, from: string, to: string): Promise<void> {
  const { registry } = sigstore.ports;
  const [[source = "", signed = ""], [target = "", image = ""]] = [from.split("@"), to.split("@")];
  const referrers = await registry.referrers(source, signed as DigestRef, never);
  const references = [...referrers.map(({ digest }) => digest), legacyTag(signed as DigestRef, "sig")];
  for (const reference of references) {
    const found = await registry.manifest(source, reference, never); // oxlint-disable-line no-await-in-loop -- a few
    if (!found) continue;
    const text = parseUtf8(found.bytes) ?? "";
    const blobs = [...text.matchAll(/sha256:[0-9a-f]{64}/g)]
      .map(([digest]) => digest)
      .filter((digest) => digest !== signed);
    for (const digest of blobs) {
      // oxlint-disable-next-line no-await-in-loop -- a few
      const blob = await registry.blob(source, digest as DigestRef, 1024 * 1024, never);
      if (blob) await registry.pushBlob(target, blob, never); // oxlint-disable-line no-await-in-loop -- a few
    }
    const bytes = toUtf8(text.replaceAll(signed, image));
    const tag =
      reference === legacyTag(signed as DigestRef, "sig") ? { tag: legacyTag(image as DigestRef, "sig") } : {};
    await registry.pushManifest(target, { mediaType: found.descriptor.mediaType, bytes, ...tag }, never); // oxlint-disable-line no-await-in-loop -- a few
  }
}

/** An emergency in `payments`, for two hours. */
function glass(approved: string): string {
  return `---
apiVersion: countersign.dev/v1alpha1
kind: BreakGlass
metadata: {name: bg-1, creationTimestamp: "${inDays(0)}"}
spec: {reason: "the registry burns", ticket: INC-1, namespaces: [payments], ends: "${inDays(0.1)}", requester: u-17, ${approved}}
`;
}

function configMap(text: string, name = "trust-policy") {
  return {
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    name,
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { "policy.yaml": text } },
  };
}

async function askPolicy(change: Parameters<typeof reviewOf>[1]) {
  return (await world.post("/policy", JSON.stringify(reviewOf([], change)))).response;
}
