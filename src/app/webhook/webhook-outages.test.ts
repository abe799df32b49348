import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admitWorld, AT, policyOf } from "../../../test/setup/admit-world.ts";
import { openWebhookWorld, reviewOf, type WebhookWorld } from "../../../test/setup/webhook-world.ts";
import { systemClock } from "../../adapters/system/clock.ts";
import { admit } from "../../capabilities/admit/admit.ts";
import { pinImages } from "../../capabilities/admit/pin-images.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { lastGood } from "./last-good.ts";
import { filedCertificate } from "./serving-certificate.ts";
import { webhookHandler, type WebhookDeps } from "./webhook-handler.ts";
import { webhookMetrics } from "./webhook-metrics.ts";

describe("an API server that is restarted", () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await openWebhookWorld("rekor2");
  });
  afterAll(() => world.close());

  /** A request that ends in the middle of its body, as its connection does. */
  const torn = (): Promise<void> =>
    new Promise((resolve) => {
      const ca = world.certificate.caBundle;
      const options = {
        host: "localhost",
        port: world.port,
        path: "/admit?timeout=5s",
        method: "POST",
        ca,
        agent: false,
      };
      const asked = request({ ...options, headers: { "content-length": 100_000 } });
      asked.on("error", () => resolve());
      asked.on("close", () => resolve());
      asked.write('{"apiVersion":"admission.k8s.io/v1",', () => asked.destroy());
    });

  test("leaves requests torn, of which none is a bug, and is answered the same when it asks again", async () => {
    const image = await world.signed();
    const body = JSON.stringify(reviewOf([image]));
    const before = await world.post("/admit?timeout=10s", body);
    await Promise.all(Array.from({ length: 20 }, torn));
    const after = await world.post("/admit?timeout=10s", body);
    expect([after.response?.allowed, after.text]).toEqual([true, before.text]);
    expect(world.bugs).toEqual([]);
    expect(world.opened.pool.taken()).toBe(0);
  });
});

/** Behind a webhook whose records nobody takes. */
const depsOf = (allowed: boolean, unrecorded: unknown[]): WebhookDeps => {
  const exception = { name: "exc-1" } as never;
  const policy = policyOf(allowed ? { exceptionFor: () => exception } : {});
  const world = admitWorld({
    policy: () => policy,
    find: () => Promise.reject(new Fault("registry.unreachable", "x")),
  });
  return {
    admit: admit(world.ports),
    pin: pinImages(world.ports),
    checkDocument: async () => ({ problems: [], warnings: [] }),
    clock: { now: () => AT },
    elapsedMs: () => 0,
    metrics: webhookMetrics(),
    record: () => {
      throw new Error("nobody listens any more");
    },
    onUnrecorded: (error) => unrecorded.push(error),
    ownNamespace: "countersign",
    pinTemplates: false,
  };
};

describe("a decision that cannot be kept", () => {
  test.each([true, false])("is enforced all the same, and counted (allowed: %s)", async (allowed) => {
    const unrecorded: unknown[] = [];
    const image = `registry.example/payments/api@sha256:${"3f".repeat(32)}`;
    const reply = await webhookHandler(depsOf(allowed, unrecorded))(
      "/admit",
      toUtf8(JSON.stringify(reviewOf([image]))),
    );
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([200, { response: { allowed } }]);
    expect(unrecorded).toHaveLength(1);
  });
});

describe("a certificate", () => {
  test("that becomes unreadable leaves the one in use, until it is whole again", async () => {
    const world = await openWebhookWorld("rekor2");
    const { folder, certificate } = world;
    const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
    await writeFile(files.certFile, certificate.certificate);
    await writeFile(files.keyFile, certificate.key);
    const served = lastGood(filedCertificate(files));
    const now = systemClock.now();
    await served.refresh(now);
    // Half of a renewal: the key of another certificate.
    await writeFile(files.certFile, "-----BEGIN CERTIFICATE-----");
    await served.refresh(now);
    expect(served.current()?.certificate).toBe(certificate.certificate);
    expect(served.failure()?.fault.id).toBe("certificate.invalid");
    await writeFile(files.certFile, certificate.certificate);
    await served.refresh(now);
    expect(served.failure()).toBeUndefined();
    await world.close();
  });
});
