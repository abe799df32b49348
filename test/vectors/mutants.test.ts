import { afterAll, describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { judgeBundle } from "../../src/core/verify/judge-bundle.ts";
import type { VerifyPolicy } from "../../src/core/verify/policy.ts";
import { readPublicKeyPem } from "../../src/core/verify/public-key-pem.ts";
import { mutantsOf, type Mutant } from "./mutants.ts";
import { peerFor, type Peer } from "./sigstore-js.ts";
import { CONFORMANCE_CASES, readConformance, type ConformanceCase } from "./conformance-cases.ts";

/**
 * Places that nothing authenticates, and evidence that may be taken away where the rest suffices. A mutant that is
 * accepted must be here; the list is closed.
 */
const UNAUTHENTICATED: readonly {
  readonly why: string;
  readonly holds: (mutant: Mutant, original: string) => boolean;
}[] = [
  {
    why: "a message digest is only compared",
    holds: ({ path, change }) => path.endsWith(".messageDigest") && change === "deleted",
  },
  { why: "a key's hint helps to find it", holds: ({ path }) => path.endsWith("publicKey.hint") },
  { why: "an empty key id", holds: ({ path, change }) => path.endsWith(".keyid") && change === "deleted" },
  {
    why: "the proof of a v0.1 bundle, whose promise stands",
    holds: ({ path, change }, original) =>
      /\.inclusionProof(?:\.checkpoint(?:\.envelope)?)?$/.test(path) &&
      change === "deleted" &&
      original.includes("version=0.1"),
  },
  {
    why: "a promise beside a timestamp, or a timestamp beside a promise",
    holds: ({ path, change }, original) =>
      /\.(?:inclusionPromise|timestampVerificationData(?:\.rfc3161Timestamps(?:\.0)?)?)$/.test(path) &&
      change === "deleted" &&
      original.includes("signedEntryTimestamp") &&
      original.includes("signedTimestamp"),
  },
  {
    why: "what is absent is zero or empty, as it was",
    holds: ({ path, change }, original) =>
      (path.endsWith(".inclusionProof.logIndex") && change === "deleted" && /"logIndex": ?"0"/.test(original)) ||
      (path.endsWith(".inclusionProof.hashes") && change === "deleted" && /"hashes": ?\[\]/.test(original)),
  },
  {
    why: "a checkpoint's line by an unknown key",
    holds: ({ path, change }, original) => {
      const envelope = /"envelope": ?("(?:[^"\\]|\\.)*")/.exec(original)?.[1] ?? `""`;
      const divide = (JSON.parse(envelope) as string).indexOf("\n\n");
      return path.endsWith("checkpoint.envelope") && Number(change.replace("flipped at ", "")) > divide;
    },
  },
  {
    why: "a certificate inside a timestamp whose signer the trusted root holds",
    holds: ({ path, change }) => path.endsWith(".signedTimestamp") && /^flipped at [1-9]\d\d$/.test(change),
  },
];

/** What we accept and sigstore-js does not, among those. Closed. */
const STRICTER_PEER: readonly { readonly why: string; readonly holds: (mutant: Mutant) => boolean }[] = [
  {
    why: "it demands a message digest, which `sigstore_bundle.proto` lets a bundle leave out",
    holds: ({ path }) => path.endsWith(".messageDigest"),
  },
  {
    why: "it demands a checkpoint of a v0.1 bundle's proof; we let such a proof count for nothing beside the promise",
    holds: ({ path }) => /\.inclusionProof\.checkpoint(?:\.envelope)?$/.test(path),
  },
];

type Prepared = {
  readonly original: Buffer;
  readonly artifact: Buffer;
  readonly answer: (bundle: Uint8Array) => string;
  readonly peer: Peer;
};

function prepare(given: ConformanceCase): Prepared {
  const root = readTrustedRoot(readConformance(given.trustedRoot));
  const trust = compileTrust(root.ok ? root.value : bug(root.detail));
  const compiled = trust.ok ? trust.value : bug(trust.detail);
  const artifact = readConformance(given.artifact);
  const { identity = "", issuer = "" } = given;
  const key = given.key === undefined ? undefined : readConformance(given.key);
  const imported = key && readPublicKeyPem(key);
  const policy: VerifyPolicy = imported
    ? { key: imported.ok ? imported.value : bug(imported.detail) }
    : { identity: { issuer, san: identity } };
  return {
    original: readConformance(given.bundle),
    artifact,
    answer: (bundle) => {
      const { verdict } = judgeBundle(bundle, { kind: "bytes", bytes: artifact }, compiled, policy);
      return verdict.kind === "fail" ? verdict.reasons[0].reason : verdict.kind;
    },
    peer: peerFor(readConformance(given.trustedRoot), key ? { key } : { identity, issuer }),
  };
}

describe.skipIf(CONFORMANCE_CASES.length === 0)("mutants of every accepted bundle", () => {
  let count = 0;
  let accepted = 0;
  afterAll(() => {
    console.log(`mutants: ${count}, of which ${accepted} change only what nothing authenticates`);
  });

  test.each(CONFORMANCE_CASES.filter((given) => given.expect === "pass"))("$id", (given) => {
    const { original, artifact, answer, peer } = prepare(given);
    const text = original.toString("utf8");
    const reasons = new Set<string>();
    const unexplained: string[] = [];
    for (const mutant of mutantsOf(JSON.parse(text))) {
      const bytes = Buffer.from(JSON.stringify(mutant.document));
      const reason = answer(bytes);
      count++;
      reasons.add(reason);
      if (reason !== "pass") continue;
      accepted++;
      const name = `${mutant.path} ${mutant.change}`;
      if (!UNAUTHENTICATED.some(({ holds }) => holds(mutant, text))) unexplained.push(name);
      const isKnownDifference = STRICTER_PEER.some(({ holds }) => holds(mutant));
      if (!isKnownDifference && !peer.accepts(bytes, artifact)) unexplained.push(`${name}, which sigstore-js refuses`);
    }
    expect(unexplained).toEqual([]);
    expect([...reasons].filter((reason) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(reason))).toEqual([]);
  });

  test("are at least two thousand", () => {
    expect(count).toBeGreaterThan(2000);
  });

  test.each(CONFORMANCE_CASES.filter(({ id }) => !/^trust-root-tlog-missing|^managed-key-(?:no|wrong)-key/.test(id)))(
    "$id itself is not accepted by us where sigstore-js refuses it",
    (given) => {
      const { original, artifact, answer, peer } = prepare(given);
      const ours = answer(original) === "pass";
      expect(ours && !peer.accepts(original, artifact)).toBe(false);
    },
  );
});
