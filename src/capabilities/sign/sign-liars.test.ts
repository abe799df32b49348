import { afterAll, beforeAll, expect, test } from "vitest";
import { BUILDER, never, openSignerWorld, type SignerWorld } from "../../../test/setup/signer-world.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { secret } from "../../core/secret.ts";
import { sha256 } from "../../core/digest.ts";
import { addMs } from "../../core/time.ts";
import type { CertificateAuthority } from "../../ports/certificate-authority.ts";
import type { TimestampAuthority } from "../../ports/timestamp-authority.ts";
import type { LogWriter } from "../../ports/transparency-log.ts";
import type { SigningDomain, SigningPorts } from "./job.ts";
import { signArtifact } from "./sign-artifact.ts";

let world: SignerWorld;
let stranger: SignerWorld;
beforeAll(async () => {
  [world, stranger] = await Promise.all([openSignerWorld("rekor1"), openSignerWorld("rekor1")]);
});
afterAll(async () => {
  await Promise.all([world.close(), stranger.close()]);
});

type Lie = (domain: SigningDomain) => Partial<SigningDomain> | Promise<Partial<SigningDomain>>;

/** A certificate authority that gives what `lie` makes of the honest answer. */
function lyingCa(
  lie: (
    ca: CertificateAuthority,
    request: Parameters<CertificateAuthority["issue"]>[0],
  ) => ReturnType<CertificateAuthority["issue"]>,
): Lie {
  return ({ authorities }) => ({
    authorities: {
      ...authorities,
      services: authorities.services.map((ca) => ({ ...ca, issue: (request) => lie(ca, request) })),
    },
  });
}

function lyingTsa(lie: (tsa: TimestampAuthority, request: Uint8Array) => Promise<Uint8Array>): Lie {
  return ({ timestampAuthorities }) => ({
    timestampAuthorities: {
      ...timestampAuthorities,
      services: timestampAuthorities.services.map((tsa) => ({ stamp: (request) => lie(tsa, request) })),
    },
  });
}

function lyingLog(
  lie: (log: LogWriter, request: Parameters<LogWriter["append"]>[0]) => ReturnType<LogWriter["append"]>,
): Lie {
  return ({ logs }) => ({
    logs: { ...logs, services: logs.services.map((log) => ({ ...log, append: (request) => lie(log, request) })) },
  });
}

function flipped(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.with(index, (bytes[index] ?? 0) ^ 1);
}

test.each<[string, string, Lie]>([
  [
    "a certificate for another key",
    "fulcio-key-mismatch",
    lyingCa(async (ca, request) => {
      const signer = await world.ports.newSigner();
      const subject = `system:serviceaccount:${BUILDER.namespace}:${BUILDER.serviceAccount}`;
      const proofOfPossession = await signer.sign(toUtf8(subject));
      return ca.issue({ ...request, publicKey: signer.publicKey, proofOfPossession }, never);
    }),
  ],
  ["no certificate", "fulcio-key-mismatch", lyingCa(async () => ({ chain: [], sct: "embedded" }))],
  [
    "a detached SCT",
    "fulcio-detached-sct",
    lyingCa(async (ca, request) => ({ ...(await ca.issue(request, never)), sct: "detached" })),
  ],
  [
    "a certificate that is not one",
    "der-truncated",
    lyingCa(async () => ({ chain: [Uint8Array.of(0x30)], sct: "embedded" })),
  ],
  [
    "a certificate of a CA that has no more than the right name",
    "cert-signature",
    ({ tokenPolicy }) => ({ authorities: stranger.ports.domain.authorities, tokenPolicy }),
  ],
  [
    "a timestamp of another request",
    "tsa-nonce",
    lyingTsa(async (tsa, request) => tsa.stamp(flipped(request, request.length - 5), never)),
  ],
  ["a timestamp that is not one", "der-truncated", lyingTsa(async () => Uint8Array.of(0x30))],
  [
    "a timestamp of an authority that nobody knows",
    "tst-unknown-authority",
    () => ({ timestampAuthorities: stranger.ports.domain.timestampAuthorities }),
  ],
  [
    "an entry for another artifact",
    "entry-body-mismatch",
    lyingLog(async (log, request) => {
      const signer = await world.ports.newSigner();
      const signature = await signer.sign(toUtf8("another"));
      const verifier = { kind: "public-key", der: signer.publicKey } as const;
      return log.append(
        { ...request, verifier, signature, content: { kind: "message", digest: sha256(toUtf8("another")) } },
        never,
      );
    }),
  ],
  [
    "a promise that it did not sign",
    "set-signature",
    lyingLog(async (log, request) => {
      const entry = await log.append(request, never);
      return { ...entry, integratedTime: entry.integratedTime + 1 };
    }),
  ],
  ["an entry of a log that nobody knows", "log-unknown", () => ({ logs: stranger.ports.domain.logs })],
])("publishes nothing after %s", async (_, reason, lie) => {
  const { repository, image } = await world.newImage();
  const domain = { ...world.ports.domain, ...(await lie(world.ports.domain)) };
  const isOther = domain.authorities === stranger.ports.domain.authorities;
  const tokens = isOther ? stranger.ports.tokens : world.ports.tokens;
  const outcome = await signArtifact({ ...world.ports, domain, tokens })(
    [
      { kind: "image", image: { repository, reference: image.digest, layout: "referrer" } },
      { kind: "blob", bytes: toUtf8("x") },
    ],
    never,
  );
  expect(outcome).toMatchObject({ verdict: { kind: "fail", reasons: [{ reason }] }, signatures: [] });
  expect(await world.ports.registry.referrers(repository, image.digest, never)).toEqual([]);
});

test("refuses a certificate for another identity than the token's", async () => {
  const signer = await world.ports.newSigner();
  const subject = `system:serviceaccount:${BUILDER.namespace}:attacker`;
  const token = secret(world.issueToken({ ...BUILDER, serviceAccount: "attacker" }));
  const lie = lyingCa(async (ca, request) =>
    ca.issue({ ...request, token, proofOfPossession: await signer.sign(toUtf8(subject)) }, never),
  );
  const ports: SigningPorts = {
    ...world.ports,
    domain: { ...world.ports.domain, ...(await lie(world.ports.domain)) },
    newSigner: async () => signer,
  };
  const outcome = await signArtifact(ports)([{ kind: "blob", bytes: toUtf8("x") }], never);
  expect(outcome.verdict).toMatchObject({ reasons: [{ reason: "fulcio-identity-mismatch" }] });
});

test.each([
  ["a minute and more behind", -61_000],
  ["a minute and more ahead", 61_000],
])("refuses a timestamp when its own clock is %s", async (_, offMs) => {
  const { clock } = world.ports;
  let stamped = false;
  const honest = world.ports.domain.timestampAuthorities.services[0];
  const stamp: TimestampAuthority["stamp"] = async (request, signal) => {
    stamped = true;
    return honest?.stamp(request, signal) ?? new Uint8Array(0);
  };
  const domain = { ...world.ports.domain, timestampAuthorities: { services: [{ stamp }], needed: 1 } };
  const skewed = { ...clock, now: () => addMs(clock.now(), stamped ? offMs : 0) };
  const outcome = await signArtifact({ ...world.ports, domain, clock: skewed })(
    [{ kind: "blob", bytes: toUtf8("x") }],
    never,
  );
  expect(outcome.verdict).toMatchObject({ reasons: [{ reason: "tsa-clock-skew" }] });
});
